import json

import pytest

from pulumi_vmimport.lifecycle.host_run import HostSettings
from pulumi_vmimport.lifecycle.provider_configuration import (
    PROVIDER_CONFIGURATION,
    configuration_problem,
    stack_configuration,
)
from pulumi_vmimport.lifecycle.provider_structures import ConfigurationValue


def read(**arguments: object) -> HostSettings:
    return HostSettings.read(stack_configuration(arguments), {})


CHOSEN = {
    "customCaBundle": __file__,
    "assumeRoles": json.dumps([{"roleArn": "arn:x"}]),
    "assumeRoleWithWebIdentity": json.dumps({"roleArn": "arn:x", "webIdentityToken": "t"}),
    "sharedConfigFiles": json.dumps([__file__]),
    "sharedCredentialsFiles": json.dumps([__file__]),
    "defaultTags": json.dumps({"tags": {"a": "b"}}),
    "ignoreTags": json.dumps({"keys": ["a"]}),
    "endpoints": json.dumps([{"ec2": "http://x"}]),
}


def sample(value: ConfigurationValue) -> str:
    """A value as the engine passes it."""
    scalar = value.allowed[-1] if value.allowed else "true" if value.of is bool else "3"
    return CHOSEN.get(value.name) or (json.dumps([scalar]) if value.is_list else scalar)


@pytest.mark.parametrize("value", PROVIDER_CONFIGURATION, ids=lambda value: value.name)
def test_an_argument_reaches_the_settings(value: ConfigurationValue) -> None:
    found = read(**{value.name: sample(value)})
    assert found != HostSettings.read({}, {})
    assert [problem for problem in found.aws.problems if "because" not in problem] == []


def test_arguments_that_the_engine_adds_and_absent_ones_are_left_out() -> None:
    given: dict[str, object] = {
        "version": "0.1.0",
        "pluginDownloadURL": "x",
        "__internal": {},
        "profile": None,
        "region": "eu-west-1",
    }
    assert stack_configuration(given) == {"aws:region": "eu-west-1"}


def test_vsphere_and_the_polling_interval_are_read_as_from_the_stack() -> None:
    found = read(
        vsphereServer="vc.example", vsphereUser="u", vspherePassword="p", vsphereAllowUnverifiedSsl=True, pollSeconds=2
    )
    assert found.vsphere == {
        "VSPHERE_SERVER": "vc.example",
        "VSPHERE_USER": "u",
        "VSPHERE_PASSWORD": "p",
        "VSPHERE_ALLOW_UNVERIFIED_SSL": "True",
    }
    assert found.poll_seconds == 2


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        ("regoin", "eu-west-1", ("regoin", "is not supported; expected region")),
        ("retryMode", "often", ("retryMode", "expected one of standard, adaptive, got 'often'")),
        (
            "assumeRoles",
            [{"externalId": "x"}],
            ("assumeRoles[0].roleArn", "expected the ARN of a role, got none"),
        ),
    ],
)
def test_a_problem_has_the_path_of_the_argument(argument: str, value: object, expected: tuple[str, str]) -> None:
    (problem,) = read(**{argument: value}).aws.problems
    assert configuration_problem(problem) == expected
