import hashlib
import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.aws.iam.iam_documents import document_hash
from pulumi_vmimport.components.vmimport_role import VmimportRole
from pulumi_vmimport.lifecycle.contract import UNKNOWN

READINESS = "pulumi-python:dynamic/vmimport:RoleReadiness"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
# The documents of https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
TRUST = """
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vmie.amazonaws.com"},
"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:Externalid":"vmimport"}}}]}
"""
POLICY = """
{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Action":["s3:GetBucketLocation","s3:GetObject","s3:ListBucket"],
 "Resource":["arn:aws:s3:::disk-image-file-bucket","arn:aws:s3:::disk-image-file-bucket/*"]},
{"Effect":"Allow","Action":["s3:GetBucketLocation","s3:GetObject","s3:ListBucket","s3:PutObject","s3:GetBucketAcl"],
 "Resource":["arn:aws:s3:::export-bucket","arn:aws:s3:::export-bucket/*"]},
{"Effect":"Allow","Action":["ec2:ModifySnapshotAttribute","ec2:CopySnapshot","ec2:RegisterImage","ec2:Describe*"],
 "Resource":"*"}]}
"""
KMS = """
{"Effect":"Allow","Action":["kms:CreateGrant","kms:Decrypt","kms:DescribeKey","kms:Encrypt","kms:GenerateDataKey*",
"kms:ReEncrypt*"],"Resource":["*"]}
"""
LICENSE_MANAGER = """
{"Effect":"Allow","Action":["license-manager:GetLicenseConfiguration",
"license-manager:UpdateLicenseSpecificationsForResource","license-manager:ListLicenseSpecificationsForResource"],
"Resource":"*"}
"""


def outputs(args: Any) -> dict[str, Any]:
    made = VmimportRole("importer", args)
    return {
        "role_name": made.role_name,
        "role_arn": made.role_arn,
        "source_key_policy_statement": made.source_key_policy_statement,
    }


def compact(document: str) -> str:
    return json.dumps(json.loads(document))


@pytest.fixture
def world(world: Any) -> Any:
    world.states["aws:iam/role:Role"] = lambda inputs: {"arn": f"arn:aws:iam::123456789012:role/{inputs['name']}"}
    world.states[READINESS] = lambda inputs: {"roleArn": f"arn:aws:iam::123456789012:role/{inputs['roleName']}"}
    return world


def test_the_documents_of_the_role_are_those_of_the_guide(world: Any) -> None:
    args = {"import_buckets": ["disk-image-file-bucket"], "export_buckets": ["export-bucket"]}
    assert world.deploy(lambda: outputs(args)) == {
        "role_name": "vmimport",
        "role_arn": "arn:aws:iam::123456789012:role/vmimport",
        "source_key_policy_statement": {
            "Sid": "Allow vmimport to decrypt SSE-KMS key",
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam::123456789012:role/vmimport"]},
            "Action": ["kms:Decrypt"],
            "Resource": "*",
        },
    }
    assert world.components == {"importer": "vmimport:index:VmimportRole"}
    assert world.tokens == {
        "importer": "aws:iam/role:Role",
        "importer-policy": "aws:iam/rolePolicy:RolePolicy",
        "importer-readiness": READINESS,
    }
    assert world.inputs("importer")["name"] == "vmimport"
    assert world.inputs("importer")["assumeRolePolicy"] == compact(TRUST)
    assert world.inputs("importer-policy") == {"name": "vmimport", "role": "vmimport", "policy": compact(POLICY)}


def statements(world: Any, args: dict[str, Any]) -> list[Any]:
    world.deploy(lambda: outputs(args))
    parsed: list[Any] = json.loads(world.inputs("importer-policy")["policy"])["Statement"]
    return parsed


def test_a_role_for_imports_cannot_write_to_any_bucket(world: Any) -> None:
    reads, _, of_ec2 = json.loads(POLICY)["Statement"]
    actions = [s["Action"] for s in statements(world, {"import_buckets": ["images"]})]
    assert actions == [reads["Action"], of_ec2["Action"]]


def test_a_bucket_for_imports_and_exports_is_in_both_statements(world: Any) -> None:
    made = statements(world, {"import_buckets": ["images"], "export_buckets": ["images"]})
    assert [s["Resource"] for s in made[:2]] == [["arn:aws:s3:::images", "arn:aws:s3:::images/*"]] * 2


def test_a_role_without_buckets_has_no_statement_for_s3(world: Any) -> None:
    (made,) = statements(world, {"import_buckets": []})
    assert made["Action"] == json.loads(POLICY)["Statement"][-1]["Action"]


