"""What a stack owns and what it was creating, from the output of `pulumi stack export`.

Source: https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_export/ and the `apitype` package of
https://github.com/pulumi/pulumi (DeploymentV3).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.lifecycle.host_properties import ACCOUNT
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.shown_value import shown_value

_VERSIONS = (3, 4)
_PERMISSIONS = "WorkspaceImagePermissions"
_MACHINE, _ROLE = "vsphere:index/virtualMachine:VirtualMachine", "aws:iam/role:Role"
# The resources of components that have the tags of their component.
_OF_COMPONENTS = frozenset(
    {
        *(_ROLE, "aws:iam/policy:Policy", "aws:s3/bucket:Bucket"),
        "aws:imagebuilder/distributionConfiguration:DistributionConfiguration",
    }
)
# How Pulumi writes a secret: this key and value, and `ciphertext`, or `plaintext` with --show-secrets.
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


class ExportPrefix(NamedTuple):
    """Where an export of a stack writes its object."""

    region: str | None
    bucket: str
    prefix: str


@dataclass(frozen=True)
class StackExport:
    """The facts of an export that decide ownership."""

    stack: str
    """`project/stack`"""
    updated: datetime | None
    """When Pulumi last changed the state"""
    values: frozenset[str]
    """Every string in the state of a resource, which includes the id of everything that the resource created"""
    pending: frozenset[str]
    """Identities, S3 URIs and image permissions of resources whose creation was interrupted"""
    encrypted: frozenset[str]
    """Identities of resources with encrypted outputs, which may contain any id"""
    export_prefixes: frozenset[ExportPrefix] = frozenset()
    """Where the exports of the stack write, the interrupted ones included"""
    creating_roles: frozenset[str] = frozenset()
    """The names of the roles whose creation was interrupted"""
    creating_machines: frozenset[str] = frozenset()
    """The names of the virtual machines whose creation was interrupted"""
    permissions: frozenset[str] = frozenset()
    """`image/account` of every image permission that the state grants"""
    accounts: frozenset[str] = frozenset()
    """The accounts of the resources; empty in a state of an earlier version"""


def read_export(text: bytes, expected: str | None) -> StackExport:
    """Read an export; `expected` is the stack that it must be of.

    Raises: CommandError when it is damaged or of another stack.
    """
    deployment = _deployment(text)
    resources = _entries(deployment, "resources")
    creating = [
        op["resource"]
        for op in _list(deployment, "pending_operations")
        if isinstance(op, dict) and op.get("type") == "creating" and _is_resource(op.get("resource"))
    ]
    stack = _stack(deployment, [*resources, *creating], expected)
    # Components, and the stack itself, only repeat outputs of custom resources.
    custom = [resource for resource in resources if resource.get("custom")]
    return StackExport(
        stack=stack,
        updated=_time(deployment.get("manifest")),
        values=frozenset(text for r in custom for part in ("id", "inputs", "outputs") for text in _texts(r.get(part))),
        pending=frozenset(text for resource in creating for text in _pending_marks(resource)),
        encrypted=frozenset(_identity(resource) for resource in custom if _has_encrypted_outputs(resource)),
        export_prefixes=frozenset(prefix for r in [*custom, *creating] for prefix in _export_prefixes(r)),
        creating_roles=frozenset(_names(creating, _ROLE)),
        creating_machines=frozenset(_names(creating, _MACHINE)),
        permissions=frozenset(permission for resource in custom for permission in _permissions(resource)),
        accounts=frozenset(text for r in custom for text in _texts(_bag(r, "outputs").get(ACCOUNT))),
    )


def _deployment(text: bytes) -> Mapping[str, Any]:
    try:
        export = json.loads(text)
    except ValueError as error:
        raise CommandError(
            f"cannot read the stack export: expected the JSON of `pulumi stack export`: {error}"
        ) from None
    deployment = export.get("deployment") if isinstance(export, dict) else None
    if not isinstance(deployment, dict):
        raise CommandError("the stack export has no deployment; expected the JSON of `pulumi stack export`")
    if export.get("version") not in _VERSIONS:
        known = " or ".join(map(str, _VERSIONS))
        raise CommandError(
            f"the stack export has version {shown_value(export.get('version'))}, expected {known}; export the "
            "stack again"
        )
    return deployment


def _entries(deployment: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    entries = _list(deployment, name)
    for number, entry in enumerate(entries):
        if not _is_resource(entry):
            raise CommandError(f"the stack export is damaged: {name}[{number}] has no URN; export the stack again")
    return entries


def _list(deployment: Mapping[str, Any], name: str) -> list[Any]:
    found = deployment.get(name) or []  # the key is absent when there are none
    if not isinstance(found, list):
        raise CommandError(f"the stack export is damaged: {name} is not a list; export the stack again")
    return found


def _is_resource(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("urn"), str) and entry["urn"].startswith("urn:pulumi:")


def _stack(deployment: Mapping[str, Any], resources: list[dict[str, Any]], expected: str | None) -> str:
    stacks = {Identity(resource["urn"]).stack for resource in resources}
    provider = deployment.get("secrets_providers")
    state = provider.get("state") if isinstance(provider, dict) else None
    if isinstance(state, dict) and state.get("project") and state.get("stack"):  # the backend is Pulumi Cloud
        stacks.add(f"{state['project']}/{state['stack']}")
    if len(stacks) > 1:
        raise CommandError(f"the stack export contains several stacks: {', '.join(sorted(stacks))}")
    if not stacks and expected is None:
        raise CommandError(
            "the stack export has no resources, so it does not name its stack; add --stack PROJECT/STACK"
        )
    found = next(iter(stacks), expected or "")
    if expected not in {None, found}:
        raise CommandError(f"the stack export is of {found}, expected {expected} (--stack)")
    return found


def _time(manifest: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(manifest["time"]) if isinstance(manifest, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


def _texts(value: Any) -> Iterator[str]:
    """Every string in a value, except encrypted ones."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and value.get(_SIGNATURE) == _SECRET:
        yield from _texts(_decrypted(value))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _decrypted(secret: Mapping[str, Any]) -> Any:
    """The value of a secret that was exported with --show-secrets; None for any other secret."""
    try:
        return json.loads(secret["plaintext"])
    except (KeyError, TypeError, ValueError):
        return None


