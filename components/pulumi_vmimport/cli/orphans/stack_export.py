"""What the output of `pulumi stack export` says: which stack it is of, what it names, what it was about to make.

Source: https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_export/ and the `apitype` package of
https://github.com/pulumi/pulumi (DeploymentV3).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pulumi_vmimport.cli.trouble import Trouble
from pulumi_vmimport.lifecycle.identity import Identity

_VERSIONS = (3, 4)
# How Pulumi writes a secret: this key and value, and `ciphertext`, or `plaintext` with --show-secrets.
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class StackExport:
    """The facts of an export that tell whose something is."""

    stack: str
    """`project/stack`"""
    written: datetime | None
    """When Pulumi last changed the state"""
    names: frozenset[str]
    """Every text in the state of a resource: whatever it has made is named there"""
    pending: frozenset[str]
    """Identities and S3 URIs of what a run that was cut off was about to create"""
    sealed: frozenset[str]
    """Identities of resources with encrypted outputs: what these name cannot be told"""


def read_export(text: bytes, named: str | None) -> StackExport:
    """Read an export; `named` is the stack it is to be of. Raises: Trouble when it is not, or is damaged."""
    deployment = _deployment(text)
    resources = _entries(deployment, "resources")
    creating = [
        op["resource"]
        for op in _list(deployment, "pending_operations")
        if isinstance(op, dict) and op.get("type") == "creating" and _is_resource(op.get("resource"))
    ]
    stack = _stack(deployment, [*resources, *creating], named)
    # A component, and the stack itself, only repeat what custom resources have.
    custom = [resource for resource in resources if resource.get("custom")]
    return StackExport(
        stack=stack,
        written=_time(deployment.get("manifest")),
        names=frozenset(text for r in custom for part in ("id", "inputs", "outputs") for text in _texts(r.get(part))),
        pending=frozenset(text for resource in creating for text in _about_to_be(resource)),
        sealed=frozenset(_identity(resource) for resource in custom if _has_sealed_outputs(resource)),
    )


def _deployment(text: bytes) -> Mapping[str, Any]:
    try:
        export = json.loads(text)
    except ValueError as error:
        raise Trouble(
            f"the stack export is damaged or none: expected the JSON of `pulumi stack export`: {error}"
        ) from None
    deployment = export.get("deployment") if isinstance(export, dict) else None
    if not isinstance(deployment, dict):
        raise Trouble("the stack export has no deployment: expected the JSON of `pulumi stack export`")
    if export.get("version") not in _VERSIONS:
        known = " or ".join(map(str, _VERSIONS))
        raise Trouble(f"the stack export is of version {export.get('version')!r}, expected {known}: export it anew")
    return deployment


def _entries(deployment: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    entries = _list(deployment, name)
    for number, entry in enumerate(entries):
        if not _is_resource(entry):
            raise Trouble(f"the stack export is damaged: {name}[{number}] has no URN; export it anew")
    return entries


def _list(deployment: Mapping[str, Any], name: str) -> list[Any]:
    found = deployment.get(name) or []  # a stack without any has no such key
    if not isinstance(found, list):
        raise Trouble(f"the stack export is damaged: {name} is no list; export it anew")
    return found


def _is_resource(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("urn"), str) and entry["urn"].startswith("urn:pulumi:")


def _stack(deployment: Mapping[str, Any], resources: list[dict[str, Any]], named: str | None) -> str:
    stacks = {Identity(resource["urn"]).stack for resource in resources}
    provider = deployment.get("secrets_providers")
    state = provider.get("state") if isinstance(provider, dict) else None
    if isinstance(state, dict) and state.get("project") and state.get("stack"):  # that of Pulumi Cloud
        stacks.add(f"{state['project']}/{state['stack']}")
    if len(stacks) > 1:
        raise Trouble(f"the stack export is of several stacks: {', '.join(sorted(stacks))}")
    if not stacks and named is None:
        raise Trouble("the stack export has no resources and so does not say its stack: add --stack PROJECT/STACK")
    found = next(iter(stacks), named or "")
    if named not in {None, found}:
        raise Trouble(f"the stack export is of {found}, expected {named} (--stack)")
    return found


def _time(manifest: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(manifest["time"]) if isinstance(manifest, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value that is not encrypted."""
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
    """The value of a secret that was exported with --show-secrets; None of any other."""
    try:
        return json.loads(secret["plaintext"])
    except (KeyError, TypeError, ValueError):
        return None


def _is_sealed(value: Any) -> bool:
    if isinstance(value, dict):
        return "ciphertext" in value if value.get(_SIGNATURE) == _SECRET else any(map(_is_sealed, value.values()))
    return any(map(_is_sealed, value)) if isinstance(value, list) else False


def _has_sealed_outputs(resource: Mapping[str, Any]) -> bool:
    """Whether anything is encrypted that the resource has made: an input that is names nothing of that kind."""
    given = _bag(resource, "inputs")
    outputs = _bag(resource, "outputs")
    return _is_sealed(outputs if _SIGNATURE in outputs else [v for name, v in outputs.items() if name not in given])


def _identity(resource: Mapping[str, Any]) -> str:
    """The identity in the tags; it stays what it was when a URN changes by an alias."""
    recorded = [_bag(resource, part).get("identity") for part in ("outputs", "inputs")]
    return Identity(next(_texts(recorded), resource["urn"])).key


def _about_to_be(resource: Mapping[str, Any]) -> Iterator[str]:
    yield _identity(resource)
    bucket, key = (_bag(resource, "inputs").get(name) for name in ("bucket", "key"))
    if isinstance(bucket, str) and isinstance(key, str):
        yield f"s3://{bucket}/{key}"


def _bag(resource: Mapping[str, Any], part: str) -> dict[str, Any]:
    bag = resource.get(part)
    return bag if isinstance(bag, dict) else {}
