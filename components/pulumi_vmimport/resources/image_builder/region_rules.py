"""The rules for what a Region gets beside the AMI: licenses, launch templates, fast launch, S3 exports, parameters.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_Distribution.html;
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableFastLaunch.html
"""

import re
from collections.abc import Iterator

from pulumi_vmimport.aws.ec2.import_options import Platform
from pulumi_vmimport.aws.s3.s3_names import bucket_name_problem
from pulumi_vmimport.lifecycle.contract import Problem, is_known, is_set
from pulumi_vmimport.resources.image_builder.distribution_inputs import (
    Distribution,
    DistributionSettingsInputs,
    FastLaunchConfiguration,
    FastLaunchTemplate,
    S3ExportConfiguration,
    SsmParameterConfiguration,
)
from pulumi_vmimport.resources.image_builder.value_rules import (
    ACCOUNT,
    ACCOUNT_ID,
    known_items,
    length_problems,
    list_problems,
    pattern_problems,
    range_problems,
)
from pulumi_vmimport.resources.rules.role_names import role_name_problems
from pulumi_vmimport.shown_value import shown_value

LAUNCH_TEMPLATES_OF_GUIDE = 5
"""https://docs.aws.amazon.com/imagebuilder/latest/userguide/cr-upd-ami-distribution-settings.html"""
_MOST_LAUNCH_TEMPLATES = 100
_MOST_FAST_LAUNCHES = 1000
_MOST_LICENSES = 50
_MOST_SNAPSHOTS = 10_000
_LEAST_PARALLEL_LAUNCHES = 6
_LONGEST_PARAMETER_NAME = 1011
_TEXT_LENGTH = 1024
_LICENSE = re.compile(r"arn:aws[^:]*:license-manager:[^:]+:[0-9]{12}:license-configuration:lic-[a-z0-9-_]{32}")
_TEMPLATE, _TEMPLATE_ID = re.compile(r"lt-[a-z0-9-_]{17}"), "a launch template id, lt- and 17 characters"
_PARAMETER = re.compile(r"[a-zA-Z0-9_.\-/]+")


def region_problems(path: str, of: Distribution, inputs: DistributionSettingsInputs) -> Iterator[Problem]:
    """The problems of everything but the AMI."""
    arn = "the ARN of a License Manager configuration, which ends with lic- and 32 characters"
    licenses = f"{path}.licenseConfigurationArns"
    yield from list_problems(licenses, of.license_configuration_arns, _LICENSE, arn, _MOST_LICENSES)
    yield from _template_problems(f"{path}.launchTemplateConfigurations", of)
    launches = f"{path}.fastLaunchConfigurations"
    yield from length_problems(launches, of.fast_launch_configurations, _MOST_FAST_LAUNCHES, "items")
    enabled = of.fast_launch_configurations
    for number, launch in enumerate(enabled if is_set(enabled) else ()):
        if is_known(launch):
            yield from _fast_launch_problems(f"{launches}[{number}]", launch, of, inputs)
    if is_set(of.s3_export_configuration):
        yield from _export_problems(f"{path}.s3ExportConfiguration", of.s3_export_configuration)
    parameters = of.ssm_parameter_configurations
    for number, parameter in enumerate(parameters if is_set(parameters) else ()):
        if is_known(parameter):
            where = f"{path}.ssmParameterConfigurations[{number}]"
            yield from _parameter_problems(where, parameter, of, inputs)


def target_accounts(of: Distribution) -> tuple[str, ...]:
    """The accounts that get a copy, as far as preview knows them."""
    ami = of.ami_distribution_configuration
    return tuple(known_items(ami.target_account_ids)) if is_set(ami) else ()


def _template_problems(path: str, of: Distribution) -> Iterator[Problem]:
    templates = of.launch_template_configurations
    yield from length_problems(path, templates, _MOST_LAUNCH_TEMPLATES, "items")
    for number, template in enumerate(templates if is_set(templates) else ()):
        if is_known(template):
            where = f"{path}[{number}]"
            yield from pattern_problems(
                f"{where}.launchTemplateId", template.launch_template_id, _TEMPLATE, _TEMPLATE_ID
            )
            yield from pattern_problems(f"{where}.accountId", template.account_id, ACCOUNT_ID, ACCOUNT)


