"""The configuration of AWS is that of the installed pulumi-aws: a new key fails here until it has an effect."""

import inspect
import typing
from collections.abc import Collection

import pulumi_aws
import pytest
from pulumi_aws import _inputs, config

from pulumi_vmimport.aws.configuration import role_settings
from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.configuration_keys import CONFIGURATION_KEYS
from pulumi_vmimport.aws.configuration.value_reader import camel_case

_NOT_CONFIGURATION = {"self", "__self__", "resource_name", "opts", "__props__"}


def _provider_keys() -> set[str]:
    parameters = inspect.signature(pulumi_aws.Provider._internal_init).parameters
    return {camel_case(name) for name in parameters if name not in _NOT_CONFIGURATION}


def test_every_key_of_pulumi_aws_has_an_effect() -> None:
    assert _provider_keys() == set(CONFIGURATION_KEYS)


def test_every_key_of_the_stack_configuration_has_an_effect() -> None:
    names = {name for name, member in inspect.getmembers(type(config)) if isinstance(member, property)}
    assert {camel_case(name) for name in names} == set(CONFIGURATION_KEYS)


@pytest.mark.parametrize(
    ("of", "keys"),
    [
        ("ProviderAssumeRoleArgsDict", role_settings.ROLE_KEYS),
        ("ProviderAssumeRoleWithWebIdentityArgsDict", role_settings.WEB_IDENTITY_KEYS),
        ("ProviderDefaultTagsArgsDict", {"tags"}),
        ("ProviderIgnoreTagsArgsDict", {"keys", "keyPrefixes"}),
    ],
)
def test_every_field_of_a_structure_has_an_effect(of: str, keys: Collection[str]) -> None:
    fields = getattr(_inputs, of).__annotations__
    assert {camel_case(name) for name in fields} == set(keys)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("accessKey", "AKIA"),
        ("allowedAccountIds", '["1"]'),
        ("assumeRoleWithWebIdentity", '{"roleArn": "arn:x", "webIdentityToken": "t"}'),
        ("assumeRoles", '[{"roleArn": "arn:x"}]'),
        ("customCaBundle", __file__),
        ("defaultTags", '{"tags": {"a": "b"}}'),
        ("ec2MetadataServiceEndpoint", "http://imds"),
        ("ec2MetadataServiceEndpointMode", "IPv6"),
        ("endpoints", '[{"ec2": "http://x"}]'),
        ("forbiddenAccountIds", '["1"]'),
        ("httpProxy", "http://p"),
        ("httpsProxy", "http://p"),
        ("ignoreTags", '{"keys": ["a"]}'),
        ("insecure", "true"),
        ("maxRetries", "3"),
        ("noProxy", "x"),
        ("profile", "web"),
        ("region", "eu-west-1"),
        ("retryMode", "adaptive"),
        ("s3UsEast1RegionalEndpoint", "regional"),
        ("s3UsePathStyle", "true"),
        ("secretKey", "s"),
        ("sharedConfigFiles", f'["{__file__}"]'),
        ("sharedCredentialsFiles", f'["{__file__}"]'),
        ("skipCredentialsValidation", "true"),
        ("skipMetadataApiCheck", "true"),
        ("skipRequestingAccountId", "true"),
        ("stsRegion", "us-east-1"),
        ("token", "t"),
        ("useDualstackEndpoint", "true"),
        ("useFipsEndpoint", "true"),
        ("userAgents", '["x"]'),
    ],
)
def test_a_key_is_not_dropped(key: str, value: str) -> None:
    assert AwsSettings.from_pulumi_config({f"aws:{key}": value}, {}) != AwsSettings()


def test_the_other_keys_say_why_they_have_no_effect() -> None:
    marks = [mark for mark in getattr(test_a_key_is_not_dropped, "pytestmark", []) if mark.name == "parametrize"]
    tested = {typing.cast("tuple[str, str]", row)[0] for row in marks[0].args[1]}
    without = {key for key, effect in CONFIGURATION_KEYS.items() if effect.startswith("no effect: ")}
    assert tested | without == set(CONFIGURATION_KEYS)
    assert not tested & without
