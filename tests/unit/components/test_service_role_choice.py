"""The service role of ByolWorkspaceImage in an account with and without a role vmimport."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.components.byol_workspace_image import ByolWorkspaceImage
from pulumi_vmimport.components.service_role_choice import own_role_name
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, RESOURCE_TAG, STACK_TAG

ROLE, SIMULATION = "aws:iam/getRole:getRole", "aws:iam/getPrincipalPolicySimulation:getPrincipalPolicySimulation"
READINESS = "pulumi-python:dynamic/vmimport:RoleReadiness"
OWN = "vmimport-shop-dev-line"
IMAGE = {"image_name": "win10", "image_description": "Windows 10", "ingestion_process": "BYOL_REGULAR_WSP"}
MACHINE = {**IMAGE, "virtual_machine_uuid": "4206"}
OVA = {**IMAGE, "existing_bucket": "old-images", "ova_key": "ova/web.ova"}


@dataclass
class Account:
    """The roles of the account by name, as their tags or as an error, and what IAM denies of them."""

    world: Any
    roles: dict[str, Mapping[str, str] | str] = field(default_factory=dict)
    trust: Any = field(default_factory=iam_documents.trust_policy)
    denied: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def role(self, args: Mapping[str, Any]) -> Any:
        found = self.roles.get(args["name"], f"reading IAM Role ({args['name']}): couldn't find resource")
        if isinstance(found, str):
            return {}, [("", found)]
        arn = f"arn:aws:iam::123456789012:role/{args['name']}"
        return {"arn": arn, "assumeRolePolicy": json.dumps(self.trust), "tags": found}

    def simulate(self, args: Mapping[str, Any]) -> Any:
        results = [
            {"actionName": action, "resourceArn": resource, "allowed": action not in self.denied}
            for action in args["actionNames"]
            for resource in args["resourceArns"]
        ]
        return {"results": results, "allAllowed": not self.denied}

    def declare(self, args: Any = MACHINE, bucket: Callable[[], Any] | None = None) -> dict[str, Any]:
        """The inputs of the readiness check, and of the role if one is created."""

        def program() -> dict[str, Any]:
            existing: Any = {"existing_bucket": bucket()} if bucket else {}
            all_args: Any = {**args, **existing}
            return {"role": ByolWorkspaceImage("line", all_args).role_name}

        self.world.resources.clear()
        self.notes.clear()
        self.world.deploy(program)
        made = {r.name: r.inputs for r in self.world.resources}
        return {"readiness": made["line-role-readiness"], "role": made.get("line-role")}


@pytest.fixture
def account(world: Any, monkeypatch: pytest.MonkeyPatch) -> Account:
    made = Account(world)
    world.answers |= {ROLE: made.role, SIMULATION: made.simulate}
    old = {"bucket": "old-images", "arn": "arn:aws:s3:::old-images", "bucketRegion": "eu-west-1"}
    world.answers["aws:s3/getBucket:getBucket"] = old
    world.states["aws:s3/bucket:Bucket"] = lambda inputs: {"bucket": "images-1234567", "arn": "arn:aws:s3:::images"}
    world.states["aws:iam/role:Role"] = lambda inputs: {"arn": f"arn:aws:iam::123456789012:role/{inputs['name']}"}
    world.states[READINESS] = lambda inputs: {"roleArn": f"arn:aws:iam::123456789012:role/{inputs['roleName']}"}
    monkeypatch.setattr("pulumi.log.info", lambda text, resource=None: made.notes.append(text))
    return made


def tags_of(stack: str, resource: str = "VmimportRole::line-role") -> dict[str, str]:
    return {IDENTITY_TAG: "0" * 32, STACK_TAG: stack, RESOURCE_TAG: resource}


def created(made: Mapping[str, Any], name: str) -> bool:
    return made["role"] is not None and made["role"]["name"] == name == made["readiness"]["roleName"]


def adopted(made: Mapping[str, Any], name: str) -> bool:
    return made["role"] is None and made["readiness"]["adopt"] is True and made["readiness"]["roleName"] == name


def test_a_role_with_the_name_of_the_stack_is_created_in_an_account_without_one(account: Account) -> None:
    assert created(account.declare(), OWN)
    assert f"creates role '{OWN}', because the account has no role 'vmimport'" in account.notes[0]


@pytest.mark.parametrize("args", [MACHINE, OVA], ids=["machine", "ova"])
def test_a_sufficient_role_of_the_account_is_used_and_never_owned(account: Account, args: dict[str, Any]) -> None:
    account.roles["vmimport"] = {"team": "cloud"}
    assert adopted(account.declare(args), "vmimport")
    assert "uses the account's role 'vmimport'" in account.notes[0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param(
            {"denied": {"s3:GetObject"}}, "lacks s3:GetObject on arn:aws:s3:::old-images/ova/web.ova", id="s3"
        ),
        pytest.param({"denied": {"ec2:CopySnapshot"}}, "lacks ec2:CopySnapshot on *", id="ec2"),
        pytest.param({"trust": {"Statement": []}}, "does not trust vmie.amazonaws.com", id="trust"),
        pytest.param({"roles": {"vmimport": tags_of("shop/prod")}}, "belongs to stack shop/prod", id="another-stack"),
        pytest.param({"roles": {"vmimport": "AccessDenied: GetRole"}}, "AccessDenied: GetRole", id="denied"),
    ],
)
def test_another_role_is_created_when_that_of_the_account_does_not_suffice(
    account: Account, changes: dict[str, Any], reason: str
) -> None:
    account.roles["vmimport"] = {}
    vars(account).update(changes)
    assert created(account.declare(OVA), OWN)
    assert reason in account.notes[0]


def test_a_bucket_that_the_program_does_not_know_is_a_reason_to_create_a_role(account: Account) -> None:
    account.roles["vmimport"] = {}
    assert created(account.declare(OVA, bucket=lambda: pulumi.Output.from_input("old-images")), OWN)
    assert "are not known" in account.notes[0]


def test_the_role_of_the_account_must_be_allowed_to_use_the_key_of_the_image(account: Account) -> None:
    account.roles["vmimport"] = {}
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    encrypted = {**MACHINE, "sse": "aws:kms", "kms_key_id": key}
    assert adopted(account.declare(encrypted), "vmimport")
    account.denied = {"kms:Decrypt"}
    assert created(account.declare(encrypted), OWN)
    assert f"lacks kms:Decrypt on {key}" in account.notes[0]
    assert created(account.declare({**encrypted, "kms_key_id": "alias/images"}), OWN)
    assert "by its ARN" in account.notes[0]


def test_the_choice_stays_the_same_in_later_runs(account: Account) -> None:
    account.roles[OWN] = tags_of("shop/dev")
    assert created(account.declare(), OWN)
    account.roles["vmimport"] = {}  # a sufficient role appears later
    assert created(account.declare(), OWN)
    assert account.notes == []


def test_the_role_of_an_earlier_version_is_kept(account: Account) -> None:
    account.roles["vmimport"] = tags_of("shop/dev")
    assert created(account.declare(), "vmimport")
    assert account.notes == []
    account.roles["vmimport"] = tags_of("shop/dev", "VmimportRole::other-role")
    assert created(account.declare(), OWN)


@pytest.mark.parametrize(
    ("args", "name", "is_adopted"),
    [
        pytest.param({"adopt": True}, "vmimport", True, id="adopt"),
        pytest.param({"adopt": True, "role_name": "of-ops"}, "of-ops", True, id="adopt-by-name"),
        pytest.param({"existing_role_name": "of-ops"}, "of-ops", True, id="existing"),
        pytest.param({"role_name": "mine"}, "mine", False, id="name"),
        pytest.param({"role_name": "mine", "adopt": False}, "mine", False, id="name-and-no"),
        pytest.param({"adopt": False}, OWN, False, id="no"),
    ],
)
def test_arguments_decide_without_a_look_up(
    account: Account, args: dict[str, Any], name: str, is_adopted: bool
) -> None:
    account.roles["vmimport"] = {}
    assert (adopted if is_adopted else created)(account.declare({**MACHINE, **args}), name)
    assert SIMULATION not in [call.token for call in account.world.calls]
    # VmimportRole looks for a role that a killed run left.
    assert [call.args["name"] for call in account.world.calls if call.token == ROLE] == ([] if is_adopted else [name])
    assert account.notes == []


def test_the_export_starts_after_the_check_of_the_role(account: Account) -> None:
    account.world.preview = True  # in preview the outputs of the readiness check are not known

    def program() -> dict[str, Any]:
        args: Any = {**MACHINE, "existing_bucket": "old-images"}
        return {"image": ByolWorkspaceImage("line", args).image_id}

    account.world.deploy(program)
    order = [resource.name for resource in account.world.resources]
    assert order.index("line-role-readiness") < order.index("line-export")


@pytest.mark.parametrize("stack", ["dev", "a" * 80, "dév", "prod-eu"])
def test_names_of_roles_are_valid_and_differ(account: Account, stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi.get_stack", lambda: stack)
    monkeypatch.setattr("pulumi.get_project", lambda: "shop")
    names = [own_role_name(name) for name in ("line", "line-1", "line/1", "x" * 70, "x" * 71)]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 64 and name.isascii() and name.startswith("vmimport-shop-") for name in names)
    monkeypatch.setattr("pulumi.get_project", lambda: "shop-prod")
    monkeypatch.setattr("pulumi.get_stack", lambda: "eu")
    assert own_role_name("line") not in names