def _fast_launch_problems(
    path: str, launch: FastLaunchConfiguration, of: Distribution, inputs: DistributionSettingsInputs
) -> Iterator[Problem]:
    yield from pattern_problems(f"{path}.accountId", launch.account_id, ACCOUNT_ID, ACCOUNT)
    yield from range_problems(f"{path}.maxParallelLaunches", launch.max_parallel_launches, _LEAST_PARALLEL_LAUNCHES)
    if is_set(launch.snapshot_configuration):
        count = launch.snapshot_configuration.target_resource_count
        yield from range_problems(f"{path}.snapshotConfiguration.targetResourceCount", count, 1, _MOST_SNAPSHOTS)
    if is_set(launch.launch_template):
        yield from _fast_launch_template_problems(f"{path}.launchTemplate", launch.launch_template)
    if launch.enabled is not True:
        return
    if inputs.platform == Platform.LINUX:
        yield Problem(f"{path}.enabled", "expected false for platform Linux; fast launch is for Windows AMIs")
    yield from _other_account_problems(path, launch, of, inputs)


def _other_account_problems(
    path: str, launch: FastLaunchConfiguration, of: Distribution, inputs: DistributionSettingsInputs
) -> Iterator[Problem]:
    """Image Builder does not distribute AMIs with fast launch to other accounts."""
    own = inputs.account_id
    if not is_set(own):
        return
    remedy = "enable fast launch in the destination account"
    given = launch.account_id
    if is_set(given) and ACCOUNT_ID.fullmatch(given) and given != own:
        yield Problem(f"{path}.accountId", f"expected {own}, the own account, got {shown_value(given)}; {remedy}")
    if others := sorted({account for account in target_accounts(of) if account != own}):
        yield Problem(
            f"{path}.enabled",
            f"Image Builder does not distribute an AMI with fast launch to other accounts, but target_account_ids has "
            f"{', '.join(others[:3])}{' ...' if len(others) > 3 else ''}; set it to false here and {remedy}",  # noqa: PLR2004
        )


def _fast_launch_template_problems(path: str, template: FastLaunchTemplate) -> Iterator[Problem]:
    id, name = template.launch_template_id, template.launch_template_name
    yield from pattern_problems(f"{path}.launchTemplateId", id, _TEMPLATE, _TEMPLATE_ID)
    for member, text in (("Name", name), ("Version", template.launch_template_version)):
        yield from length_problems(f"{path}.launchTemplate{member}", text, _TEXT_LENGTH, "characters")
    if is_known(id, name) and (id is None) == (name is None):
        got = "none" if id is None else "both"
        yield Problem(path, f"expected either launch_template_id or launch_template_name, got {got}")


def _export_problems(path: str, export: S3ExportConfiguration) -> Iterator[Problem]:
    yield from role_name_problems(export.role_name, f"{path}.roleName")
    if is_known(export.s3_bucket) and (reason := bucket_name_problem(export.s3_bucket)):
        yield Problem(f"{path}.s3Bucket", reason)
    yield from length_problems(f"{path}.s3Prefix", export.s3_prefix, _TEXT_LENGTH, "characters")


def _parameter_problems(
    path: str, parameter: SsmParameterConfiguration, of: Distribution, inputs: DistributionSettingsInputs
) -> Iterator[Problem]:
    name, account, own = parameter.parameter_name, parameter.ami_account_id, inputs.account_id
    yield from length_problems(f"{path}.parameterName", name, _LONGEST_PARAMETER_NAME, "characters")
    if is_known(name) and name:
        expected = "a parameter name of letters, digits and _.-/"
        yield from pattern_problems(f"{path}.parameterName", name, _PARAMETER, expected)
    yield from pattern_problems(f"{path}.amiAccountId", account, ACCOUNT_ID, ACCOUNT)
    if not (is_set(account) and is_set(own) and ACCOUNT_ID.fullmatch(account) and _targets_are_known(of)):
        return
    if account not in {own, *target_accounts(of)}:
        targets = f"{own}, the own account, or one of target_account_ids"
        yield Problem(f"{path}.amiAccountId", f"expected {targets}, got {shown_value(account)}")


def _targets_are_known(of: Distribution) -> bool:
    ami = of.ami_distribution_configuration
    if not is_set(ami):
        return ami is None
    targets = ami.target_account_ids
    return is_known(*targets) if is_set(targets) else targets is None