def test_the_role_has_no_action_of_a_whole_service_and_reaches_only_its_buckets(world: Any) -> None:
    everything = {"import_buckets": ["images"], "export_buckets": ["exports"], "kms_key_arns": [KEY]}
    made = statements(world, {**everything, "license_manager": True})
    actions = {action for statement in made for action in statement["Action"]}
    assert [action for action in actions if action.partition(":")[2] in {"*", ""}] == []
    reached = {arn for s in made if any(a.startswith("s3:") for a in s["Action"]) for arn in s["Resource"]}
    assert reached == {f"arn:aws:s3:::{name}{tail}" for name in ("images", "exports") for tail in ("", "/*")}


@pytest.mark.parametrize(
    ("args", "statement"),
    [
        pytest.param({"kms_key_arns": ["*"]}, json.loads(KMS), id="any-key"),
        pytest.param({"kms_key_arns": [KEY]}, {**json.loads(KMS), "Resource": [KEY]}, id="one-key"),
        pytest.param({"license_manager": True}, json.loads(LICENSE_MANAGER), id="license-manager"),
    ],
)
def test_optional_statements_are_those_of_the_guide(world: Any, args: dict[str, Any], statement: Any) -> None:
    assert statements(world, {"import_buckets": ["images"], **args})[-1] == statement


def test_a_confined_role_trusts_only_tasks_of_its_account(world: Any) -> None:
    world.deploy(lambda: outputs({"import_buckets": [], "confine_to_account": True}))
    assert json.loads(world.inputs("importer")["assumeRolePolicy"])["Statement"][0]["Condition"] == {
        "StringEquals": {"sts:Externalid": "vmimport", "aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:vmie:*:123456789012:*"},
    }


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_arns_have_the_partition_of_the_provider(world: Any, partition: str) -> None:
    world.partition = partition
    world.deploy(lambda: outputs({"import_buckets": ["images"], "confine_to_account": True}))
    assert (
        f'["arn:{partition}:s3:::images", "arn:{partition}:s3:::images/*"]' in world.inputs("importer-policy")["policy"]
    )
    assert f'"arn:{partition}:vmie:*:123456789012:*"' in world.inputs("importer")["assumeRolePolicy"]


def test_the_role_has_the_tags_that_identify_it(world: Any) -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    args = {
        "import_buckets": [], "role_name": "vmimport-shop", "tags": {"team": "blue"}, "permissions_boundary": boundary
    }  # fmt: skip
    world.deploy(lambda: outputs(args))
    urn = "urn:pulumi:dev::shop::pulumi:pulumi:Stack$vmimport:index:VmimportRole::importer"
    key = hashlib.sha256(urn.encode()).hexdigest()[:32]
    role, readiness = world.inputs("importer"), world.inputs("importer-readiness")
    assert role["permissionsBoundary"] == boundary
    assert role["tags"]["team"] == "blue"
    assert role["tags"]["vmimport:stack"] == "shop/dev"
    assert role["tags"]["vmimport:resource"] == "VmimportRole::importer"
    assert role["tags"]["vmimport:identity"] == readiness["owner"] == key


def test_readiness_waits_for_the_documents_that_were_written(world: Any) -> None:
    world.deploy(lambda: outputs({"import_buckets": ["images"], "propagation_seconds": 30, "profile": "shop"}))
    readiness = world.inputs("importer-readiness")
    shown = {k: readiness[k] for k in ("roleName", "accountId", "region", "propagationSeconds", "profile")}
    assert shown == {
        "roleName": "vmimport",
        "accountId": "123456789012",
        "region": "eu-west-1",
        "propagationSeconds": 30,
        "profile": "shop",
    }
    assert readiness["trustHash"] == document_hash(json.loads(world.inputs("importer")["assumeRolePolicy"]))
    assert readiness["policyHash"] == document_hash(json.loads(world.inputs("importer-policy")["policy"]))
    assert readiness["fromResources"] == ["*"]


def test_the_role_is_not_available_before_its_policy(world: Any) -> None:
    def refuse(_: Any) -> Any:
        raise ValueError("refused")

    whole = world.new_resource
    world.new_resource = lambda args: refuse(args) if args.name == "importer-policy" else whole(args)
    with pytest.raises(Exception, match="refused"):
        world.deploy(lambda: outputs({"import_buckets": []}))
    assert list(world.tokens) == ["importer"]


