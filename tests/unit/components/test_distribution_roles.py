"""The roles for distributions: documents as in AWS's guide, and no more than the arguments ask for."""

import json
from typing import Any

import pytest

from pulumi_vmimport.components.cross_account_distribution_role import CrossAccountDistributionRole
from pulumi_vmimport.components.distribution_execution_role import DistributionExecutionRole

READINESS = "pulumi-python:dynamic/vmimport:RoleReadiness"
NAME = "EC2ImageBuilderDistributionCrossAccountRole"
OWN, SOURCE = "123456789012", "210987654321"
KEY = f"arn:aws:kms:eu-west-1:{SOURCE}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/Ec2ImageBuilderCrossAccountDistributionAccess.html
MANAGED = """
[{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"arn:aws:ec2:*::image/*"},
 {"Effect":"Allow","Action":["ec2:DescribeImages","ec2:CopyImage","ec2:ModifyImageAttribute"],"Resource":"*"}]
"""


@pytest.fixture
def world(world: Any) -> Any:
    world.states["aws:iam/role:Role"] = lambda inputs: {"arn": f"arn:aws:iam::{OWN}:role/{inputs['name']}"}
    world.states[READINESS] = lambda inputs: {"roleArn": f"arn:aws:iam::{OWN}:role/{inputs['roleName']}"}
    return world


def target(args: Any) -> dict[str, Any]:
    made = CrossAccountDistributionRole("target", args)
    return {"role_name": made.role_name, "role_arn": made.role_arn, "account_id": made.account_id}


def executor(args: Any) -> dict[str, Any]:
    made = DistributionExecutionRole("distributor", args)
    return {"role_name": made.role_name, "role_arn": made.role_arn}


def statements(world: Any, name: str) -> list[Any]:
    found: list[Any] = json.loads(world.inputs(f"{name}-policy")["policy"])["Statement"]
    return found


def allowed(world: Any) -> set[str]:
    return {action for of in statements(world, "distributor") for action in of["Action"]}


def test_the_role_of_a_target_account_is_that_of_the_guide(world: Any) -> None:
    assert world.deploy(lambda: target({"source_account_id": SOURCE})) == {
        "role_name": NAME,
        "role_arn": f"arn:aws:iam::{OWN}:role/{NAME}",
        "account_id": OWN,
    }
    assert world.tokens == {
        "target": "aws:iam/role:Role",
        "target-policy": "aws:iam/rolePolicy:RolePolicy",
        "target-readiness": READINESS,
        "target-removal": "aws:iam/role:Role",
        "target-removal-policy": "aws:iam/rolePolicy:RolePolicy",
        "target-removal-readiness": READINESS,
    }
    assert world.inputs("target")["name"] == NAME
    trust = json.loads(world.inputs("target")["assumeRolePolicy"])
    assert trust["Statement"] == [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{SOURCE}:root"}, "Action": "sts:AssumeRole"}
    ]
    assert statements(world, "target") == json.loads(MANAGED)


