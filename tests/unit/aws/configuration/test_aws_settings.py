import json
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.role_settings import AssumedRole

HUB, SPOKE = "arn:aws:iam::111111111111:role/hub", "arn:aws:iam::222222222222:role/spoke"


def settings(**keys: Any) -> AwsSettings:
    return AwsSettings.from_pulumi_config({f"aws:{key}": value for key, value in keys.items()}, {})


CHAIN = [
    {"roleArn": HUB, "externalId": "hub-id", "sessionName": "ci", "sourceIdentity": "alice", "tags": {"team": "a"}},
    {
        "roleArn": SPOKE,
        "duration": "1h",
        "policy": "{}",
        "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        "transitiveTagKeys": ["team"],
    },
]


@pytest.mark.parametrize("value", [pytest.param(CHAIN, id="list"), pytest.param(json.dumps(CHAIN), id="json")])
def test_assume_roles_is_a_chain_with_all_fields(value: Any) -> None:
    found = settings(assumeRoles=value)
    assert found.problems == ()
    assert found.roles == (
        AssumedRole(HUB, "ci", external_id="hub-id", source_identity="alice", tags=(("team", "a"),)),
        AssumedRole(
            SPOKE,
            duration_seconds=3600,
            policy="{}",
            policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",),
            transitive_tag_keys=("team",),
        ),
    )


def test_a_dictionary_of_a_program_may_have_python_names() -> None:
    found = AwsSettings.from_provider({"assumeRoles": json.dumps([{"role_arn": HUB, "external_id": "x"}])}, {})
    assert (found.problems, found.roles) == ((), (AssumedRole(HUB, external_id="x"),))


@pytest.mark.parametrize(
    ("key", "value", "path", "words"),
    [
        pytest.param("assumeRole", {"roleArn": HUB}, "aws:assumeRole", "assumeRoles", id="unknown-key"),
        pytest.param(
            "assumeRoles", [{"roleArn": HUB, "mfa": "1"}], "aws:assumeRoles[0].mfa", "externalId", id="unknown-field"
        ),
        pytest.param("assumeRoles", [{"externalId": "x"}], "aws:assumeRoles[0].roleArn", "ARN", id="no-role"),
        pytest.param("assumeRoles", "hub", "aws:assumeRoles", "list of objects", id="no-list"),
        pytest.param(
            "assumeRoles",
            [{"roleArn": HUB, "duration": "2 hours"}],
            "aws:assumeRoles[0].duration",
            "'2 hours'",
            id="no-duration",
        ),
        pytest.param(
            "assumeRoles",
            [{"roleArn": HUB}, {"roleArn": SPOKE, "duration": "2h"}],
            "aws:assumeRoles[1].duration",
            "15 to 60 minutes",
            id="longer-than-a-chained-session",
        ),
        pytest.param(
            "assumeRoleWithWebIdentity",
            {"roleArn": HUB},
            "aws:assumeRoleWithWebIdentity.webIdentityToken",
            "webIdentityTokenFile",
            id="no-token",
        ),
        pytest.param(
            "assumeRoleWithWebIdentity",
            {"roleArn": HUB, "webIdentityTokenFile": "/nonexistent/token"},
            "aws:assumeRoleWithWebIdentity.webIdentityTokenFile",
            "/nonexistent/token",
            id="no-token-file",
        ),
        pytest.param("useFipsEndpoint", "yes", "aws:useFipsEndpoint", "'yes'", id="flag"),
        pytest.param("maxRetries", "-1", "aws:maxRetries", "'-1'", id="number"),
        pytest.param("retryMode", "legacy", "aws:retryMode", "standard, adaptive", id="choice"),
        pytest.param("region", ["eu-west-1"], "aws:region", "a list", id="text"),
        pytest.param("endpoints", [{"ec2": "localhost"}], "aws:endpoints[0].ec2", "'localhost'", id="endpoint"),
        pytest.param("customCaBundle", "/nonexistent.pem", "aws:customCaBundle", "/nonexistent.pem", id="file"),
        pytest.param("sharedCredentialsFiles", '["/a", "/b"]', "aws:sharedCredentialsFiles", "/a, /b", id="files"),
        pytest.param("secretKey", "x", "aws:accessKey", "secretKey", id="half-a-key"),
        pytest.param("token", "x", "aws:accessKey", "token", id="a-token-without-its-keys"),
        pytest.param("allowedAccountIds", "1234", "aws:allowedAccountIds", "list of strings", id="list"),
        pytest.param("allowedAccountIds", ["1", []], "aws:allowedAccountIds[1]", "got a list", id="list-in-list"),
        pytest.param(
            "defaultTags", {"tags": {"a": None}}, "aws:defaultTags.tags.a", "got none", id="no-value-of-a-tag"
        ),
    ],
)
def test_fails_with_the_key_the_value_and_what_is_allowed(key: str, value: Any, path: str, words: str) -> None:
    (problem,) = settings(**{key: value}).problems
    assert problem.startswith(f"{path}: ")
    assert words in problem


def test_fails_with_every_problem_at_once() -> None:
    found = settings(region=["x"], maxRetries="many", colour="red", assumeRoles=[{"roleArn": HUB, "tags": "x"}])
    assert [p.partition(":")[2].partition(":")[0] for p in found.problems] == [
        "colour",
        "region",
        "assumeRoles[0].tags",
        "maxRetries",
    ]


@pytest.mark.parametrize(
    ("key", "value", "attribute", "expected"),
    [
        ("allowedAccountIds", "[123456789012, 210987654321.0]", "allowed_accounts", ("123456789012", "210987654321")),
        ("assumeRoles", [{"roleArn": HUB, "externalId": 4711}], "roles", (AssumedRole(HUB, external_id="4711"),)),
        ("profile", 4711, "profile", "4711"),
        ("defaultTags", '{"tags": {"cost": 4711, "kept": true}}', "tags.default", (("cost", "4711"), ("kept", "true"))),
    ],
)
def test_a_number_or_boolean_that_pulumi_makes_of_a_string_is_that_string(
    key: str, value: Any, attribute: str, expected: Any
) -> None:
    found = settings(**{key: value})
    assert (found.problems, attrgetter(attribute)(found)) == ((), expected)


def test_a_provider_without_a_region_has_that_of_the_environment() -> None:
    environment = {"AWS_REGION": "eu-west-2"}
    assert AwsSettings.from_provider({"skipRegionValidation": "true"}, environment).region == "eu-west-2"
    assert AwsSettings.from_provider({"region": "us-east-1"}, environment).region == "us-east-1"


def test_a_secret_of_the_wrong_type_is_in_no_problem() -> None:
    (problem,) = settings(token=["hunter2"]).problems
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("allowed", "forbidden", "skip"),
    [pytest.param('["1"]', '["2"]', None, id="both"), pytest.param('["1"]', None, "true", id="skipped-look-up")],
)
def test_fails_for_rules_about_accounts_that_cannot_apply(allowed: Any, forbidden: Any, skip: Any) -> None:
    assert settings(allowedAccountIds=allowed, forbiddenAccountIds=forbidden, skipRequestingAccountId=skip).problems


def test_an_explicit_provider_is_named_in_its_problems() -> None:
    (problem,) = AwsSettings.from_provider({"region": "us-east-1", "quantum": "on"}, {}).problems
    assert "quantum" in problem
    assert "explicit aws.Provider" in problem


def test_a_file_in_the_home_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "keys").touch()
    found = settings(sharedCredentialsFiles='["~/keys"]')
    assert (found.problems, found.credentials_file) == ((), str(tmp_path / "keys"))
