"""The explicit providers of a resource, whose settings a custom resource uses as the resources of that provider do.

The engine configures a provider, so that a program cannot read all of its inputs: some are missing in its outputs. The
engine returns all of them as the state of the provider resource.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import invoke, invoke_output

from pulumi_vmimport.lifecycle.input_changes import has_unknown
from pulumi_vmimport.lifecycle.native_identity import PACKAGE
from pulumi_vmimport.lifecycle.program_values import without_dependency
from pulumi_vmimport.lifecycle.pulumi_unknowns import from_pulumi

# What the engine and the SDK add to the inputs of a provider.
_NOT_SETTINGS = frozenset({"version", "pluginDownloadURL"})


def explicit_provider(package: str, opts: pulumi.ResourceOptions) -> pulumi.ProviderResource | None:
    """The provider of a package that a resource with these options is given or inherits; None for the default one."""
    if opts.provider is not None and opts.provider.package == package:
        return opts.provider
    listed = opts.providers or ()
    for provider in listed.values() if isinstance(listed, Mapping) else listed:
        if provider.package == package:
            return provider
    return inherited_provider(package, opts.parent)


def inherited_provider(package: str, resource: pulumi.Resource | None) -> pulumi.ProviderResource | None:
    """The provider of a package that a resource passes on to its children."""
    return resource.get_provider(f"{package}:index:_") if resource is not None else None


def provider_of_settings(package: str, opts: pulumi.ResourceOptions) -> pulumi.ProviderResource | None:
    """The provider of pulumi-aws or pulumi-vsphere whose settings a resource with these options uses.

    None if it has none, or a `vmimport.Provider` that has settings of this kind itself.
    """
    own = explicit_provider(PACKAGE, opts)
    return None if package in getattr(own, "configures", ()) else explicit_provider(package, opts)


def settings_of_provider(provider: pulumi.ProviderResource) -> pulumi.Output[dict[str, Any]]:
    """The inputs of a provider; in preview, those that another resource supplies are unknown."""
    # A look-up that depends on a new provider is unknown in preview.
    state: Any = invoke_output("pulumi:pulumi:getResource", {"urn": without_dependency(provider.urn)})
    settings = state.apply(_settings, run_with_unknowns=True)
    # The user of the settings depends on the provider: what the provider needs is deleted after it.
    both: Any = pulumi.Output.all(provider.urn, settings)
    found: pulumi.Output[dict[str, Any]] = both.apply(lambda values: values[1], run_with_unknowns=True)
    return found


def known_settings_of_provider(provider: pulumi.ProviderResource) -> dict[str, Any] | None:
    """The inputs of a provider at once; None if another resource supplies one that preview does not know."""
    answered = invoke("pulumi:pulumi:getResource", {"urn": provider.urn})
    settings = _settings(answered.value) if answered.is_known else None
    return None if settings is None or has_unknown(from_pulumi(settings)) else settings


def _settings(resource: Mapping[str, Any]) -> dict[str, Any]:
    inputs = resource["state"].items()
    return {name: v for name, v in inputs if name not in _NOT_SETTINGS and not name.startswith("__") and v != "false"}
