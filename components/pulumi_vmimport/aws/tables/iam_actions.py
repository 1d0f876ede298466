"""The resources on which IAM checks an action: iam_actions.toml. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pulumi_vmimport.aws.tables.table_file import read_table

UNLIMITED = "*"
"""The type of the actions that AWS cannot limit to a resource"""


@dataclass(frozen=True)
class IamActions:
    """The table. The comment at the top of iam_actions.toml describes its parts."""

    types: Mapping[str, tuple[str, ...]]
    """The types of resources of each action, such as `ec2:image`; or `*`"""
    arns: Mapping[str, tuple[str, ...]]
    """The templates of the ARNs of each type"""
    global_services: frozenset[str]
    s3_operations: Mapping[str, str]
    s3_versions: Mapping[str, str]
    passed_to: Mapping[str, str]
    source: str
    checked: str
    """The ISO date on which the source was read"""

    def types_of(self, action: str) -> tuple[str, ...]:
        """The types of an action; `*` for an action that the table does not have."""
        return self.types.get(action, (UNLIMITED,))

    def s3_action(self, operation: str, *, of_version: bool = False) -> str:
        """The action of an S3 operation."""
        name = self.s3_operations.get(operation, operation)
        return f"s3:{self.s3_versions.get(name, name) if of_version else name}"


@cache
def table() -> IamActions:
    """The table in this package."""
    data = read_table("iam_actions")
    types: dict[str, tuple[str, ...]] = {}
    for service, by_type in data["actions"].items():
        for kind, names in by_type.items():
            for name in names:
                found = UNLIMITED if kind == UNLIMITED else f"{service}:{kind}"
                types[f"{service}:{name}"] = (*types.get(f"{service}:{name}", ()), found)
    return IamActions(
        types=types,
        arns={f"{s}:{kind}": tuple(arns) for s, by_type in data["arns"].items() for kind, arns in by_type.items()},
        global_services=frozenset(data["global_services"]),
        s3_operations=data["s3_operations"],
        s3_versions=data["s3_versions"],
        passed_to=data["passed_to"],
        source=data["source"],
        checked=data["checked"].isoformat(),
    )
