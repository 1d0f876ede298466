"""Who calls AWS for a resource: the configuration, its own inputs, and the account that its state records."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.tag_settings import TagSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.credential_errors import AccountMismatchError, is_identity_error
from pulumi_vmimport.aws.error_descriptions import describe_aws_error
from pulumi_vmimport.aws.unreachable_services import is_unreachable_service
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Problem, is_set
from pulumi_vmimport.lifecycle.host_properties import AWS_PROVIDER, VSPHERE_PROVIDER
from pulumi_vmimport.lifecycle.input_changes import has_unknown
from pulumi_vmimport.lifecycle.schema import replacing_properties, wire_fields

# Temporary keys differ in every run. The account of the state shows whether they are of the same account.
_KEYS = ("accessKey", "secretKey", "token")


def has_known_identity(bag: Mapping[str, Any]) -> bool:
    """Whether preview knows the Region, the credentials and the providers."""
    names = ("region", "profile", "assumeRoleArn", AWS_PROVIDER, VSPHERE_PROVIDER)
    return not any(has_unknown(bag.get(name)) for name in names)


def settings_for(stack: AwsSettings, bag: Mapping[str, Any], inputs: Any) -> AwsSettings:
    """The settings of a resource: its own inputs, then its explicit provider or else the stack's configuration."""
    provider = bag.get(AWS_PROVIDER)
    known = provider and {name: value for name, value in provider.items() if not has_unknown(value)}
    own = (getattr(inputs, name, None) for name in ("region", "profile", "assume_role_arn"))
    settings = AwsSettings.from_provider(known, os.environ) if known else stack
    return settings.for_resource(*(v if is_set(v) else None for v in own))


def provider_changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the resource has another explicit provider than the state records, or one with other inputs."""
    before, after = ({k: v for k, v in (b.get(AWS_PROVIDER) or {}).items() if k not in _KEYS} for b in (old, new))
    if has_unknown(after) or bool(before) is not bool(after):
        return True
    # The order of JSON keys varies.
    return AwsSettings.from_provider(before, {}) != AwsSettings.from_provider(after, {})


def current_account(aws: AwsConnection, recorded: Any) -> str | None:
    """The account of the credentials; that of the state if the configuration excludes the look-up.

    Raises: AccountMismatchError if the state records another one.
    """
    known = recorded if is_set(recorded) else None
    if aws.settings.skip_account:
        return known
    current = aws.account_id
    if known is not None and known != current:
        raise AccountMismatchError(known, current, aws.region)
    return current


def configured(inputs: Any, aws: AwsConnection, bag: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
    """The inputs with those of the configuration, and the problems of the configuration.

    The inputs contain the Region, so that a later change of the stack's Region is a change of the input.
    """
    if aws.settings.problems:
        return _with_region(inputs, UNKNOWN), [Problem("", problem) for problem in aws.settings.problems]
    if not has_known_identity(bag):
        return _with_region(inputs, UNKNOWN), []
    try:
        return _with_default_tags(_with_region(inputs, aws.region), aws.settings.tags), []
    except Exception as error:
        problem = identity_problem(error, bag)
        if problem is None:
            raise
        return _with_region(inputs, UNKNOWN), [problem]


def _with_region(inputs: Any, region: Any) -> Any:
    names = wire_fields(type(inputs))
    return replace(inputs, region=region) if "region" in names and inputs.region is None else inputs


def _with_default_tags(inputs: Any, tags: TagSettings) -> Any:
    names = wire_fields(type(inputs)).keys() - replacing_properties(type(inputs))
    if "tags" not in names or inputs.tags is UNKNOWN or not tags.default:
        return inputs
    return replace(inputs, tags={**dict(tags.default), **(inputs.tags or {})})


def without_ignored_tags(found: Any, recorded: Any, tags: TagSettings) -> Any:
    """The state that was read, without the tags that the configuration ignores, unless the resource set them."""
    read, own = getattr(found, "tags", None), getattr(recorded, "tags", None) or {}
    if not read:
        return found
    kept = {key: value for key, value in read.items() if key in own or not tags.is_ignored(key)}
    return replace(found, tags=kept if kept or own else None)


def identity_problem(error: BaseException, bag: Mapping[str, Any]) -> Problem | None:
    """The problem of the inputs that an error stands for, if no call succeeds before the user corrects it."""
    if is_identity_error(error):
        path = next((name for name in ("assumeRoleArn", "profile") if bag.get(name) is not None), "")
        return Problem(path, describe_aws_error(error))
    return Problem("", describe_aws_error(error)) if is_unreachable_service(error) else None
