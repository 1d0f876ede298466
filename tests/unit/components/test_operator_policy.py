"""OperatorPolicy: the document, the managed policy and the checks of the arguments."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.aws.iam.policy_conditions import as_list
from pulumi_vmimport.aws.permissions.operator_statements import MANAGED_POLICY_CHARACTERS
from pulumi_vmimport.components.operator_kinds import operator_kinds
from pulumi_vmimport.components.operator_policy import OperatorPolicy
from pulumi_vmimport.lifecycle.contract import UNKNOWN

ARN = "arn:aws:iam::123456789012:policy/pipeline"
GET_POLICY = "aws:iam/getPolicy:getPolicy"
IMAGE = {"resources": ["ImportImage"], "buckets": ["images-of-web/ova/"]}


def outputs(args: Any) -> dict[str, Any]:
    made = OperatorPolicy("pipeline", args)
    return {"policy": made.policy, "arn": made.policy_arn}


def all_outputs(args: Any) -> dict[str, Any]:
    made = OperatorPolicy("pipeline", args)
    return {"policy": made.policy, "policies": made.policies, "arns": made.policy_arns}


@pytest.fixture
def world(world: Any) -> Any:
    world.answers[GET_POLICY] = "reading IAM policy: couldn't find resource"
    world.states["aws:iam/policy:Policy"] = lambda inputs: {"arn": f"arn:aws:iam::123456789012:policy/{inputs['name']}"}
    return world


def resources_of(document: str, action: str) -> list[str]:
    return [
        arn
        for statement in json.loads(document)["Statement"]
        if action in as_list(statement["Action"])
        for arn in as_list(statement["Resource"])
    ]


def test_the_policy_is_limited_to_the_account_region_and_partition_of_the_provider(world: Any) -> None:
    world.region, world.partition, world.account_id = "cn-north-1", "aws-cn", "210987654321"
    found = world.deploy(lambda: outputs(IMAGE))
    assert found["arn"] is None
    assert resources_of(found["policy"], "s3:GetObject") == ["arn:aws-cn:s3:::images-of-web/ova/*"]
    assert resources_of(found["policy"], "iam:PassRole") == ["arn:aws-cn:iam::210987654321:role/vmimport"]
    task = "arn:aws-cn:ec2:cn-north-1:210987654321:import-image-task/*"
    assert resources_of(found["policy"], "ec2:CancelImportTask") == [task]
    assert world.resources == []


def test_the_policy_of_a_component_allows_what_its_resources_need(world: Any) -> None:
    args = {"resources": ["ByolWorkspaceImage"], "buckets": ["line-bucket-*"], "role_names": ["vmimport-shop-dev-line"]}
    policy = world.deploy(lambda: outputs(args))["policy"]
    role = "arn:aws:iam::123456789012:role/vmimport-shop-dev-line"
    for action, resource in {
        "iam:CreateRole": role,
        "iam:PassRole": role,
        "iam:SimulatePrincipalPolicy": role,
        "s3:CreateBucket": "arn:aws:s3:::line-bucket-*",
        "s3:PutObject": "arn:aws:s3:::line-bucket-*/*",
        "ec2:CopyImage": "arn:aws:ec2:eu-west-1::image/*",
        "workspaces:ImportWorkspaceImage": "*",
    }.items():
        assert resource in resources_of(policy, action), action


def test_a_managed_policy_is_created_on_request_and_attached(world: Any) -> None:
    args = {**IMAGE, "policy_name": "pipeline", "attach_to_roles": ["ci"], "attach_to_users": ["ops"]}
    found = world.deploy(lambda: outputs({**args, "tags": {"team": "blue"}}))
    assert found["arn"] == ARN
    assert world.tokens == {
        "pipeline": "aws:iam/policy:Policy",
        "pipeline-role-ci": "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "pipeline-user-ops": "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    }
    assert world.inputs("pipeline")["policy"] == found["policy"]
    assert world.inputs("pipeline")["tags"]["team"] == "blue"
    assert world.inputs("pipeline-role-ci") == {"role": "ci", "policyArn": ARN}
    assert world.inputs("pipeline-user-ops") == {"user": "ops", "policyArn": ARN}


def test_the_preset_is_the_policy_of_the_guide(world: Any) -> None:
    policy = world.deploy(lambda: outputs({"preset": "vm_import_export_guide", "buckets": ["mys3bucket"]}))["policy"]
    s3, ec2 = json.loads(policy)["Statement"]
    assert s3["Resource"] == ["arn:aws:s3:::mys3bucket", "arn:aws:s3:::mys3bucket/*"]
    assert ("ec2:ImportImage" in ec2["Action"], ec2["Resource"]) == (True, "*")


@pytest.mark.parametrize(
    ("args", "problems"),
    [
        ({}, {"resources": "expected either resources or preset, got neither"}),
        ({**IMAGE, "preset": "vm_import_export_guide"}, {"resources": "expected either resources or preset, got both"}),
        ({"resources": []}, {"resources": "expected the names of resources and components, got none"}),
        ({"preset": "vm_import_export_guide"}, {"buckets": "expected the buckets of the images, got none"}),
        (
            {"preset": "vm_import_export_guide", "buckets": ["a-b"], "role_names": ["r"], "regions": ["eu-west-1"]},
            {"role_names": "no effect with preset", "regions": "no effect with preset"},
        ),
        ({"resources": ["ImportImage"]}, {"buckets": "expected the buckets that ImportImage may use, got none"}),
        ({**IMAGE, "resources": ["ImportImages"]}, {"resources[0]": "got 'ImportImages'"}),
        ({**IMAGE, "buckets": ["Images"]}, {"buckets[0]": "expected the name of a bucket, or bucket/prefix, got 'Images'"}),
        ({**IMAGE, "role_names": ["no good"]}, {"role_names[0]": "got 'no good'"}),
        ({**IMAGE, "role_names": ["arn:aws:iam::1:role/web"]}, {"role_names[0]": "the name of a role, not its ARN, got 'arn:"}),
        ({**IMAGE, "kms_key_arns": ["alias/x"]}, {"kms_key_arns[0]": "not of an alias, got 'alias/x'"}),
        ({**IMAGE, "regions": ["Ireland"]}, {"regions[0]": "got 'Ireland'"}),
        ({**IMAGE, "policy_name": "a b"}, {"policy_name": "got 'a b'"}),
        (
            {**IMAGE, "attach_to_roles": ["ci"], "attach_to_users": ["ops"], "tags": {"a": "b"}},
            dict.fromkeys(("attach_to_roles", "attach_to_users", "tags"), "no effect without policy_name"),
        ),
        ({**IMAGE, "policy_name": "p", "tags": {"vmimport:x": "y"}}, {"tags.vmimport:x": "does not start with"}),
        ({**IMAGE, "policy_name": "p", "attach_to_roles": ["a/b"]}, {"attach_to_roles[0]": "without its path"}),
    ],
)  # fmt: skip
def test_fails_with_every_problem(world: Any, args: dict[str, Any], problems: dict[str, str]) -> None:
    found = world.problems(lambda: outputs(args))
    assert found.keys() == problems.keys()
    assert [part for path, part in problems.items() if part not in found[path]] == []


def everything() -> dict[str, Any]:
    return {"resources": sorted(operator_kinds()), "buckets": ["images-of-web", "exports-of-web"]}


def permissions(documents: list[str]) -> set[tuple[str, str, str]]:
    """Each action with its resource and condition."""
    return {
        (action, arn, json.dumps(statement.get("Condition")))
        for document in documents
        for statement in json.loads(document)["Statement"]
        for action in as_list(statement["Action"])
        for arn in as_list(statement["Resource"])
    }


def test_a_policy_that_is_too_large_is_split_into_managed_policies_that_are_all_attached(world: Any) -> None:
    args = {**everything(), "policy_name": "pipeline", "attach_to_roles": ["ci"]}
    found = world.deploy(lambda: all_outputs(args))
    assert world.tokens == {
        "pipeline": "aws:iam/policy:Policy",
        "pipeline-role-ci": "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "pipeline-policy-2": "aws:iam/policy:Policy",
        "pipeline-policy-2-role-ci": "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    }
    assert [world.inputs(name)["name"] for name in ("pipeline", "pipeline-policy-2")] == ["pipeline", "pipeline-2"]
    documents = [world.inputs(name)["policy"] for name in ("pipeline", "pipeline-policy-2")]
    assert documents == found["policies"]
    assert all(len("".join(document.split())) <= MANAGED_POLICY_CHARACTERS for document in documents)
    assert permissions(documents) == permissions([found["policy"]])
    assert found["arns"] == [ARN, f"{ARN}-2"]


def test_a_policy_that_fits_is_one_managed_policy(world: Any) -> None:
    found = world.deploy(lambda: all_outputs({**IMAGE, "policy_name": "pipeline"}))
    assert found["policies"] == [found["policy"]]
    assert found["arns"] == [ARN]


def test_documents_alone_are_split_as_well(world: Any, warnings: list[str]) -> None:
    found = world.deploy(lambda: all_outputs(everything()))
    assert len("".join(found["policy"].split())) > MANAGED_POLICY_CHARACTERS
    assert permissions(found["policies"]) == permissions([found["policy"]])
    assert (len(found["policies"]), found["arns"], warnings) == (2, [], [])


def test_fails_in_preview_for_a_statement_that_cannot_be_split_and_for_the_name_of_the_last_policy(world: Any) -> None:
    world.preview = True
    long = {"resources": sorted(operator_kinds()), "buckets": [f"images-of-web/{'x' * MANAGED_POLICY_CHARACTERS}"]}
    found = world.problems(lambda: outputs({**long, "policy_name": "p" * 127}))
    assert f"IAM accepts {MANAGED_POLICY_CHARACTERS} in a managed policy; shorten the names" in found["buckets"]
    assert "has more than 128 characters; shorten policy_name" in found["policy_name"]


def test_more_policies_than_a_role_can_have_are_a_warning(world: Any, warnings: list[str]) -> None:
    buckets = [f"{'images-of-web' * 4}-{number}" for number in range(400)]
    found = world.deploy(lambda: all_outputs({"resources": ["ImportImage"], "buckets": buckets}))
    assert all(len("".join(document.split())) <= MANAGED_POLICY_CHARACTERS for document in found["policies"])
    assert permissions(found["policies"]) == permissions([found["policy"]])
    (warning,) = warnings
    assert f"is split into {len(found['policies'])} managed policies, and the default quota" in warning


def test_a_name_that_preview_does_not_know_is_not_judged(world: Any, unknown: Callable[[], Any]) -> None:
    world.preview = True
    found = world.deploy(lambda: outputs({"resources": ["ImportImage"], "buckets": [unknown()]}))
    assert found["policy"] is UNKNOWN


def test_a_policy_of_a_killed_run_is_imported_and_another_is_not(world: Any) -> None:
    args = {**IMAGE, "policy_name": "pipeline"}
    world.deploy(lambda: outputs(args))
    assert not world.resources[0].resource_id
    tags = world.inputs("pipeline")["tags"]
    for found, imported in ((tags, ARN), ({"team": "other"}, "")):
        world.resources.clear()
        world.answers[GET_POLICY] = {"arn": ARN, "tags": found}
        world.deploy(lambda: outputs(args))
        assert (world.resources[0].resource_id or "") == imported


def test_outputs_are_accepted_as_names(world: Any) -> None:
    bucket = "images-of-web"
    found = world.deploy(lambda: outputs({**IMAGE, "buckets": [pulumi.Output.from_input(bucket)]}))
    assert resources_of(found["policy"], "s3:ListBucket") == ["arn:aws:s3:::images-of-web"]
