import pytest

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
