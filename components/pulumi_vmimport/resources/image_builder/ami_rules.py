"""The rules for the AMI of one Region: its name, tags, key, target accounts and launch permissions.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_AmiDistributionConfiguration.html,
API_LaunchPermissionConfiguration.html
"""

import re
from collections.abc import Iterator

from pulumi_vmimport.aws.ec2.import_options import LicenseType, Platform
from pulumi_vmimport.aws.ec2.sysprep import SYSPREP_TAG
from pulumi_vmimport.lifecycle.contract import Problem, is_known, is_set
from pulumi_vmimport.lifecycle.provenance import is_source_tag
from pulumi_vmimport.resources.image_builder.distribution_inputs import (
    AmiDistributionConfiguration,
    DistributionSettingsInputs,
    LaunchPermission,
)
from pulumi_vmimport.resources.image_builder.value_rules import (
    ACCOUNT,
    ACCOUNT_ID,
    MOST_ACCOUNTS,
    known_items,
    length_problems,
    list_problems,
    pattern_problems,
)
from pulumi_vmimport.resources.rules.tag_rules import tag_problems
from pulumi_vmimport.shown_value import shown_value

_NAME = re.compile(r"[-_A-Za-z0-9{][-_A-Za-z0-9\s:{}.]+[-_A-Za-z0-9}]")
_BUILD_DATE = re.compile(r"\{\{\s*imagebuilder:buildDate\s*\}\}")
_NAME_LENGTH = 127
_TEXT_LENGTH = 1024
_MOST_TAGS = 50
_MOST_ORGANIZATIONS = 25
_ORGANIZATION = re.compile(r"arn:aws[^:]*:organizations::[0-9]{12}:organization/o-[a-z0-9]{10,32}")
_UNIT = re.compile(r"arn:aws[^:]*:organizations::[0-9]{12}:ou/o-[a-z0-9]{10,32}/ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
_KEY = re.compile(r"arn:aws[^:]*:kms:(?P<region>[^:]+):[0-9]{12}:(key|alias)/\S+")
_EVERYONE = "all"


def ami_problems(
    path: str, ami: AmiDistributionConfiguration, region: str, inputs: DistributionSettingsInputs
) -> Iterator[Problem]:
    """The problems of the AMI of a Region."""
    yield from _name_problems(f"{path}.name", ami.name)
    yield from length_problems(f"{path}.description", ami.description, _TEXT_LENGTH, "characters")
    yield from length_problems(f"{path}.amiTags", ami.ami_tags, _MOST_TAGS, "tags")
    if is_set(ami.ami_tags):
        # The tags of what an AMI is may be set, for Image Builder does not copy those of the source.
        checked = {key: value for key, value in ami.ami_tags.items() if key != SYSPREP_TAG and not is_source_tag(key)}
        for problem in tag_problems(checked, most=len(checked)):
            yield Problem(f"{path}.amiTags{problem.path.removeprefix('tags')}", problem.reason)
    accounts = f"{path}.targetAccountIds"
    yield from list_problems(accounts, ami.target_account_ids, ACCOUNT_ID, ACCOUNT, MOST_ACCOUNTS)
    yield from _key_problems(f"{path}.kmsKeyId", ami.kms_key_id, region)
    if is_set(ami.launch_permission):
        yield from _permission_problems(f"{path}.launchPermission", ami.launch_permission, inputs)
        is_copy = is_known(region) and is_set(inputs.region) and region != inputs.region
        if is_copy and is_set(ami.kms_key_id) and _EVERYONE in known_items(ami.launch_permission.user_groups):
            yield Problem(
                f"{path}.kmsKeyId",
                "encrypts the copies, and EC2 does not make an encrypted AMI public; remove it, or remove "
                f"'{_EVERYONE}' from user_groups",
            )


def _name_problems(path: str, name: str | None) -> Iterator[Problem]:
    if not is_set(name):
        return
    yield from length_problems(path, name, _NAME_LENGTH, "characters")
    if name and not _NAME.fullmatch(name):
        yield Problem(
            path,
            "expected at least 3 letters, digits, blanks and -_.:{}, with a letter, digit or -_{} at both ends, got "
            f"{shown_value(name)}",
        )
    if not _BUILD_DATE.search(name):
        yield Problem(
            path,
            f"expected a name that contains {{{{ imagebuilder:buildDate }}}}, got {shown_value(name)}; the names of "
            "AMIs are unique, and each run creates one",
        )


def _key_problems(path: str, key: str | None, region: str) -> Iterator[Problem]:
    if not is_set(key):
        return
    expected = "the ARN of a KMS key or alias"
    yield from pattern_problems(path, key, _KEY, expected)
    found = _KEY.fullmatch(key)
    if found and is_known(region) and found["region"] != region:
        yield Problem(path, f"expected {expected} in {region}, got one in {found['region']}")


def _permission_problems(
    path: str, permission: LaunchPermission, inputs: DistributionSettingsInputs
) -> Iterator[Problem]:
    yield from list_problems(f"{path}.userIds", permission.user_ids, ACCOUNT_ID, ACCOUNT, MOST_ACCOUNTS)
    organizations, units = permission.organization_arns, permission.organizational_unit_arns
    arn = "the ARN of an organization, such as arn:aws:organizations::111122223333:organization/o-a1b2c3d4e5"
    yield from list_problems(f"{path}.organizationArns", organizations, _ORGANIZATION, arn, _MOST_ORGANIZATIONS)
    arn = "the ARN of an organizational unit, which ends with ou/o-a1b2c3d4e5/ou-ab12-11111111, for example"
    yield from list_problems(f"{path}.organizationalUnitArns", units, _UNIT, arn, _MOST_ORGANIZATIONS)
    groups = permission.user_groups
    for number, group in enumerate(groups if is_set(groups) else ()):
        if is_known(group):
            yield from _group_problems(f"{path}.userGroups[{number}]", group, inputs)


def _group_problems(path: str, group: str, inputs: DistributionSettingsInputs) -> Iterator[Problem]:
    if group != _EVERYONE:
        yield Problem(path, f"expected '{_EVERYONE}', the only group, got {shown_value(group)}")
        return
    if is_known(inputs.allow_public) and not inputs.allow_public:
        yield Problem(
            path, f"'{_EVERYONE}' makes the AMI public; remove it, or set allow_public=True to publish the AMI"
        )
    # An AMI of Linux brings no license of the account: license_type BYOL is the usual one.
    if inputs.license_type == LicenseType.BYOL and inputs.platform in {Platform.WINDOWS, None}:
        unless = "; for a Linux AMI, set platform" if inputs.platform is None else ""
        yield Problem(
            path,
            f"'{_EVERYONE}' makes the AMI public, and with license_type BYOL it contains your own Windows license; "
            f"remove it and share the AMI with accounts, organizations or organizational units{unless}",
        )
