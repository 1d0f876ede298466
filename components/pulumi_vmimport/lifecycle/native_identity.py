"""The identity of a resource of the native provider: that of the same resource of the dynamic provider.

Tokens and tags derive from it, so a stack that moves from one provider to the other finds the tasks of interrupted
runs.
"""

from collections.abc import Container

PACKAGE = "vmimport"
_NATIVE = f"{PACKAGE}:index:"
_DYNAMIC = f"pulumi-python:dynamic/{PACKAGE}:"


def native_type(resource: str) -> str:
    """The type token of a resource: `vmimport:index:ImportImage`."""
    return _NATIVE + resource


def dynamic_type(resource: str) -> str:
    """The type token of the same resource of the dynamic provider."""
    return _DYNAMIC + resource


def resource_of(urn: str) -> str:
    """The name of a resource in its URN: `ImportImage`."""
    return urn.split("::")[2].rpartition("$")[2].removeprefix(_NATIVE)


def identity_urn(urn: str, resources: Container[str]) -> str:
    """The URN with the types of the dynamic provider, for these resources and those that are their parents."""
    stack, project, types, name = urn.split("::", maxsplit=3)
    renamed = (_dynamic(token, resources) for token in types.split("$"))
    return "::".join((stack, project, "$".join(renamed), name))


def _dynamic(token: str, resources: Container[str]) -> str:
    resource = token.removeprefix(_NATIVE)
    return dynamic_type(resource) if resource != token and resource in resources else token
