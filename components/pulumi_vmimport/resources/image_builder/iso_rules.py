"""The checks of the ISO file and of the other inputs of ImportDiskImage.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ImportDiskImage.html
"""

import re
from collections.abc import Iterator

from pulumi_vmimport.aws.image_builder import image_imports
from pulumi_vmimport.aws.s3 import export_buckets, s3_locations
from pulumi_vmimport.aws.s3.s3_names import BUCKET_NAME, key_problem, split_s3_uri
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.resources.image_builder.import_disk_image import ImportDiskImageInputs
from pulumi_vmimport.resources.image_builder.request_rules import arn_problems, role_name_problems
from pulumi_vmimport.resources.image_builder.value_rules import range_problems
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.shown_value import shown_value

_ENDING = ".iso"
_INFRASTRUCTURE_ARN = re.compile(
    r"arn:aws[^:]*:imagebuilder:([^:]+):(?:\d{12}|aws):infrastructure-configuration/[a-z0-9-_]+"
)
_LARGEST_INDEX = 2**32 - 1
_LONGEST_UEFI_DATA = 64_000


def input_problems(inputs: ImportDiskImageInputs) -> Iterator[Problem]:
    """The problems of the inputs alone."""
    if is_known(inputs.uri):
        yield from _uri_problems(inputs.uri)
    arn, expected = (
        inputs.infrastructure_configuration_arn,
        "arn:aws:imagebuilder:REGION:ACCOUNT:infrastructure-configuration/NAME",
    )
    yield from arn_problems("infrastructureConfigurationArn", arn, _INFRASTRUCTURE_ARN, expected, inputs.region)
    yield from role_name_problems(inputs.execution_role)
    windows, options = inputs.windows_configuration, inputs.register_image_options
    if is_set(windows):
        yield from range_problems("windowsConfiguration.imageIndex", windows.image_index, 1, _LARGEST_INDEX)
    if is_set(options) and is_set(options.uefi_data) and len(options.uefi_data) > _LONGEST_UEFI_DATA:
        found = f"expected at most {_LONGEST_UEFI_DATA:,} characters, got {len(options.uefi_data):,}"
        yield Problem("registerImageOptions.uefiData", found)


def file_problems(run: Run, inputs: ImportDiskImageInputs) -> Iterator[Problem]:
    """Why Image Builder cannot read the file."""
    place = split_s3_uri(inputs.uri) if is_known(inputs.uri) else None
    if place is None:
        return
    bucket, key = place
    with warn_on_aws_error(run, inputs.uri):
        reason = _file_problem(run, bucket, key)
        if reason is not None:
            yield Problem("uri", reason)


def infrastructure_problems(run: Run, inputs: ImportDiskImageInputs) -> Iterator[Problem]:
    """Whether the infrastructure configuration is missing."""
    arn = inputs.infrastructure_configuration_arn
    if not is_known(arn) or run.supplied_by_resource("infrastructureConfigurationArn"):
        return
    with warn_on_aws_error(run, f"infrastructure configuration {arn}"):
        if not image_imports.infrastructure_exists(run.aws, arn):
            yield Problem("infrastructureConfigurationArn", f"{arn} does not exist")


def _uri_problems(uri: str) -> Iterator[Problem]:
    place = split_s3_uri(uri)
    expected = f"s3://, a bucket, / and a key that ends in {_ENDING}"
    if place is None or not BUCKET_NAME.fullmatch(place[0]) or not uri.lower().endswith(_ENDING):
        yield Problem("uri", f"expected {expected}, got {shown_value(uri)}")
    elif reason := key_problem(place[1]):
        yield Problem("uri", reason)


def _file_problem(run: Run, bucket: str, key: str) -> str | None:
    aws, may_be_new = run.aws, run.supplied_by_resource("uri")
    location = s3_locations.bucket_region(aws, bucket)
    if location is None:
        return None if may_be_new else f"bucket {shown_value(bucket)} does not exist"
    if location != aws.region:
        return f"bucket {shown_value(bucket)} is in {location}, expected {aws.region}; copy the file to a bucket there"
    if not export_buckets.is_owned_by_caller(aws, bucket):
        return f"bucket {shown_value(bucket)} belongs to another account, expected a bucket of account {aws.account_id}"
    if not may_be_new and not s3_locations.object_exists(aws, bucket, key):
        return f"there is no object {shown_value(key)} in bucket {shown_value(bucket)}"
    return None
