"""The parts of docs/permissions.md, from the catalogs and the statements of OperatorPolicy."""

from collections.abc import Iterable, Iterator, Sequence

from pulumi_vmimport.aws.permissions.operator_statements import ROLE_PASSING, passed_to
from pulumi_vmimport.aws.tables import iam_actions
from pulumi_vmimport.aws.tables.iam_actions import UNLIMITED
from pulumi_vmimport.components.component_catalog import COMPONENTS
from pulumi_vmimport.components.operator_kinds import operator_kinds
from pulumi_vmimport.components.provider_actions import PROVIDER_ACTIONS
from pulumi_vmimport.resources.catalog import RESOURCES

_OPERATIONS = ("check", "create", "read", "update", "delete")
_SUBSTITUTES = {
    "{bucket}": "BUCKET",
    "{object}": "BUCKET/PREFIX*",
    "{role}": "ROLE",
    "{kms_key}": "KEY ARN",
    "{partition}": "PARTITION",
    "{region}": "REGION",
    "{account}": "ACCOUNT",
}

Table = tuple[Sequence[str], Iterable[Sequence[str]]]


def resource_actions() -> Iterator[tuple[str, Table]]:
    """For each resource its name, and its actions by operation."""
    for entry in RESOURCES:
        rows = [(operation, grouped(getattr(entry.actions, operation))) for operation in _OPERATIONS]
        if entry.actions.implied:
            rows.append(("also required by AWS", grouped(entry.actions.implied)))
        yield entry.name, (["operation", "actions"], [row for row in rows if row[1]])


def component_actions() -> Table:
    """The parts of each component, and the actions of pulumi-aws for it."""
    rows = []
    for component in COMPONENTS:
        parts = [f"`{name}`" for name in component.declares if name not in PROVIDER_ACTIONS]
        own = sorted({action for name in component.declares for action in PROVIDER_ACTIONS.get(name, ())})
        rows.append((f"`{component.name}`", ", ".join(parts), grouped(own)))
    return ["component", "resources and components in it", "actions of pulumi-aws"], rows


def limited_actions() -> Table:
    """The actions that AWS can limit to resources, by the ARNs to which OperatorPolicy limits them."""
    by_arns: dict[tuple[str, ...], list[str]] = {}
    for action in _needed():
        types = iam_actions.table().types_of(action)
        if UNLIMITED not in types:
            by_arns.setdefault(tuple(_arn(t) for each in types for t in iam_actions.table().arns[each]), []).append(
                action
            )
    rows = [(", ".join(f"`{arn}`" for arn in arns), grouped(actions)) for arns, actions in sorted(by_arns.items())]
    return ["resources", "actions"], rows


def unlimited_actions() -> str:
    """The actions that support only "*"."""
    return f"{grouped(a for a in _needed() if UNLIMITED in iam_actions.table().types_of(a))}."


def passed_roles() -> Table:
    """The services to which each kind of resource passes a role."""
    rows = []
    for name, needed in operator_kinds().items():
        called = {action for each in needed if ROLE_PASSING in each.implied for action in each.called}
        if called:
            rows.append((f"`{name}`", ", ".join(f"`{service}`" for service in passed_to(called))))
    return ["resource", "`iam:PassedToService`"], rows


def grouped(actions: Iterable[str]) -> str:
    """`ec2:CreateTags`, `DescribeImages`: the service once, at its first action."""
    by_service: dict[str, list[str]] = {}
    for action in dict.fromkeys(actions):
        service, _, name = action.partition(":")
        by_service.setdefault(service, []).append(name)
    return "; ".join(_of_service(service, sorted(names)) for service, names in by_service.items())


def _needed() -> list[str]:
    return sorted({a for kind in operator_kinds().values() for each in kind for a in each.called | each.implied})


def _arn(template: str) -> str:
    for placeholder, text in _SUBSTITUTES.items():
        template = template.replace(placeholder, text)
    return template


def _of_service(service: str, names: Sequence[str]) -> str:
    first, *others = names
    return ", ".join([f"`{service}:{first}`", *(f"`{name}`" for name in others)])
