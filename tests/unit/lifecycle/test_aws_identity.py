"""The identity of a resource's calls: configuration, credentials and account, as the host reports them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import botocore.exceptions as failures
import pulumi
import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.lifecycle import engine, resource_operations
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs, aws_input_problems
from pulumi_vmimport.lifecycle.contract import Condition, Created, Lifecycle, Problem, Run
from pulumi_vmimport.lifecycle.host_run import HostSettings
from pulumi_vmimport.lifecycle.resource_host import DynamicHost
from pulumi_vmimport.lifecycle.schema import updatable

URN = "urn:pulumi:dev::shop::pulumi-python:dynamic/vmimport:Thing::web"
HERE, ELSEWHERE = "111111111111", "222222222222"


@dataclass(frozen=True, kw_only=True)
class ThingInputs(AwsInputs):
    size: int
    tags: Mapping[str, str] | None = updatable()


class ThingLifecycle(Lifecycle[ThingInputs, ThingInputs]):
    inputs_type = state_type = ThingInputs

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.regions: list[str | None] = []
        self.preflight_error: Exception | None = None
        self.source_error: Exception | None = None
        self.live_tags: dict[str, str] = {}

    def check(self, inputs: ThingInputs) -> Iterator[Problem]:
        yield from aws_input_problems(inputs)

    def preflight(self, run: Run, inputs: ThingInputs) -> Iterator[Problem]:
        if self.preflight_error:
            raise self.preflight_error
        yield from ()

    def create(self, run: Run, inputs: ThingInputs) -> Created[ThingInputs]:
        self._called("create", run)
        return Created("thing-1", inputs)

    def read(self, run: Run, id: str, state: ThingInputs) -> ThingInputs | None:
        self._called("read", run)
        return replace(state, tags=self.live_tags) if self.live_tags else None

    def update(self, run: Run, id: str, state: ThingInputs, inputs: ThingInputs) -> ThingInputs:
        self._called("update", run)
        return inputs

    def delete(self, run: Run, id: str, state: ThingInputs) -> None:
        self._called("delete", run)

    def recheck_source(self, run: Run, state: ThingInputs, inputs: ThingInputs) -> Condition:
        if self.source_error:
            raise self.source_error
        return Condition.READY

    def _called(self, name: str, run: Run) -> None:
        self.calls.append(name)
        self.regions.append(run.aws.region)


@pytest.fixture
def thing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ThingLifecycle:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(resource_operations, "_created", set())
    monkeypatch.setattr(AwsConnection, "account_id", HERE)
    return ThingLifecycle()


@pytest.fixture
def host(thing: ThingLifecycle) -> DynamicHost:
    return configured(thing)


def configured(thing: ThingLifecycle, **keys: Any) -> DynamicHost:
    """The host with a configuration of the stack."""
    host = DynamicHost("Thing", thing)
    settings = HostSettings.read({f"aws:{name}": value for name, value in keys.items()}, {})
    host._settings = settings
    return host


def bag(**values: Any) -> dict[str, Any]:
    return {"__provider": "p", "identity": URN, "region": "eu-west-1", "size": 3.0, **values}


def problems(host: DynamicHost, news: dict[str, Any]) -> list[tuple[str, str]]:
    """The inputs and the reasons; the problems of credentials and configuration have no input."""
    reasons = [failure.reason for failure in host.check({}, news).failures]
    found = [re.fullmatch(r"(?:([a-z_]+): )?(.*)", reason) for reason in reasons]
    return [(match[1] or "", match[2]) for match in found if match]


def fails_account(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def account(_: AwsConnection) -> str:
        raise error

    monkeypatch.setattr(AwsConnection, "account_id", property(account))


def test_the_state_records_the_account(host: DynamicHost) -> None:
    created = host.create(bag())
    assert created.outs is not None
    assert created.outs["awsAccountId"] == HERE
    updated = host.update("thing-1", bag(), bag(size=4.0))
    assert updated.outs is not None
    assert updated.outs["awsAccountId"] == HERE


def test_a_state_of_an_earlier_version_gets_the_account_without_a_difference(
    host: DynamicHost, thing: ThingLifecycle
) -> None:
    assert host.diff("thing-1", bag(), bag()).changes is False
    thing.live_tags = {"a": "b"}
    read = host.read("thing-1", bag(tags={"a": "b"}))
    assert (read.outs or {})["awsAccountId"] == HERE
    assert "awsAccountId" not in (read.inputs or {})
    assert host.diff("thing-1", {**(read.outs or {}), "__provider": "p"}, bag(tags={"a": "b"})).changes is False


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda host, recorded: host.read("thing-1", recorded), id="read"),
        pytest.param(lambda host, recorded: host.update("thing-1", recorded, bag(size=4.0)), id="update"),
        pytest.param(lambda host, recorded: host.delete("thing-1", recorded), id="delete"),
    ],
)
def test_fails_in_another_account_before_anything_is_considered_gone(
    host: DynamicHost, thing: ThingLifecycle, call: Any
) -> None:
    with pytest.raises(Exception, match=f"{ELSEWHERE}.*eu-west-1.*{HERE}"):
        call(host, bag(awsAccountId=ELSEWHERE))
    assert thing.calls == []


@pytest.mark.parametrize(
    "news",
    [
        pytest.param(bag(profile="other"), id="profile"),
        pytest.param(bag(assumeRoleArn="arn:x"), id="role"),
        pytest.param(bag(awsProvider={"profile": "other"}), id="provider"),
    ],
)
def test_fails_in_preview_when_new_credentials_are_of_another_account(host: DynamicHost, news: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=f"{ELSEWHERE}.*{HERE}"):
        host.diff("thing-1", bag(awsAccountId=ELSEWHERE), news)
    assert host.diff("thing-1", bag(awsAccountId=HERE), news).changes is True


@pytest.mark.parametrize("change", [{"tags": {"a": "b"}}, {"region": "us-east-1"}], ids=["update", "replacement"])
def test_fails_in_preview_of_a_change_with_the_keys_of_another_account(
    host: DynamicHost, change: dict[str, Any]
) -> None:
    with pytest.raises(Exception, match=f"{ELSEWHERE}.*{HERE}"):
        host.diff("thing-1", bag(awsAccountId=ELSEWHERE), bag(**change))
    assert host.diff("thing-1", bag(awsAccountId=HERE), bag(**change)).changes is True
    moved = bag(awsProvider={"region": "us-east-1"}, region="us-east-1")
    assert host.diff("thing-1", bag(awsAccountId=ELSEWHERE), moved).replaces


def test_an_unchanged_resource_needs_no_account(host: DynamicHost, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_account(monkeypatch, AssertionError("was looked up"))
    assert host.check(bag(), bag()).failures == []
    assert host.diff("thing-1", bag(awsAccountId=ELSEWHERE), bag()).changes is False


def test_the_look_up_of_the_account_can_be_skipped(thing: ThingLifecycle, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_account(monkeypatch, AssertionError("was looked up"))
    host = configured(thing, skipRequestingAccountId="true")
    assert problems(host, bag()) == []
    assert "awsAccountId" not in (host.create(bag()).outs or {})
    host.delete("thing-2", bag(awsAccountId=ELSEWHERE))
    assert thing.calls == ["create", "delete"]


ROLE_DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, "AssumeRole")
EXPIRED = ClientError({"Error": {"Code": "ExpiredToken", "Message": "The security token has expired"}}, "X")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(failures.NoCredentialsError(), "Unable to locate credentials", id="no-credentials"),
        pytest.param(failures.UnauthorizedSSOTokenError(), "aws sso login", id="sso"),
        pytest.param(EXPIRED, "renew the credentials", id="expired"),
        pytest.param(ROLE_DENIED, "trust policy", id="role"),
        pytest.param(
            failures.EndpointConnectionError(endpoint_url="https://sts.nowhere.invalid/"), "nowhere", id="endpoint"
        ),
        pytest.param(
            failures.SSLError(endpoint_url="https://sts", error=OSError("self-signed")), "self-signed", id="certificate"
        ),
    ],
)
def test_fails_in_preview_with_one_line_that_fits_a_first_run(
    host: DynamicHost, thing: ThingLifecycle, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    warned: list[str] = []
    monkeypatch.setattr(engine, "log", lambda urn, text, **_: warned.append(text))
    fails_account(monkeypatch, error)
    ((path, reason),) = problems(host, bag())
    assert path == ""
    assert words in reason
    assert "\n" not in reason
    assert "resume" not in reason
    thing.preflight_error = error
    monkeypatch.setattr(AwsConnection, "account_id", HERE)
    assert problems(host, bag()) == [(path, reason)]
    thing.source_error = error
    with pytest.raises(type(error)):
        host.diff("thing-1", bag(), bag())
    assert warned == [text for text in warned if text.startswith("Traceback")]


def test_a_service_that_is_not_in_the_region_is_named_with_its_regions(
    host: DynamicHost, thing: ThingLifecycle
) -> None:
    url = "https://workspaces.eu-north-1.amazonaws.com/"
    thing.preflight_error = failures.EndpointConnectionError(endpoint_url=url)
    ((_, reason),) = problems(host, bag())
    assert url in reason
    assert "workspaces is not available in eu-north-1" in reason
    assert "eu-west-1" in reason


def test_fails_for_an_unknown_profile_at_the_input(host: DynamicHost) -> None:
    news = bag(profile="wbe")
    del news["region"]
    ((path, reason),) = problems(host, news)
    assert path == "profile"
    assert "wbe" in reason


@pytest.mark.parametrize(("name", "shown"), [("profile",) * 2, ("assumeRoleArn", "assume_role_arn"), ("region",) * 2])
@pytest.mark.parametrize("value", [5.0, ["web"], {"a": "b"}, True], ids=["number", "list", "object", "flag"])
def test_fails_for_an_input_of_the_wrong_type(host: DynamicHost, name: str, shown: str, value: Any) -> None:
    ((path, reason),) = problems(host, bag(**{name: value}))
    assert path == shown
    assert reason.startswith("expected a string, got ")


def test_fails_with_every_problem_of_the_configuration(thing: ThingLifecycle) -> None:
    found = problems(configured(thing, useFipsEndpoint="maybe", colour="red"), bag(size="x"))
    assert [path for path, _ in found] == ["size", "", ""]
    assert "aws:colour" in found[1][1]
    assert "aws:useFipsEndpoint" in found[2][1]


def test_fails_for_a_destroy_with_an_invalid_configuration(thing: ThingLifecycle, monkeypatch: Any) -> None:
    monkeypatch.undo()
    with pytest.raises(Exception, match="aws:colour"):
        configured(thing, colour="red").delete("thing-1", bag())
    assert thing.calls == []


def test_an_explicit_provider_replaces_the_configuration_of_the_stack(thing: ThingLifecycle) -> None:
    host = configured(thing, region="eu-west-1", profile="stack")
    news = bag(awsProvider={"region": "us-east-1"})
    del news["region"]
    checked = host.check({}, news)
    assert (checked.failures, checked.inputs["region"]) == ([], "us-east-1")
    created = host.create(checked.inputs)
    assert (created.outs or {})["awsProvider"] == {"region": "us-east-1"}
    host.delete("thing-2", {**(created.outs or {}), "__provider": "p"})  # without the program
    assert thing.regions == ["us-east-1", "us-east-1"]


def test_the_region_of_a_resource_takes_precedence_over_that_of_its_provider(thing: ThingLifecycle) -> None:
    news = bag(awsProvider={"region": "us-east-1"})
    assert configured(thing).check({}, news).inputs["region"] == "eu-west-1"


def test_an_explicit_provider_that_is_not_known_yet_is_not_judged(
    host: DynamicHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_account(monkeypatch, AssertionError("was looked up"))
    unknown = pulumi.output.Unknown()  # type: ignore[no-untyped-call]
    news = bag(awsProvider={"region": unknown, "secretKey": "s", "accessKey": "k"})
    del news["region"]
    checked = host.check({}, news)
    assert checked.failures == []
    assert isinstance(checked.inputs["region"], pulumi.output.Unknown)
    assert host.diff("thing-1", bag(), {**news, "region": "eu-west-1"}).changes is True


def test_fails_for_a_setting_of_an_explicit_provider_that_is_not_supported(host: DynamicHost) -> None:
    ((path, reason),) = problems(host, bag(awsProvider={"region": "us-east-1", "quantum": "on"}))
    assert path == ""
    assert "quantum of the explicit aws.Provider" in reason


def test_other_keys_of_an_explicit_provider_are_no_difference(host: DynamicHost) -> None:
    old, new = ({"region": "us-east-1", "accessKey": key, "secretKey": "s", "token": "t"} for key in ("A", "B"))
    assert host.diff("thing-1", bag(awsProvider=old), bag(awsProvider=new)).changes is False
    assert host.diff("thing-1", bag(awsProvider=old), bag(awsProvider={**new, "stsRegion": "x"})).changes is True
    assert host.diff("thing-1", bag(awsProvider=old), bag()).changes is True


def test_default_tags_are_added_to_the_tags_of_a_resource(thing: ThingLifecycle) -> None:
    host = configured(thing, defaultTags='{"tags": {"team": "a", "stage": "dev"}}')
    assert host.check({}, bag(tags={"team": "b"})).inputs["tags"] == {"team": "b", "stage": "dev"}
    assert host.check({}, bag()).inputs["tags"] == {"team": "a", "stage": "dev"}


def test_ignored_tags_are_no_drift(thing: ThingLifecycle) -> None:
    host = configured(thing, ignoreTags='{"keys": ["owner"], "keyPrefixes": ["cost:"]}')
    thing.live_tags = {"owner": "x", "cost:center": "1", "cost:kept": "2", "new": "3"}
    read = host.read("thing-1", bag(tags={"cost:kept": "2"}))
    assert (read.inputs or {})["tags"] == {"cost:kept": "2", "new": "3"}