def _is_encrypted(value: Any) -> bool:
    if isinstance(value, dict):
        return "ciphertext" in value if value.get(_SIGNATURE) == _SECRET else any(map(_is_encrypted, value.values()))
    return any(map(_is_encrypted, value)) if isinstance(value, list) else False


def _has_encrypted_outputs(resource: Mapping[str, Any]) -> bool:
    """Whether any output is encrypted. An encrypted input does not count: it is no id that the resource created."""
    inputs = _bag(resource, "inputs")
    outputs = _bag(resource, "outputs")
    return _is_encrypted(outputs if _SIGNATURE in outputs else [v for name, v in outputs.items() if name not in inputs])


def _identity(resource: Mapping[str, Any]) -> str:
    """The identity in the tags, which stays the same when an alias changes the URN."""
    recorded = [_bag(resource, part).get("identity") for part in ("outputs", "inputs")]
    return Identity(next(_texts(recorded), resource["urn"])).key


def _permissions(resource: Mapping[str, Any]) -> Iterator[str]:
    """`image/account` of the accounts that a WorkspaceImagePermissions resource shares its image with."""
    if not Identity(resource["urn"]).resource.startswith(f"{_PERMISSIONS}::"):
        return
    for bag in (_bag(resource, "inputs"), _bag(resource, "outputs")):
        for image in _texts(bag.get("imageId")):
            for account in _texts([bag.get("accountIds"), bag.get("sharedAccountIds")]):
                yield f"{image}/{account}"


def _export_prefixes(resource: Mapping[str, Any]) -> Iterator[ExportPrefix]:
    inputs = _bag(resource, "inputs")
    region, bucket, prefix = (inputs.get(name) for name in ("region", "s3Bucket", "s3Prefix"))
    if isinstance(bucket, str):
        yield ExportPrefix(
            region if isinstance(region, str) else None, bucket, prefix if isinstance(prefix, str) else ""
        )


def _names(resources: Iterable[Mapping[str, Any]], of_type: str) -> Iterator[str]:
    """The names of the resources of a type."""
    for resource in resources:
        yield from _texts(_bag(resource, "inputs").get("name")) if _type(resource) == of_type else ()


def _type(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"]).split("::")[2].rpartition("$")[2]  # without the types of its parents


def _pending_marks(resource: Mapping[str, Any]) -> Iterator[str]:
    yield _identity(resource)
    if _type(resource) in _OF_COMPONENTS and isinstance(resource.get("parent"), str):
        yield Identity(resource["parent"]).key  # its tags name the component
    yield from _permissions(resource)
    bucket, key = (_bag(resource, "inputs").get(name) for name in ("bucket", "key"))
    if isinstance(bucket, str) and isinstance(key, str):
        yield f"s3://{bucket}/{key}"


def _bag(resource: Mapping[str, Any], part: str) -> dict[str, Any]:
    bag = resource.get(part)
    return bag if isinstance(bag, dict) else {}
