"""getServiceRoleProblems finds the problems that a preview with the role would report."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.functions.conftest import REGION, problems_of
from tests.unit.resources.conftest import FakeRun

from pulumi_vmimport.aws.ec2.import_request import UserBucket

Call = Callable[..., Any]
OF = "getServiceRoleProblems"


def test_a_sufficient_role_has_no_problem(call: Call, role: str, raw_disk: UserBucket) -> None:
    location = {"bucket": raw_disk.s3_bucket, "key": raw_disk.s3_key}
    assert call(OF, importBuckets=[raw_disk.s3_bucket], importObjects=[location]) == {
        "roleName": "vmimport",
        "roleArn": "arn:aws:iam::123456789012:role/vmimport",
        "isSufficient": True,
        "problems": [],
        "doubts": [],
    }


def test_a_role_that_does_not_exist_is_a_problem(call: Call) -> None:
    found = call(OF, roleName="importer")
    assert (found.get("roleArn"), found["isSufficient"]) == (None, False)
    assert found["problems"] == ["role 'importer' does not exist in account 123456789012; create it with VmimportRole"]


def test_every_missing_permission_is_named_with_its_statement(call: Call, role: str) -> None:
    found = call(OF, importBuckets=["other-images"], exportBuckets=["exports"], licenseManager=True)
    assert not found["isSufficient"]
    (of_import, of_export, of_licenses) = found["problems"]
    assert "s3:GetObject on arn:aws:s3:::other-images/*" in of_import
    assert "s3:PutObject on arn:aws:s3:::exports/*" in of_export
    assert "license-manager:GetLicenseConfiguration" in of_licenses
    assert all("add to its policies: {" in problem for problem in found["problems"])


def test_a_trust_policy_without_vm_import_is_a_problem(call: Call, run: FakeRun, role: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    run.sandbox.observer("iam").update_assume_role_policy(
        RoleName=role, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    (problem,) = call(OF)["problems"]
    assert "does not let vmie.amazonaws.com assume it" in problem


def test_a_deny_statement_that_depends_on_the_network_is_a_doubt(
    call: Call, run: FakeRun, role: str, bucket: str
) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    run.sandbox.observer("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    found = call(OF, importBuckets=[bucket])
    assert (found["isSufficient"], found["problems"]) == (True, [])
    (doubt,) = found["doubts"]
    assert "depends on aws:SourceVpce" in doubt


def test_fails_where_the_role_cannot_be_read(call: Call, run: FakeRun, role: str) -> None:
    run.sandbox.faults.deny("GetRole")
    with pytest.raises(ClientError, match="GetRole"):
        call(OF)
    run.sandbox.faults.allow("GetRole")


def test_fails_for_a_name_that_no_role_can_have() -> None:
    assert "1 to 64 letters" in problems_of(OF, region=REGION, roleName="a role")["roleName"]
