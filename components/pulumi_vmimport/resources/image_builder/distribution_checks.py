"""What preview asks AWS about a distribution configuration. A check that is not allowed is a warning.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateDistributionConfiguration.html
"""

from collections.abc import Generator, Iterator, Mapping
from typing import Any

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.image_builder import distribution_requests
from pulumi_vmimport.aws.image_builder.resource_names import configuration_arn
from pulumi_vmimport.aws.s3 import export_buckets, s3_locations
from pulumi_vmimport.aws.service_errors import error_message
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG
from pulumi_vmimport.lifecycle.input_changes import has_unknown
from pulumi_vmimport.lifecycle.property_bag import write_bag
from pulumi_vmimport.resources.image_builder.account_checks import RegionSettings, region_checks
from pulumi_vmimport.resources.image_builder.copy_keys import copy_key_problems
from pulumi_vmimport.resources.image_builder.distribution_changes import warn_of_change, warn_of_effects
from pulumi_vmimport.resources.image_builder.distribution_inputs import Distribution, DistributionSettingsInputs
from pulumi_vmimport.resources.image_builder.image_suitability import GROUPS, unsuitable_settings
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.resources.rules.sysprep_rules import clone_problem
from pulumi_vmimport.shown_value import shown_value

_UNUSED_NAME = "vmimport-dry-run"  # a configuration with the real name exists already


def problems(run: Run, inputs: DistributionSettingsInputs) -> Iterator[Problem]:
    """What AWS would reject. Warns about effects that a program may not expect."""
    warn_of_effects(run, inputs)
    existing = _existing(run, inputs)
    if existing is not None and not _is_own(existing, inputs):
        yield Problem(
            "name",
            f"distribution configuration {shown_value(inputs.name)} exists in account {run.aws.account_id}, "
            f"{run.aws.region}, and this component does not change a configuration that it did not create; set "
            "another name",
        )
    else:
        if existing is not None:
            warn_of_change(run, existing, inputs)
        yield from _rejection(run, inputs, _UNUSED_NAME if existing else inputs.name)
    numbered = [*_numbered(inputs)]
    unusable = yield from region_checks(
        run, [RegionSettings(f"{path}.region", f"{path}.{GROUPS}", write_bag(of)) for path, of in numbered]
    )
    usable = [(path, of) for path, of in numbered if not is_known(of.region) or of.region not in unusable]
    for path, of in usable:
        yield from _bucket_problems(run, f"{path}.s3ExportConfiguration.s3Bucket", of)
    image = yield from _image(run, inputs)
    if image is not None:
        for path, of in numbered:
            yield from (Problem(f"{path}.{at}", reason) for at, reason in unsuitable_settings(write_bag(of), image))
        if reason := clone_problem(image, "would be distributed"):
            run.warn(reason)
    if not run.supplied_by_resource("distributions"):  # the policy of a key of the stack may not exist yet
        keys = [(f"{path}.amiDistributionConfiguration.kmsKeyId", write_bag(of)) for path, of in usable]
        yield from copy_key_problems(run, keys, image)


def _existing(run: Run, inputs: DistributionSettingsInputs) -> Mapping[str, Any] | None:
    """The configuration of this name in AWS, if it can be read."""
    aws = run.aws
    if not is_known(inputs.name):
        return None
    found: list[Mapping[str, Any] | None] = [None]
    with warn_on_aws_error(run, f"distribution configuration {inputs.name}"):
        arn = configuration_arn(inputs.name, partition=aws.partition, region=str(aws.region), account_id=aws.account_id)
        found.append(distribution_requests.find_settings(aws, arn))
    return found[-1]


def _is_own(existing: Mapping[str, Any], inputs: DistributionSettingsInputs) -> bool:
    return not is_known(inputs.owner) or existing.get("tags", {}).get(IDENTITY_TAG) == inputs.owner


def _numbered(inputs: DistributionSettingsInputs) -> Iterator[tuple[str, Distribution]]:
    if is_known(inputs.distributions):
        yield from ((f"distributions[{number}]", of) for number, of in enumerate(inputs.distributions) if is_known(of))


def _rejection(run: Run, inputs: DistributionSettingsInputs, name: str) -> Iterator[Problem]:
    members = {"description": inputs.description, "distributions": inputs.distributions}
    request = {"name": name, **{member: write_bag(value) for member, value in members.items() if value is not None}}
    if has_unknown(request):
        return
    with warn_on_aws_error(run, "distributions"):
        error = distribution_requests.rejection(run.aws, request)
        if error is not None:
            yield Problem("distributions", f"Image Builder rejects the configuration: {error_message(error)}")


def _bucket_problems(run: Run, path: str, of: Distribution) -> Iterator[Problem]:
    export = of.s3_export_configuration
    if not is_set(export) or not is_known(export.s3_bucket, of.region):
        return
    with warn_on_aws_error(run, f"bucket {export.s3_bucket}"):
        reason = _bucket_reason(run, export.s3_bucket, of.region)
        if reason is not None:
            yield Problem(path, f"bucket {shown_value(export.s3_bucket)} {reason}")


def _bucket_reason(run: Run, bucket: str, region: str) -> str | None:
    """Why VM Import/Export cannot export to the bucket; None for a bucket that the stack has yet to create."""
    aws = run.aws.in_region(region)
    location = s3_locations.bucket_region(aws, bucket)
    if location is None:
        is_new = run.supplied_by_resource("distributions")
        return None if is_new else "does not exist; create it with ExportBucket"
    if location != region:
        return f"is in {location}, expected {region}, the Region of these settings"
    if not export_buckets.is_owned_by_caller(aws, bucket):
        return f"belongs to another account, expected a bucket of account {aws.account_id}"
    if algorithm := export_buckets.kms_algorithm(aws, bucket):
        return f"encrypts with a KMS key ({algorithm}), expected SSE-S3 (AES256); create a bucket with ExportBucket"
    return None


def _image(run: Run, inputs: DistributionSettingsInputs) -> Generator[Problem, None, images.Image | None]:
    """The AMI that is to be distributed, as far as it is known."""
    image_id = inputs.image_id
    if not is_set(image_id):
        return None
    found: list[images.Image | None] = [None]
    with warn_on_aws_error(run, f"AMI {image_id}"):
        found.append(images.find(run.aws, image_id))
        if found[-1] is None and not run.supplied_by_resource("imageId"):
            where = f"account {run.aws.account_id}, {run.aws.region}"
            yield Problem("imageId", f"AMI {shown_value(image_id)} does not exist in {where}")
    return found[-1]
