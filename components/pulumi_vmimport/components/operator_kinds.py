"""The IAM actions of each kind of resource that OperatorPolicy knows, from the catalogs. Pure."""

from collections.abc import Iterator, Mapping
from functools import cache

from pulumi_vmimport.aws.permissions.needed_actions import NeededActions
from pulumi_vmimport.components.component_catalog import COMPONENTS
from pulumi_vmimport.components.provider_actions import PROVIDER_ACTIONS
from pulumi_vmimport.resources.catalog import RESOURCES


@cache
def operator_kinds() -> Mapping[str, tuple[NeededActions, ...]]:
    """The actions of each public resource and component, and of what a component declares."""
    declared = {component.name: component.declares for component in COMPONENTS}
    resources = {resource.name: resource.actions.needed for resource in RESOURCES}

    def parts(name: str) -> Iterator[NeededActions]:
        if name in resources:
            yield resources[name]
        elif name in declared:
            yield NeededActions(frozenset(a for part in declared[name] for a in PROVIDER_ACTIONS.get(part, ())))
            for part in declared[name]:
                yield from parts(part)

    names = [*declared, *(resource.name for resource in RESOURCES if resource.is_public)]
    return {name: tuple(dict.fromkeys(parts(name))) for name in names}
