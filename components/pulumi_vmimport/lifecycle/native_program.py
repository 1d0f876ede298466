"""What a Python program declares for the native provider: the options of a resource, and the provider itself."""

import json
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import config

from pulumi_vmimport.lifecycle.explicit_provider import explicit_provider
from pulumi_vmimport.lifecycle.native_identity import PACKAGE, dynamic_type
from pulumi_vmimport.lifecycle.provider_configuration import PROVIDER_CONFIGURATION, stack_key

_NAME = "stack-configuration"
_shared: WeakKeyDictionary[pulumi.Resource, pulumi.ProviderResource] = WeakKeyDictionary()
"""The provider with the stack's configuration, by the root resource of the program"""


def native_options(resource: str, opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """The options of a resource of the native provider.

    With the alias, a stack that the dynamic provider managed moves to the native one without a change.
    """
    added = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=dynamic_type(resource))])
    if explicit_provider(PACKAGE, opts) is None and (provider := provider_of_stack()) is not None:
        given = opts.providers
        added.providers = {**given, PACKAGE: provider} if isinstance(given, Mapping) else [*(given or ()), provider]
    return pulumi.ResourceOptions.merge(opts, added)


def provider_properties(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a provider as inputs of its resource: texts, of which keys and passwords are secrets."""
    secret = {value.name for value in PROVIDER_CONFIGURATION if value.is_secret}
    texts = {name: _text(value) for name, value in arguments.items() if value is not None}
    return {
        name: pulumi.Output.secret(text) if name in secret or config.is_config_secret(stack_key(name)) else text
        for name, text in texts.items()
    }


def provider_of_stack() -> pulumi.ProviderResource | None:
    """The provider with the settings of pulumi-aws and pulumi-vsphere in the stack's configuration.

    The engine passes a default provider the keys of its own package alone. None if no other key is set.
    """
    root = pulumi.runtime.get_root_resource()
    settings = _stack_settings()
    if root is None or not settings:
        return None
    if root not in _shared:
        _shared[root] = pulumi.ProviderResource(PACKAGE, _NAME, provider_properties(settings))
    return _shared[root]


def stack_configuration() -> dict[str, Any]:
    """The configuration of the stack, by keys such as `aws:region`."""
    return {**config.get_config_env(), **config.CONFIG.get()}


def _stack_settings() -> dict[str, Any]:
    """The settings of pulumi-aws and pulumi-vsphere, with those of this package; empty if only this package has any."""
    found = stack_configuration()
    aws = {name: found[key] for key in found for package, _, name in [key.partition(":")] if package == "aws"}
    names = {value.name: stack_key(value.name) for value in PROVIDER_CONFIGURATION}
    vsphere = {name: found[key] for name, key in names.items() if key.startswith("vsphere:") and key in found}
    own = {name: found[key] for key in found for package, _, name in [key.partition(":")] if package == PACKAGE}
    if pulumi.get_project() == PACKAGE:  # the program may have keys of its own
        own = {name: value for name, value in own.items() if name in names}
    return {**aws, **vsphere, **own} if aws or vsphere else {}


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return pulumi.Output.from_input(value).apply(lambda known: known if isinstance(known, str) else json.dumps(known))
