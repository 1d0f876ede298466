"""Import vSphere virtual machines as AMIs, EBS snapshots and WorkSpaces BYOL images with Pulumi, and export them again.

A public name is imported on first use (`__init__.pyi` declares it for type checkers): the provider process of a stack
needs neither pulumi-aws nor pulumi-vsphere, which the components need.
"""

from importlib import import_module
from typing import Any

from pulumi_vmimport.imported_objects import uncollected_imports
from pulumi_vmimport.public_names import public_modules

_MODULES = public_modules()
__all__ = list(_MODULES)

_UNSUPPORTED = {
    "ImportInstance": "ImportInstance is not supported: it imports one volume and no Windows license of your own, and "
    "AWS recommends against it; import the VM with ImportImage and launch the AMI (docs/supported_systems.md)",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name in _UNSUPPORTED:
        raise ImportError(_UNSUPPORTED[name], name=__name__)  # `from ... import` replaces an AttributeError's message
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with uncollected_imports():
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, imported or not."""
    return sorted({*globals(), *__all__})
