import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.aws.iam.iam_documents import document_hash
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG
from pulumi_vmimport.resources.iam.role_readiness import RoleReadinessInputs, RoleReadinessState
from pulumi_vmimport.resources.iam.role_readiness_lifecycle import RoleReadinessLifecycle

lifecycle = RoleReadinessLifecycle()
TRUST, POLICY = iam_documents.trust_policy(), iam_documents.role_policy(import_buckets=["images"])
OWN = "0123456789abcdef0123456789abcdef"
INPUTS = RoleReadinessInputs(
    region="eu-west-1",
    role_name="vmimport",
    owner=OWN,
    trust_hash=document_hash(TRUST),
    policy_hash=document_hash(POLICY),
)
ADOPTING = RoleReadinessInputs(region="eu-west-1", role_name="vmimport", owner=OWN, adopt=True)


@dataclass
class Pace:
    """Counts what a lifecycle waits for, and lets things happen meanwhile."""

    seconds: list[float] = field(default_factory=list)
    events: dict[int, Callable[[], Any]] = field(default_factory=dict)

    def wait(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.events.get(len(self.seconds), lambda: None)()


@pytest.fixture
def pace() -> Pace:
    return Pace()


@pytest.fixture
def run(new_run: Callable[..., Any], pace: Pace) -> Any:
    made = new_run(poll_seconds=15.0)
    made.wait = pace.wait
    return made


@pytest.fixture
def write(aws: Any) -> Callable[..., str]:
    """Makes a role; returns its ARN."""

    def write(
        trust: Mapping[str, Any] = TRUST, policy: Mapping[str, Any] | None = POLICY, owner: str | None = OWN
    ) -> str:
        iam = aws.observer("iam")
        tags = [{"Key": IDENTITY_TAG, "Value": owner}] if owner else []
        role = iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=json.dumps(trust), Tags=tags)
        if policy is not None:
            put_policy(aws, policy)
        return str(role["Role"]["Arn"])

    return write


def put_policy(aws: Any, policy: Mapping[str, Any]) -> None:
    aws.observer("iam").put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=json.dumps(policy))


def found(run: Any, inputs: RoleReadinessInputs) -> list[tuple[str, str]]:
    return [(p.path, p.reason) for p in lifecycle.preflight(run, inputs)]


def test_create_waits_until_a_new_role_is_ten_seconds_old(run: Any, write: Callable[..., str], pace: Pace) -> None:
    arn = write()
    created = lifecycle.create(run, INPUTS)
    assert created.id == "vmimport"
    assert created.state == RoleReadinessState(**vars(INPUTS), role_arn=arn)
    assert set(pace.seconds) == {2.0}
    assert 8 <= sum(pace.seconds) <= 10
    assert run.texts[0] == "waiting for IAM to propagate role vmimport"


@pytest.mark.parametrize(("seconds", "waits"), [(0, 0), (3, 2), (60, 30)])
def test_the_propagation_time_is_an_input(
    run: Any, write: Callable[..., str], pace: Pace, seconds: int, waits: int
) -> None:
    write()
    lifecycle.create(run, replace(INPUTS, propagation_seconds=seconds))
    assert waits - 1 <= len(pace.seconds) <= waits


def test_the_wait_is_shorter_for_a_short_polling_interval(run: Any, write: Callable[..., str], pace: Pace) -> None:
    write()
    run.poll_seconds = 0.5
    lifecycle.create(run, INPUTS)
    assert sum(pace.seconds) <= 2.5