def test_an_adopted_role_is_read_and_not_changed(world: Any) -> None:
    args = {
        "import_buckets": ["images"], "export_buckets": ["exports"], "kms_key_arns": [KEY], "license_manager": True,
        "adopt": True,
    }  # fmt: skip
    made = world.deploy(lambda: outputs({**args, "role_name": pulumi.Output.from_input("vmimport-of-ops")}))
    assert made["role_name"] == "vmimport-of-ops"
    assert world.tokens == {"importer-readiness": READINESS}
    readiness = world.inputs("importer-readiness")
    assert readiness["adopt"] is True
    assert readiness["importBuckets"] == ["images"]
    assert readiness["exportBuckets"] == ["exports"]
    assert readiness["kmsKeyArns"] == [KEY]
    assert readiness["licenseManager"] is True
    assert "trustHash" not in readiness


@pytest.mark.parametrize(
    ("args", "path", "reason"),
    [
        pytest.param({}, "import_buckets", "is required, expected a list of strings", id="no-buckets"),
        pytest.param({"import_buckets": "images"}, "import_buckets", "got 'images'", id="no-list"),
        pytest.param({"import_buckets": ["a1b", "arn:aws:s3:::b"]}, "import_buckets[1]", "name of a bucket", id="arn"),
        pytest.param({"export_buckets": ["X"]}, "export_buckets[0]", "got 'X'", id="export-bucket"),
        pytest.param(
            {"kms_key_arns": ["arn:aws:kms:eu-west-1:123456789012:alias/images"]}, "kms_key_arns[0]", "not of an alias",
            id="key-alias",
        ),
        pytest.param({"role_name": "vm import"}, "role_name", "got 'vm import'", id="role-name"),
        pytest.param({"permissions_boundary": "boundary"}, "permissions_boundary", "ARN of a policy", id="boundary"),
        pytest.param({"propagation_seconds": -1}, "propagation_seconds", "at least 0, got -1", id="seconds"),
        pytest.param({"tags": {"aws:team": "blue"}}, "tags.aws:team", "does not start with aws:", id="reserved-tag"),
        pytest.param({"tags": {f"t{i}": "" for i in range(41)}}, "tags", "at most 40 tags, got 41", id="many-tags"),
        pytest.param({"adopt": True, "tags": {}}, "tags", "an adopted role is not changed", id="adopted-tags"),
        pytest.param({"adopt": True, "confine_to_account": True}, "confine_to_account", "applies only to a new role", id="adopted-trust"),
        pytest.param(
            {"adopt": True, "permissions_boundary": "arn:aws:iam::aws:policy/X"}, "permissions_boundary", "applies only to a new role",
            id="adopted-boundary",
        ),
        pytest.param({"license_manager": 1}, "license_manager", "expected true or false, got 1", id="no-bool"),
    ],
)  # fmt: skip
def test_fails_with_the_argument_and_what_is_expected(world: Any, args: dict[str, Any], path: str, reason: str) -> None:
    whole = {"import_buckets": ["images"], **args} if args else {}
    found = world.problems(lambda: outputs(whole))
    assert list(found) == [path]
    assert reason in found[path]
    assert world.resources == []


def test_fails_when_adopt_is_an_output(world: Any) -> None:
    found = world.problems(lambda: outputs({"import_buckets": [], "adopt": pulumi.Output.from_input(True)}))
    assert found["adopt"].startswith("expected a plain value, got an Output")


def test_values_that_preview_does_not_know_are_not_checked(world: Any, unknown: Callable[[], Any]) -> None:
    world.preview = True
    found = world.deploy(lambda: outputs({"import_buckets": [unknown(), "images"], "tags": unknown()}))
    assert found == {"role_name": "vmimport", "role_arn": UNKNOWN, "source_key_policy_statement": UNKNOWN}
    assert isinstance(world.inputs("importer-policy")["policy"], pulumi.output.Unknown)


def test_fails_in_preview_for_a_known_bucket_beside_an_unknown_one(world: Any, unknown: Callable[[], Any]) -> None:
    world.preview = True
    found = world.problems(lambda: outputs({"import_buckets": [unknown(), pulumi.Output.from_input("X")]}))
    assert list(found) == ["import_buckets[1]"]


def test_pulumi_derives_a_schema_of_the_component(schema: Callable[[Any], Any]) -> None:
    definition = schema(VmimportRole)
    assert set(definition.outputs) == {"roleName", "roleArn", "sourceKeyPolicyStatement"}
    described = {**definition.inputs, **definition.outputs}
    assert [name for name, p in described.items() if not p.description] == []
    assert [name for name, p in definition.inputs.items() if p.plain] == ["adopt"]
    assert [name for name, p in definition.inputs.items() if not p.optional] == ["importBuckets"]