def test_a_target_account_has_the_role_with_which_image_builder_removes_its_amis_unless_it_is_declined(
    world: Any,
) -> None:
    world.deploy(lambda: target({"source_account_id": SOURCE}))
    assert world.inputs("target-removal")["name"] == "Ec2ImageBuilderCrossAccountLifecycleAccess"
    (trust,) = json.loads(world.inputs("target-removal")["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "imagebuilder.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": SOURCE}}
    _, removal = statements(world, "target-removal")
    assert removal["Condition"] == {"StringEquals": {"aws:ResourceTag/CreatedBy": "EC2 Image Builder"}}
    world.resources.clear()
    world.deploy(lambda: target({"source_account_id": SOURCE, "removal": False}))
    assert "target-removal" not in world.tokens


def test_launch_templates_of_a_target_account_are_changed_only_with_the_tag_of_image_builder(world: Any) -> None:
    world.deploy(lambda: target({"source_account_id": SOURCE, "launch_templates": True}))
    templates, tag = f"arn:aws:ec2:*:{OWN}:launch-template/*", "CreatedBy"
    assert statements(world, "target")[2:] == [
        {"Effect": "Allow", "Action": ["ec2:DescribeLaunchTemplates"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"],
            "Resource": templates,
            "Condition": {"StringEquals": {f"aws:ResourceTag/{tag}": "EC2 Image Builder"}},
        },
        {
            "Effect": "Allow",
            "Action": ["ec2:CreateTags"],
            "Resource": templates,
            "Condition": {"StringEquals": {f"aws:RequestTag/{tag}": "EC2 Image Builder"}},
        },
    ]


def test_keys_and_parameters_of_a_target_account_are_named(world: Any) -> None:
    args = {"source_account_id": SOURCE, "kms_key_arns": [KEY], "ssm_parameter_names": ["/imagebuilder/web"]}
    world.deploy(lambda: target(args))
    keys, grants, parameters = statements(world, "target")[2:]
    assert (keys["Resource"], grants["Resource"]) == ([KEY], [KEY])
    assert "kms:Decrypt" in keys["Action"]
    assert grants["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}
    assert parameters["Resource"] == [f"arn:aws:ssm:*:{OWN}:parameter/imagebuilder/web"]


@pytest.mark.parametrize(
    ("partition", "service"), [("aws-us-gov", "ec2.*.amazonaws.com"), ("aws-cn", "ec2.*.amazonaws.com.cn")]
)
def test_keys_are_used_through_ec2_of_the_partition(world: Any, partition: str, service: str) -> None:
    world.partition = partition
    key = KEY.replace("arn:aws:", f"arn:{partition}:")
    world.deploy(lambda: target({"source_account_id": SOURCE, "kms_key_arns": [key]}))
    keys, grants = statements(world, "target")[2:]
    assert keys["Condition"]["StringLike"] == grants["Condition"]["StringLike"] == {"kms:ViaService": service}


def test_the_arns_have_the_partition_of_the_provider(world: Any) -> None:
    world.partition = "aws-us-gov"
    world.deploy(lambda: target({"source_account_id": SOURCE, "launch_templates": True}))
    world.deploy(lambda: executor({"target_account_ids": [SOURCE], "export_role_name": "vmimport"}))
    documents = [*(r.inputs.get("policy", "") for r in world.resources), world.inputs("target")["assumeRolePolicy"]]
    assert '"arn:aws-us-gov:' in "".join(documents)
    assert '"arn:aws:' not in "".join(documents)


def test_the_execution_role_trusts_image_builder_for_this_account_only(world: Any) -> None:
    made = world.deploy(lambda: executor({}))
    assert made["role_name"] == "distribution-shop-dev-distributor"
    (trust,) = json.loads(world.inputs("distributor")["assumeRolePolicy"])["Statement"]
    assert trust == {
        "Effect": "Allow",
        "Principal": {"Service": "imagebuilder.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": OWN}},
    }


def test_the_execution_role_removes_only_what_image_builder_created(world: Any) -> None:
    world.deploy(lambda: executor({}))
    (removal,) = [of for of in statements(world, "distributor") if "ec2:DeregisterImage" in of["Action"]]
    assert removal["Condition"] == {"StringEquals": {"aws:ResourceTag/CreatedBy": "EC2 Image Builder"}}


def test_only_descriptions_of_the_execution_role_are_for_every_resource(world: Any) -> None:
    uses = {
        "target_account_ids": [SOURCE], "export_role_name": "vmimport", "launch_templates": True, "license_manager": True,
        "fast_launch": True, "kms_key_arns": [KEY], "ssm_parameter_names": ["web"],
    }  # fmt: skip
    world.deploy(lambda: executor(uses))
    of_all = {action for of in statements(world, "distributor") if of["Resource"] == "*" for action in of["Action"]}
    assert {action for action in of_all if not action.startswith("ec2:Describe")} == {
        "license-manager:UpdateLicenseSpecificationsForResource",  # these have no resources
        "tag:GetResources",
    }


@pytest.mark.parametrize(
    ("args", "actions"),
    [
        pytest.param({"target_account_ids": [SOURCE]}, {"sts:AssumeRole", "ec2:ModifySnapshotAttribute"}, id="targets"),
        pytest.param(
            {"export_role_name": "vmimport"}, {"ec2:ExportImage", "ec2:DescribeExportImageTasks", "iam:PassRole"}, id="export"
        ),
        pytest.param({"license_manager": True}, {"license-manager:UpdateLicenseSpecificationsForResource"}, id="licenses"),
        pytest.param({"fast_launch": True}, {"ec2:EnableFastLaunch"}, id="fast-launch"),
        pytest.param({"ssm_parameter_names": ["web"]}, {"ssm:PutParameter"}, id="parameters"),
        pytest.param(
            {"launch_templates": True},
            {"ec2:DescribeLaunchTemplates", "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"},
            id="launch-templates",
        ),
    ],
)  # fmt: skip
def test_each_argument_of_the_execution_role_adds_its_actions(world: Any, args: Any, actions: set[str]) -> None:
    world.deploy(lambda: executor({}))
    without = allowed(world)
    world.resources.clear()
    world.deploy(lambda: executor(args))
    assert allowed(world) - without == actions


def test_the_role_of_exports_is_passed_to_vm_import_export_only(world: Any) -> None:
    world.deploy(lambda: executor({"export_role_name": "vmimport"}))
    (passing,) = [of for of in statements(world, "distributor") if of["Action"] == ["iam:PassRole"]]
    assert passing["Resource"] == f"arn:aws:iam::{OWN}:role/vmimport"
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "vmie.amazonaws.com"}}


@pytest.mark.parametrize(
    ("args", "path", "reason"),
    [
        pytest.param({}, "source_account_id", "is required", id="none"),
        pytest.param({"source_account_id": "1"}, "source_account_id", "expected 12 digits, got '1'", id="short"),
        pytest.param({"source_account_id": OWN}, "source_account_id", "the account of the aws provider", id="own"),
        pytest.param(
            {"source_account_id": SOURCE, "kms_key_arns": ["alias/web"]}, "kms_key_arns[0]", "not of an alias", id="key"
        ),
        pytest.param(
            {"source_account_id": SOURCE, "permissions_boundary": "b"}, "permissions_boundary", "ARN of a policy",
            id="boundary",
        ),
        pytest.param({"source_account_id": SOURCE, "tags": {"aws:x": "y"}}, "tags.aws:x", "aws:", id="tags"),
        pytest.param({"source_account_id": SOURCE, "propagation_seconds": -1}, "propagation_seconds", "0", id="seconds"),
    ],
)  # fmt: skip
def test_fails_with_the_argument_and_what_is_expected(world: Any, args: Any, path: str, reason: str) -> None:
    found = world.problems(lambda: target(args))
    assert list(found) == [path]
    assert reason in found[path]


def test_the_execution_role_fails_with_the_argument_and_what_is_expected(world: Any) -> None:
    args = {"role_name": "a b", "target_account_ids": ["1"], "ssm_parameter_names": ["a b"], "export_role_name": "x y"}
    assert set(world.problems(lambda: executor(args))) == {
        "role_name", "target_account_ids[0]", "ssm_parameter_names[0]", "export_role_name"
    }  # fmt: skip
