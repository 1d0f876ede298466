"""What a provider does with a lifecycle when the engine calls it, whichever protocol the engine uses.

A property bag has camelCase names, UNKNOWN where preview cannot know a value, and the properties of the host
(host_properties.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pulumi_vmimport.lifecycle.aws_identity import configured, provider_changed, without_ignored_tags
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError, Condition, Created, Existing, Problem
from pulumi_vmimport.lifecycle.host_properties import ACCOUNT, IDENTITY, UNREAD_INPUTS, outputs_of, recorded_inputs
from pulumi_vmimport.lifecycle.host_run import HostRun
from pulumi_vmimport.lifecycle.input_changes import changed_inputs
from pulumi_vmimport.lifecycle.input_digest import digest
from pulumi_vmimport.lifecycle.lifecycle_calls import LifecycleCalls, if_known
from pulumi_vmimport.lifecycle.preview_checks import preflight, source_condition, verify_account
from pulumi_vmimport.lifecycle.property_bag import explicit_properties, write_bag
from pulumi_vmimport.lifecycle.schema import camel_case, preflight_properties, replacing_properties, wire_fields
from pulumi_vmimport.lifecycle.shown_changes import Changes, Differences, differences, warn_of_replacement
from pulumi_vmimport.lifecycle.source_versions import derived_source_hash
from pulumi_vmimport.lifecycle.type_validation import problem_list

_created: set[tuple[str, str, str]] = set()
"""(URN, id, digest of inputs) of each resource created in this process, which serves one operation of the engine."""
_renamed: dict[tuple[str, str], tuple[str, str]] = {}
"""(identity, digest of inputs) to (URN, id) of each resource that was renamed or moved after it was created"""
# A change of these inputs alone changes no output of a complete resource.
_WITHOUT_EFFECT_ON_OUTPUTS = frozenset({"assumeRoleArn", "ignoredFindings", "profile", "tags", "timeoutMinutes"})


@dataclass(frozen=True)
class ReadResource:
    """A resource as AWS or vSphere describes it."""

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any]


@dataclass(frozen=True)
class ResourceOperations(LifecycleCalls):
    """The operations of Pulumi on one resource, for one call of the engine."""

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The inputs with what the configuration and the defaults add, and all problems."""
        inputs, problems = self.inputs(news)
        problems += [Problem("", problem) for problem in self.settings.problems]
        if self.lifecycle.uses_aws:
            inputs, found = configured(inputs, self.connection(inputs, news), news)
            problems += found
        problems += self.lifecycle.check(inputs)
        explicit = {} if problems else explicit_properties(self.lifecycle.inputs_type, news, inputs)
        if not problems:
            explicit |= derived_source_hash(self.lifecycle, self.run, inputs, olds, news)
        if not problems and self._needs_preflight(olds, {**news, **explicit}):
            found_now = preflight(self, inputs, news)
            if self.knows_suppliers:
                problems += found_now.problems
            else:
                self._warn_of_problems(inputs, news, found_now.problems)
            problems += found_now.of_caller
        return {**news, **explicit}, [self.message(problem) for problem in problems]

    def diff(self, id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Differences:
        """What `pulumi up` changes."""
        state = self.state(olds)
        self._note_renamed(id, state, olds, news)
        condition = self.lifecycle.condition(state)
        changed = self._changed(olds, news)
        replacing = changed & replacing_properties(self.lifecycle.inputs_type)
        is_other_caller = provider_changed(olds, news) or bool(changed & {"profile", "assumeRoleArn"})
        # A replacement by another caller creates with the new credentials and deletes with the recorded ones.
        may_move = bool(replacing) and is_other_caller
        if (changed or is_other_caller) and not may_move:
            verify_account(self, olds, news)
        if condition is Condition.BROKEN and not replacing:
            urn = str(if_known(news.get(IDENTITY)) or olds.get(IDENTITY, ""))
            warn_of_replacement(urn, self.title(urn), self.lifecycle.describe_broken(id, state))
        is_compared = condition is Condition.READY and not replacing
        source = source_condition(self, state, news) if is_compared else Condition.READY
        changes = Changes(changed, replacing, is_other_caller, condition, source)
        return differences(self.lifecycle, changes, olds, news)

    def create(self, bag: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the resource; returns its id and its outputs."""
        inputs, _ = self.inputs(bag)
        run = self.run(inputs, bag)

        def create() -> Created[Any]:
            self._refuse_resource_of_another_name(run, inputs)
            self._refuse_problems(inputs, bag)
            return self.lifecycle.create(run, inputs)

        created = self.guarded(run, bag, create, leaves_nothing=CleanFailureError)
        _created.add((run.identity.urn, created.id, digest(inputs)))
        return created.id, outputs_of(self.lifecycle, created.state, bag, run.account_id)

    def update(self, id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """Complete or change the resource; returns its outputs."""
        inputs, _ = self.inputs(news)
        state = self.state(olds)
        bag = {**news, IDENTITY: olds.get(IDENTITY, news.get(IDENTITY)), ACCOUNT: olds.get(ACCOUNT)}
        run = self.run(inputs, bag)

        def update() -> Any:
            if self._needs_preflight(olds, bag):
                self._refuse_problems(inputs, bag)
            return self.lifecycle.update(run, id, state, inputs)

        updated = self.guarded(run, bag, update)
        return outputs_of(self.lifecycle, updated, bag, run.account_id)

    def read(self, id: str, bag: Mapping[str, Any]) -> ReadResource | None:
        """The resource of a state as it is now; None, with a warning, if it does not exist."""
        state = self.state(bag)
        run = self.run(state, bag)
        found = self.guarded(run, bag, lambda: self.lifecycle.read(run, id, state))
        if found is None:
            run.warn(f"{self.title(run.urn)}: {id} was not found, so Pulumi drops it from the state")
            return None
        return self._read(run, id, bag, found, state)

    def read_existing(self, id: str, bag: Mapping[str, Any], *, is_import: bool = False) -> ReadResource:
        """A resource that no stack manages, by its id alone.

        Raises: CleanFailureError if it does not exist, because the engine would record an empty resource, or if it is
        incomplete and is to be imported.
        """
        state = self.state(bag)
        run = self.run(state, bag)

        def read() -> Existing[Any]:
            found: Existing[Any] | None = self.lifecycle.read_existing(run, id, state)
            if found is None:
                account = f" of account {run.account_id}" if run.account_id else ""
                where = f" in {run.aws.region}{account}" if self.lifecycle.uses_aws else ""
                raise CleanFailureError(f"{id} does not exist{where}; check the id, the Region and the account")
            if is_import and (problem := self.lifecycle.import_problem(found.id, found.state)):
                raise CleanFailureError(f"{problem}; it cannot be imported")
            return found

        found = self.guarded(run, bag, read)
        if not is_import:
            return self._read(run, found.id, bag, found.state, state)
        self._warn_of_unread(run, found.state)
        return self._read(run, found.id, bag, self._with_region(run, found.state), state)

    def delete(self, id: str, bag: Mapping[str, Any]) -> None:
        """Delete the resource."""
        state = self.state(bag)
        run = self.run(state, bag)
        urn, renamed = self._renamed_from(run, self.lifecycle.inputs_of(state))
        if renamed == id:
            run.warn(f"{id} is also that of {self.title(urn)}, so that it is not deleted")
            return
        if (run.identity.urn, id, digest(self.lifecycle.inputs_of(state))) in _created:
            # `create` cannot distinguish `pulumi up --replace` with the same inputs from the resumption of an
            # interrupted run: it reused the resource that Pulumi deletes now.
            run.warn(
                f"{id} was reused, as its inputs are identical; to replace it, change an input, such as source_hash"
            )
            return
        self.guarded(run, bag, lambda: self.lifecycle.delete(run, id, state))

    def planned_outputs(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs as preview knows them. `olds` is empty for a create."""
        inputs = wire_fields(self.lifecycle.inputs_type)
        is_kept = bool(olds) and self._changed(olds, news) <= _WITHOUT_EFFECT_ON_OUTPUTS
        is_kept = is_kept and self.lifecycle.condition(self.state(olds)) is Condition.READY
        outputs = (name for name in wire_fields(self.lifecycle.state_type) if name not in inputs)
        planned = {name: olds.get(name) if is_kept else UNKNOWN for name in outputs}
        return {**news, **{name: value for name, value in planned.items() if value is not None}}

    def _note_renamed(self, id: str, state: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
        urn = str(getattr(self.call and self.call.request, "urn", ""))
        if urn and olds.get(IDENTITY) not in (None, if_known(news.get(IDENTITY))):
            _renamed[str(olds[IDENTITY]), digest(self.lifecycle.inputs_of(state))] = (urn, id)

    def _renamed_from(self, run: HostRun, inputs: Any) -> tuple[str, str]:
        """URN and id of the resource that had the name of this one and has the same inputs; empty if there is none.

        Tags and tokens cannot distinguish what the two create.
        """
        urn, id = _renamed.get((run.identity.urn, digest(inputs)), ("", ""))
        return (urn, id) if urn != run.urn else ("", "")

    def _refuse_resource_of_another_name(self, run: HostRun, inputs: Any) -> None:
        urn, id = self._renamed_from(run, inputs)
        if id:
            raise CleanFailureError(
                f"its inputs are identical to those of {self.title(urn)} ({id}), which had its name before: "
                "both would own the same resource in AWS; change an input, such as source_hash or region, or use "
                f"{self.title(urn)}; nothing was created"
            )

    def _with_region(self, run: HostRun, state: Any) -> Any:
        """The state with the Region that the provider's configuration sets, as `check` adds it to the inputs."""
        if not self.lifecycle.uses_aws or state.region is not None:
            return state
        return replace(state, region=run.aws.region)

    def _warn_of_unread(self, run: HostRun, state: Any) -> None:
        for name, reason in self.lifecycle.unread_inputs.items():
            if getattr(state, wire_fields(type(state))[name].name) is UNKNOWN:
                run.warn(
                    f"{name} cannot be read back: {reason}. Set it in the program as the resource was created; "
                    "the first value is no change"
                )

    def _read(self, run: HostRun, id: str, bag: Mapping[str, Any], found: Any, recorded: Any) -> ReadResource:
        unknown = [name for name, value in vars(found).items() if value is UNKNOWN]
        found = replace(found, **dict.fromkeys(unknown))
        found = without_ignored_tags(found, recorded, run.aws.settings.tags)
        outputs = outputs_of(self.lifecycle, found, bag, run.account_id)
        given = write_bag(self.lifecycle.inputs_of(found))
        inputs = {name: value for name, value in outputs.items() if name in given}
        unread = {camel_case(name) for name in unknown} & wire_fields(self.lifecycle.inputs_type).keys()
        unread |= {name for name in bag.get(UNREAD_INPUTS) or () if outputs.get(name) is None}  # of an earlier import
        if unread:
            outputs[UNREAD_INPUTS] = sorted(unread)
        return ReadResource(id, outputs, {**inputs, **recorded_inputs(bag)})

    def _needs_preflight(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        return not olds or bool(self._changed(olds, news) & preflight_properties(self.lifecycle.inputs_type))

    def _changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
        """The inputs that differ. The first value for an input that an import could not read is no change."""
        unread = {name for name in olds.get(UNREAD_INPUTS) or () if olds.get(name) is None}
        return changed_inputs(self.lifecycle.inputs_type, olds, news) - unread

    def _refuse_problems(self, inputs: Any, bag: Mapping[str, Any]) -> None:
        """Fail for the problems that preview could only warn of, before anything is created."""
        if self.knows_suppliers:
            return
        found = preflight(self, inputs, bag, is_repeated=True)
        problems = [self.message(problem) for problem in (*found.problems, *found.of_caller)]
        if problems:
            raise CleanFailureError(problem_list(problems))

    def _warn_of_problems(self, inputs: Any, bag: Mapping[str, Any], problems: list[Problem]) -> None:
        for problem in problems:
            text = (
                f"{self.message(problem)} (`pulumi up` fails unless another resource of the stack changes this first)"
            )
            self.run(inputs, bag).warn(text)
