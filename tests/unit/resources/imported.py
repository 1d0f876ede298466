"""A resource that no stack manages, read by its id as `pulumi import` does."""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from pulumi_vmimport.lifecycle.contract import Lifecycle, is_known
from pulumi_vmimport.lifecycle.input_changes import changed_inputs
from pulumi_vmimport.lifecycle.property_bag import explicit_properties, read_bag, write_bag
from pulumi_vmimport.lifecycle.schema import camel_case, replacing_properties
from pulumi_vmimport.resources.catalog import lifecycle_of

REGION = "eu-west-1"


@dataclass(frozen=True)
class Imported:
    """What read_existing returned."""

    lifecycle: Lifecycle[Any, Any]
    id: str
    state: Any

    @property
    def unread(self) -> set[str]:
        """The wire names of the inputs that could not be read back and are not local."""
        names = {f.name for f in fields(self.lifecycle.inputs_type)} - self.lifecycle.local_inputs
        return {camel_case(name) for name in names if not is_known(getattr(self.state, name))}

    @property
    def problem(self) -> str | None:
        """Why the import is refused."""
        return self.lifecycle.import_problem(self.id, self.state)

    def changes(self, declared: Any) -> set[str]:
        """The inputs in which a program (a bag, or its inputs) differs, and what `check` says of the imported ones."""
        of: Any = self.lifecycle.inputs_type
        bag = write_bag(declared) if is_dataclass(declared) else dict(declared)
        inputs, problems = read_bag(of, {"region": REGION, **bag})
        assert [*problems, *self.lifecycle.check(inputs)] == []
        imported = {
            camel_case(f.name): write_bag(value)
            for f in fields(of)
            if is_known(value := getattr(self.state, f.name)) and value is not None
        }
        assert list(self.lifecycle.check(of(**{f.name: getattr(self.state, f.name) for f in fields(of)}))) == []
        unread = {camel_case(f.name) for f in fields(of) if not is_known(getattr(self.state, f.name))}
        return changed_inputs(of, imported, explicit_properties(of, bag, inputs)) - unread


def imported(resource: str, run: Any, id: str) -> Imported | None:
    """The resource, or None if it does not exist."""
    lifecycle: Lifecycle[Any, Any] = lifecycle_of(resource)()
    scope, _ = read_bag(lifecycle.state_type, {"region": REGION})
    found = lifecycle.read_existing(run, id, scope)
    return None if found is None else Imported(lifecycle, found.id, found.state)


def existing(resource: str, run: Any, id: str) -> Imported:
    """The resource, which exists."""
    found = imported(resource, run, id)
    assert found is not None
    return found


def adopt(found: Imported, run: Any, declared: Any, **unread: Any) -> Any:
    """Update the imported resource with a program that also has these unread inputs, as the host does: its state has
    none of the unread inputs. Returns the new state, which has every input of the program."""
    kept = {
        camel_case(f.name): write_bag(value)
        for f in fields(found.state)
        if is_known(value := getattr(found.state, f.name)) and value is not None
    }
    state, _ = read_bag(found.lifecycle.state_type, kept)
    inputs: Any = replace(declared, **unread)
    updated: Any = found.lifecycle.update(run, found.id, state, inputs)
    assert found.lifecycle.inputs_of(updated) == inputs
    return updated


def is_replaced_by(found: Imported, changed: set[str]) -> bool:
    """Whether a change of these inputs replaces the resource."""
    return bool(changed & replacing_properties(found.lifecycle.inputs_type))
