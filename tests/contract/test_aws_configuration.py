"""The configuration of AWS is that of the installed pulumi-aws: a new key fails here until it has an effect."""

import inspect
import re
import typing
from collections.abc import Collection
from pathlib import Path

import pulumi_aws
import pytest
from pulumi_aws import _inputs, config

import pulumi_vmimport
from pulumi_vmimport.aws.configuration import role_settings
from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.configuration_keys import CONFIGURATION_KEYS
from pulumi_vmimport.aws.configuration.value_reader import camel_case
from pulumi_vmimport.lifecycle import provider_structures
from pulumi_vmimport.lifecycle.provider_configuration import AWS_CONFIGURATION

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


def test_the_native_provider_has_the_keys_of_pulumi_aws_that_have_an_effect() -> None:
    effective = {key for key, effect in CONFIGURATION_KEYS.items() if not effect.startswith("no effect: ")}
    assert {value.name for value in AWS_CONFIGURATION} == effective


@pytest.mark.parametrize(
    ("structure", "keys"),
    [
        (provider_structures.ASSUME_ROLE, role_settings.ROLE_KEYS),
        (provider_structures.WEB_IDENTITY, role_settings.WEB_IDENTITY_KEYS),
        (provider_structures.DEFAULT_TAGS, {"tags"}),
        (provider_structures.IGNORE_TAGS, {"keys", "keyPrefixes"}),
    ],
)
def test_the_native_provider_has_every_field_of_a_structure(
    structure: provider_structures.ConfigurationStructure, keys: Collection[str]
) -> None:
    assert {member.name for member in structure.members} == set(keys)


def _kind(annotation: str) -> str:
    """`list`, `map`, the name of a scalar, or `object` for an annotation of pulumi-aws."""
    for words, kind in (("Sequence[", "list"), ("Mapping[", "map"), ("Args", "object")):
        if words in annotation:
            return kind
    found = re.search(r"\b(str|bool|int|float)\b", annotation)
    assert found, annotation
    return found[1]


def _kind_of(value: provider_structures.ConfigurationValue) -> str:
    scalar = value.of.__name__ if isinstance(value.of, type) else "object"
    return "list" if value.is_list else "map" if value.is_map else scalar


def test_the_native_provider_has_the_types_of_pulumi_aws() -> None:
    theirs = {camel_case(name): str(of) for name, of in pulumi_aws.ProviderArgs.__init__.__annotations__.items()}
    assert {value.name: _kind_of(value) for value in AWS_CONFIGURATION} == {
        value.name: _kind(theirs[value.name]) for value in AWS_CONFIGURATION
    }
    members = {camel_case(name): str(of) for name, of in _inputs.ProviderAssumeRoleArgsDict.__annotations__.items()}
    assert {member.name: _kind_of(member) for member in provider_structures.ASSUME_ROLE.members} == {
        name: _kind(of) for name, of in members.items()
    }


def test_the_native_provider_has_an_endpoint_for_every_service_that_is_called() -> None:
    sources = Path(pulumi_vmimport.__file__).parent.rglob("*.py")
    called = {
        name for source in sources for name in re.findall(r'client\(\n?\s*"([a-z0-9]+)"', source.read_text("utf-8"))
    }
    assert {member.name for member in provider_structures.ENDPOINT.members} == called
    assert all(f"`{service}`" in CONFIGURATION_KEYS["endpoints"] for service in called)


def test_the_native_provider_keeps_the_secrets_of_pulumi_aws() -> None:
    source = inspect.getsource(pulumi_aws.Provider._internal_init)
    secret = {camel_case(name) for name in re.findall(r"pulumi\.Output\.secret\((\w+)\)", source)}
    assert secret
    assert secret <= {value.name for value in AWS_CONFIGURATION if value.is_secret}