def test_create_does_not_wait_for_an_old_role(
    run: Any, write: Callable[..., str], pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    tomorrow = type("Tomorrow", (), {"now": staticmethod(lambda zone: datetime.now(zone) + timedelta(days=1))})
    monkeypatch.setattr("pulumi_vmimport.resources.iam.role_readiness_lifecycle.datetime", tomorrow)
    lifecycle.create(run, INPUTS)
    assert pace.seconds == []


def test_only_consecutive_reads_count(aws: Any, run: Any, write: Callable[..., str], pace: Pace) -> None:
    write()
    other = iam_documents.role_policy(import_buckets=["others"])
    pace.events = {2: lambda: put_policy(aws, other), 30: lambda: put_policy(aws, POLICY)}
    lifecycle.create(run, replace(INPUTS, propagation_seconds=5))
    assert len(pace.seconds) == 32  # the third look of those that began with the thirtieth wait


def test_create_waits_for_a_role_that_iam_does_not_return_yet(run: Any, write: Callable[..., str], pace: Pace) -> None:
    pace.events = {3: write}
    assert lifecycle.create(run, INPUTS).state.role_arn is not None
    assert len(pace.seconds) > 3


def test_fails_when_another_owner_changes_the_role(
    run: Any, write: Callable[..., str], pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi_vmimport.resources.iam.role_readiness_lifecycle._LONGEST_PAUSE_SECONDS", 15.0)
    write(policy=iam_documents.role_policy(import_buckets=["others"]))
    with pytest.raises(CleanFailureError, match=r"'vmimport' or its policy still differs .* after 5 minutes"):
        lifecycle.create(run, INPUTS)
    assert sum(pace.seconds) == 300


def test_update_waits_for_a_change_of_an_old_role(aws: Any, run: Any, write: Callable[..., str], pace: Pace) -> None:
    state = RoleReadinessState(**vars(INPUTS), role_arn=write())
    changed = iam_documents.role_policy(import_buckets=["images", "more"])
    pace.events = {2: lambda: put_policy(aws, changed)}
    news = replace(INPUTS, policy_hash=document_hash(changed))
    assert lifecycle.update(run, "vmimport", state, news) == RoleReadinessState(**vars(news), role_arn=state.role_arn)
    assert sum(pace.seconds) == 10


def test_update_does_not_wait_for_a_change_of_owner_or_propagation_time(run: Any, pace: Pace) -> None:
    state = RoleReadinessState(**vars(INPUTS), role_arn="arn")
    news = replace(INPUTS, owner="f" * 32, propagation_seconds=60)
    assert lifecycle.update(run, "vmimport", state, news) == RoleReadinessState(**vars(news), role_arn="arn")
    assert pace.seconds == []


def test_a_missing_or_own_role_is_not_a_problem(run: Any, write: Callable[..., str]) -> None:
    assert found(run, INPUTS) == []
    write()
    assert found(run, INPUTS) == []


@pytest.mark.parametrize("owner", [None, "f" * 32])
def test_fails_in_preview_for_a_role_of_another_owner(run: Any, write: Callable[..., str], owner: str | None) -> None:
    write(owner=owner)
    ((path, reason),) = found(run, INPUTS)
    assert path == "roleName"
    assert "does not overwrite a role that it did not create; to use the role as it is, set adopt=True" in reason
    assert "set another role_name" in reason
    with pytest.raises(CleanFailureError, match="does not overwrite"):
        lifecycle.create(run, INPUTS)


@pytest.mark.parametrize("owner", [OWN, None])
def test_an_adopted_role_with_all_permissions_is_ready(run: Any, write: Callable[..., str], owner: str | None) -> None:
    arn = write(owner=None)
    inputs = replace(ADOPTING, import_buckets=("images",))
    assert found(run, inputs) == []
    assert lifecycle.create(run, inputs).state.role_arn == arn


def test_fails_in_preview_when_there_is_no_role_to_adopt(run: Any) -> None:
    assert found(run, ADOPTING) == [
        ("roleName", "role 'vmimport' does not exist in account 123456789012; remove adopt to create it")
    ]


def test_fails_with_the_trust_statement_that_an_adopted_role_lacks(run: Any, write: Callable[..., str]) -> None:
    other = {
        "Version": "2012-10-17",
        "Statement": [{**TRUST["Statement"][0], "Principal": {"Service": "ec2.amazonaws.com"}}],
    }
    write(trust=other, owner=None)
    ((path, reason),) = found(run, ADOPTING)
    assert path == "roleName"
    assert reason.endswith(f"add to its trust policy: {json.dumps(TRUST['Statement'][0])}")


@pytest.mark.parametrize(
    ("wanted", "clauses"),
    [
        pytest.param(
            {"import_buckets": ("more",)},
            "s3:GetBucketLocation on arn:aws:s3:::more, s3:GetObject on arn:aws:s3:::more/*, "
            "s3:ListBucket on arn:aws:s3:::more",
            id="import",
        ),
        pytest.param(
            {"export_buckets": ("images",)},
            "s3:PutObject on arn:aws:s3:::images/*, s3:GetBucketAcl on arn:aws:s3:::images",
            id="export",
        ),
        pytest.param({"kms_key_arns": ("arn:key",)}, "kms:CreateGrant on arn:key, kms:Decrypt on arn:key", id="kms"),
        pytest.param({"license_manager": True}, "license-manager:GetLicenseConfiguration on *", id="license-manager"),
    ],
)  # fmt: skip
def test_fails_with_the_statement_that_an_adopted_role_lacks(
    run: Any, write: Callable[..., str], wanted: dict[str, Any], clauses: str
) -> None:
    write(owner=None)
    ((path, reason),) = found(run, replace(ADOPTING, **wanted))
    assert path == "roleName"
    assert reason.startswith(f"role 'vmimport' lacks {clauses}")
    asked = iam_documents.role_policy(**{"import_buckets": (), **wanted})["Statement"]
    assert any(reason.endswith(f"add to its policies: {json.dumps(statement)}") for statement in asked)


def test_fails_with_everything_an_adopted_role_lacks(run: Any, write: Callable[..., str]) -> None:
    write(policy=None, owner=None)
    inputs = replace(ADOPTING, import_buckets=("images",), license_manager=True)
    assert [reason.split(" on ")[0] for _, reason in found(run, inputs)] == [
        "role 'vmimport' lacks s3:GetBucketLocation",
        "role 'vmimport' lacks ec2:ModifySnapshotAttribute",
        "role 'vmimport' lacks license-manager:GetLicenseConfiguration",
    ]
    with pytest.raises(CleanFailureError, match="lacks s3:GetBucketLocation"):
        lifecycle.create(run, inputs)


def test_fails_when_a_component_adopts_the_role_that_it_created(run: Any, write: Callable[..., str]) -> None:
    write()
    ((path, reason),) = found(run, ADOPTING)
    assert path == "adopt"
    assert "created role 'vmimport' and would delete it" in reason


def test_fails_with_the_credentials_of_another_account(run: Any, write: Callable[..., str]) -> None:
    write()
    inputs = replace(INPUTS, account_id="210987654321")
    ((path, reason),) = found(run, inputs)
    assert path == "accountId"
    assert "expected account 210987654321" in reason
    assert "got 123456789012" in reason
    with pytest.raises(CleanFailureError, match="expected account 210987654321"):
        lifecycle.create(run, inputs)
    with pytest.raises(CleanFailureError, match="expected account 210987654321"):  # and not: the role is gone
        lifecycle.read(run, "vmimport", RoleReadinessState(**vars(inputs)))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"role_name": UNKNOWN}, id="name"),
        pytest.param({"owner": UNKNOWN, "account_id": UNKNOWN}, id="owner"),
        pytest.param({"adopt": UNKNOWN}, id="adopt"),
        pytest.param({"adopt": True, "import_buckets": UNKNOWN, "kms_key_arns": (UNKNOWN,)}, id="buckets"),
    ],
)
def test_unknown_inputs_of_preview_are_not_checked(run: Any, write: Callable[..., str], values: dict[str, Any]) -> None:
    write(owner=None)
    assert found(run, replace(INPUTS, **values)) == []


def test_read_returns_none_for_a_deleted_role(aws: Any, run: Any, write: Callable[..., str]) -> None:
    state = RoleReadinessState(**vars(INPUTS), role_arn="old")
    assert lifecycle.read(run, "vmimport", state) is None
    arn = write()
    assert lifecycle.read(run, "vmimport", state) == replace(state, role_arn=arn)


def test_fails_to_read_a_role_without_permission(aws: Any, run: Any, write: Callable[..., str]) -> None:
    write()
    aws.faults.deny("GetRole")
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.read(run, "vmimport", RoleReadinessState(**vars(INPUTS)))


def test_delete_keeps_the_role(aws: Any, run: Any, write: Callable[..., str]) -> None:
    write()
    state = RoleReadinessState(**vars(INPUTS))
    lifecycle.delete(run, "vmimport", state)
    lifecycle.delete(run, "vmimport", state)
    assert lifecycle.read(run, "vmimport", state) is not None


def test_the_hash_of_a_document_ignores_the_order_of_keys() -> None:
    assert document_hash({"a": 1, "b": [2]}) == document_hash({"b": [2], "a": 1})
    assert document_hash(TRUST) != document_hash(POLICY)
