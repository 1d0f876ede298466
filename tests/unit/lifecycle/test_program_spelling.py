from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.service_errors import error_message
from pulumi_vmimport.lifecycle.contract import Problem
from pulumi_vmimport.lifecycle.program_spelling import in_program_spelling, program_path, program_text
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("licenseType", "license_type"),
        ("diskContainers[0].userBucket.s3Key", "disk_containers[0].user_bucket.s3_key"),
        ("diskContainers[12]", "disk_containers[12]"),
        ("licenseSpecifications[0].licenseConfigurationArn", "license_specifications[0].license_configuration_arn"),
        ("tags.costCenter.sub", "tags.costCenter.sub"),
        ("bootMood", "boot_mood"),
        ("diskContainers[0].diskFormat.x", "disk_containers[0].disk_format.x"),
        ("region", "region"),
        ("aws:assumeRoles[0].roleArn", "aws:assumeRoles[0].roleArn"),
    ],
)
def test_a_path_is_written_as_in_the_program(path: str, written: str) -> None:
    assert program_path(ImportImageInputs, path) == written


def test_only_the_names_of_properties_change_in_a_text() -> None:
    text = "cannot be combined with licenseType or s3Bucket; see DescribeImages, statusMessage and costCenter"
    assert program_text(ImportImageInputs, text) == (
        "cannot be combined with license_type or s3_bucket; see DescribeImages, statusMessage and costCenter"
    )


def test_a_problem_starts_with_its_path() -> None:
    problem = Problem("bootMood", "is not a property of ImportImage; did you mean bootMode?")
    assert in_program_spelling(ImportImageInputs, problem) == (
        "boot_mood: is not a property of ImportImage; did you mean boot_mode?"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param(
            'EC2 reports "licenseType and s3Bucket are unknown" for licenseType',
            'EC2 reports "licenseType and s3Bucket are unknown" for license_type',
            id="double quotes",
        ),
        pytest.param(
            "s3Bucket: bucket 'licenseType' isn't the stack's own, nor is s3Key's",
            "s3_bucket: bucket 'licenseType' isn't the stack's own, nor is s3_key's",
            id="a value between apostrophes",
        ),
        pytest.param(
            "diskContainers[0].userBucket: InvalidParameter: the parameter licenseType\nis unknown (in ImportImage); "
            "see licenseType",
            "disk_containers[0].user_bucket: InvalidParameter: the parameter licenseType\nis unknown (in ImportImage); "
            "see license_type",
            id="an error of a service",
        ),
        pytest.param(
            "kmsKeyId not checked: 403: kmsKeyId (in HeadObject) and Client.Bad: kmsKeyId (in ImportImage), kmsKeyId",
            "kms_key_id not checked: 403: kmsKeyId (in HeadObject) and Client.Bad: kmsKeyId (in ImportImage), "
            "kms_key_id",
            id="two errors",
        ),
        pytest.param('an inch is 2.54" and licenseType', 'an inch is 2.54" and license_type', id="one quote"),
    ],
)
def test_words_of_a_service_and_values_stay_as_they_are(text: str, written: str) -> None:
    assert program_text(ImportImageInputs, text) == written


def test_the_longest_message_of_a_service_stays_as_it_is() -> None:
    response: Any = {"Error": {"Code": "InvalidParameter", "Message": "licenseType " * 1000}}
    message = error_message(ClientError(response, "ImportImage"))
    assert program_text(ImportImageInputs, f"licenseType: {message}") == f"license_type: {message}"
