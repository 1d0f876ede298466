"""The rules for a distribution configuration, each with the path, the value and what is allowed."""

import copy
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.contract import UNKNOWN
from pulumi_vmimport.lifecycle.program_spelling import in_program_spelling
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.image_builder.distribution_inputs import DistributionSettingsInputs
from pulumi_vmimport.resources.image_builder.distribution_settings_lifecycle import DistributionSettingsLifecycle

OWN, OTHER, THIRD = "123456789012", "210987654321", "100000000001"
LICENSE = f"arn:aws:license-manager:eu-west-1:{OWN}:license-configuration:lic-" + "0123456789abcdef" * 2
ORGANIZATION = f"arn:aws:organizations::{OWN}:organization/o-myorganization123"
UNIT = f"arn:aws:organizations::{OWN}:ou/o-123example/ou-1234-myorganizationalunit"
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TEMPLATE = "lt-0ab1234c56d789012"
NAME = "Name {{ imagebuilder:buildDate }}"
WHOLE: dict[str, Any] = {
    "name": "Web servers_1",
    "description": "of the shop",
    "region": "eu-west-1",
    "accountId": OWN,
    "distributions": [
        {
            "region": "eu-west-1",
            "amiDistributionConfiguration": {
                "name": NAME,
                "description": "web",
                "amiTags": {"team": "web"},
                "targetAccountIds": [OTHER],
                "kmsKeyId": KEY,
                "launchPermission": {
                    "userIds": [OTHER],
                    "organizationArns": [ORGANIZATION],
                    "organizationalUnitArns": [UNIT],
                },
            },
            "licenseConfigurationArns": [LICENSE],
            "launchTemplateConfigurations": [
                {"launchTemplateId": TEMPLATE, "accountId": OTHER, "setDefaultVersion": False}
            ],
            "s3ExportConfiguration": {
                "roleName": "vmimport",
                "diskImageFormat": "VMDK",
                "s3Bucket": "exports-of-web",
                "s3Prefix": "web/",
            },
            "ssmParameterConfigurations": [
                {"parameterName": "/imagebuilder/web", "amiAccountId": OWN, "dataType": "aws:ec2:image"}
            ],
        },
        {
            "region": "us-east-1",
            "amiDistributionConfiguration": {"name": "Name {{imagebuilder:buildDate}}"},
            "fastLaunchConfigurations": [
                {
                    "enabled": True,
                    "accountId": OWN,
                    "maxParallelLaunches": 6,
                    "snapshotConfiguration": {"targetResourceCount": 10000},
                    "launchTemplate": {"launchTemplateName": "web", "launchTemplateVersion": "1"},
                }
            ],
        },
    ],
}  # fmt: skip
FIRST, SECOND = "distributions[0]", "distributions[1]"
AMI = f"{FIRST}.amiDistributionConfiguration"
FAST = f"{SECOND}.fastLaunchConfigurations[0]"


def problems(bag: dict[str, Any]) -> dict[str, str]:
    inputs, found = read_bag(DistributionSettingsInputs, bag)
    found = [*found, *DistributionSettingsLifecycle().check(inputs)]
    assert len({problem.path for problem in found}) == len(found), found
    return {problem.path: problem.reason for problem in found}


def changed(path: str, value: Any, **others: Any) -> dict[str, Any]:
    """The whole configuration with another value at a path."""
    bag: Any = copy.deepcopy(WHOLE) | others
    *way, last = path.replace("]", "").replace("[", ".").split(".")
    at = bag
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at.setdefault(step, {})
    if isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return dict(bag)


def test_a_configuration_with_every_setting_has_no_problem() -> None:
    assert problems(WHOLE) == {}


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        pytest.param("name", "ab", "expected 3 to 128 letters, digits, blanks and -_", id="short-name"),
        pytest.param("name", "web ", "got 'web '", id="blank-at-the-end"),
        pytest.param("name", "update.json", "got 'update.json'", id="file-name"),
        pytest.param("description", "", "expected 1 to 1,024 characters, got 0", id="empty-description"),
        pytest.param("tags", {"aws:x": "y"}, "", id="reserved-tag"),
        pytest.param("distributions", [], "at least one Region", id="no-region"),
        pytest.param(f"{SECOND}.region", "Ireland", "a Region, such as eu-west-1, got 'Ireland'", id="no-region-name"),
        pytest.param(f"{SECOND}.region", "eu-west-1", "each Region once, got 'eu-west-1' as in distributions[0]", id="region-twice"),
        pytest.param(f"{SECOND}", {"region": "us-east-1"}, "has no settings", id="no-settings"),
        pytest.param(f"{AMI}.name", "{{ imagebuilder:buildDate }}" + "x" * 101, "1 to 127 characters, got 129", id="long-ami-name"),
        pytest.param(f"{AMI}.name", "web", "contains {{ imagebuilder:buildDate }}, got 'web'", id="no-build-date"),
        pytest.param(f"{AMI}.name", "web/{{imagebuilder:buildDate}}", "expected at least 3 letters, digits, blanks and -_.:{}", id="slash-in-ami-name"),
        pytest.param(f"{AMI}.amiTags", {}, "expected 1 to 50 tags, got 0", id="no-ami-tags"),
        pytest.param(f"{AMI}.targetAccountIds", [], "expected 1 to 1,536 items, got 0", id="no-target-accounts"),
        pytest.param(f"{AMI}.targetAccountIds[0]", "12345", "an account id of 12 digits, got '12345'", id="short-account"),
        pytest.param(f"{AMI}.targetAccountIds", [OTHER, OTHER], "got '210987654321' again", id="account-twice"),
        pytest.param(f"{AMI}.kmsKeyId", "alias/web", "the ARN of a KMS key or alias, got 'alias/web'", id="key-alias"),
        pytest.param(f"{AMI}.kmsKeyId", KEY.replace("eu-west-1", "us-east-1"), "in eu-west-1, got one in us-east-1", id="key-of-other-region"),
        pytest.param(f"{AMI}.launchPermission.userIds[0]", "all", "got 'all'", id="everyone-as-account"),
        pytest.param(f"{AMI}.launchPermission.userGroups", ["staff"], "expected 'all', the only group", id="other-group"),
        pytest.param(f"{AMI}.launchPermission.userGroups", ["all"], "set allow_public=True", id="public"),
        pytest.param(f"{AMI}.launchPermission.organizationArns[0]", f"{ORGANIZATION}.json", "the ARN of an organization", id="file-as-organization"),
        pytest.param(f"{AMI}.launchPermission.organizationArns", [f"{ORGANIZATION}{n}" for n in range(26)], "1 to 25 items, got 26", id="many-organizations"),
        pytest.param(f"{AMI}.launchPermission.organizationalUnitArns[0]", ORGANIZATION, "the ARN of an organizational unit", id="organization-as-unit"),
        pytest.param(f"{FIRST}.licenseConfigurationArns[0]", LICENSE[:-1], "ends with lic- and 32 characters", id="short-license"),
        pytest.param(f"{FIRST}.licenseConfigurationArns", [], "1 to 50 items, got 0", id="no-licenses"),
        pytest.param(f"{FIRST}.launchTemplateConfigurations[0].launchTemplateId", "web", "lt- and 17 characters, got 'web'", id="template-name"),
        pytest.param(f"{FIRST}.launchTemplateConfigurations", [{"launchTemplateId": TEMPLATE}] * 101, "1 to 100 items, got 101", id="many-templates"),
        pytest.param(f"{FIRST}.launchTemplateConfigurations[0].accountId", "1", "12 digits", id="template-account"),
        pytest.param(f"{FAST}.maxParallelLaunches", 5, "expected at least 6, got 5", id="few-launches"),
        pytest.param(f"{FAST}.snapshotConfiguration.targetResourceCount", 0, "expected 1 to 10,000, got 0", id="no-snapshots"),
        pytest.param(f"{FAST}.snapshotConfiguration.targetResourceCount", 10001, "got 10001", id="many-snapshots"),
        pytest.param(f"{FAST}.launchTemplate", {"launchTemplateId": TEMPLATE, "launchTemplateName": "web"}, "either launch_template_id or launch_template_name, got both", id="template-by-both"),
        pytest.param(f"{FAST}.launchTemplate", {"launchTemplateVersion": "1"}, "got none", id="template-by-none"),
        pytest.param(f"{FAST}.accountId", OTHER, f"expected {OWN}, the own account", id="fast-launch-elsewhere"),
        pytest.param(f"{FAST}.enabled", None, "is required", id="fast-launch-without-enabled"),
        pytest.param(f"{FIRST}.s3ExportConfiguration.roleName", "vm import", "the name of a role", id="export-role"),
        pytest.param(f"{FIRST}.s3ExportConfiguration.s3Bucket", "Exports", "got 'Exports'", id="export-bucket"),
        pytest.param(f"{FIRST}.s3ExportConfiguration.s3Bucket", None, "is required, expected a string", id="no-export-bucket"),
        pytest.param(f"{FIRST}.s3ExportConfiguration.diskImageFormat", "OVA", "one of VMDK, RAW, VHD, got 'OVA'", id="export-format"),
        pytest.param(f"{FIRST}.ssmParameterConfigurations[0].parameterName", "a b", "letters, digits and _.-/, got 'a b'", id="parameter-name"),
        pytest.param(f"{FIRST}.ssmParameterConfigurations[0].parameterName", "a" * 1012, "1 to 1,011 characters, got 1,012", id="long-parameter"),
        pytest.param(f"{FIRST}.ssmParameterConfigurations[0].amiAccountId", THIRD, "one of target_account_ids", id="parameter-elsewhere"),
        pytest.param(f"{FIRST}.ssmParameterConfigurations[0].dataType", "image", "one of text, aws:ec2:image", id="parameter-type"),
    ],
)  # fmt: skip
def test_fails_with_the_path_the_value_and_what_is_allowed(path: str, value: Any, reason: str) -> None:
    found = problems(changed(path, value))
    reported = [p for p in found if p.startswith(path)]
    assert len(found) == len(reported) == 1
    assert reason in found[reported[0]]


def test_fails_without_settings_for_the_region_of_the_configuration() -> None:
    found = problems(WHOLE | {"region": "eu-central-1"})
    assert found["distributions"].startswith("expected settings for 'eu-central-1'")


def test_fails_for_a_region_with_targets_whose_ami_has_fast_launch_enabled() -> None:
    target = {"name": NAME, "targetAccountIds": [OTHER]}
    found = problems(changed(f"{SECOND}.amiDistributionConfiguration", target))
    assert "enable fast launch in the destination account" in found[f"{FAST}.enabled"]
    own = {"name": NAME, "targetAccountIds": [OWN]}
    assert problems(changed(f"{SECOND}.amiDistributionConfiguration", own)) == {}


def test_fails_for_fast_launch_of_linux() -> None:
    found = problems(WHOLE | {"platform": "Linux"})
    assert found == {f"{FAST}.enabled": "expected false for platform Linux; fast launch is for Windows AMIs"}


def test_a_public_ami_needs_the_consent_of_the_program_and_no_license_of_its_own() -> None:
    public = changed(f"{AMI}.launchPermission.userGroups", ["all"], allowPublic=True)
    assert problems(public) == {}
    assert problems(public | {"licenseType": "BYOL", "platform": "Linux"} | _without_fast_launch(public)) == {}
    for platform in ({"platform": "Windows"}, {}):
        (reason,) = problems(public | {"licenseType": "BYOL", **platform}).values()
        assert "contains your own Windows license" in reason
    assert problems(public | {"licenseType": "BYOL", "platform": UNKNOWN}) == {}


def test_copies_can_have_the_tags_of_sysprep_and_source_but_none_of_an_owner() -> None:
    tags = {"vmimport:sysprep": "before-export", "vmimport:source-task": "import-ami-0123456789abcdef0"}
    assert problems(changed(f"{AMI}.amiTags", tags)) == {}
    owned = changed(f"{AMI}.amiTags", {**tags, "vmimport:identity": "web"})
    assert list(problems(owned)) == [f"{AMI}.amiTags.vmimport:identity"]


def test_fails_for_a_public_copy_that_a_key_encrypts() -> None:
    key = KEY.replace("eu-west-1", "us-east-1")
    ami = {"name": NAME, "kmsKeyId": key, "launchPermission": {"userGroups": ["all"]}}
    bag = changed(f"{SECOND}.amiDistributionConfiguration", ami, allowPublic=True)
    assert problems(bag) == {
        f"{SECOND}.amiDistributionConfiguration.kmsKeyId": "encrypts the copies, and EC2 does not make an encrypted AMI "
        "public; remove it, or remove 'all' from user_groups"
    }
    assert problems(bag | {"region": UNKNOWN}) == {}


def _without_fast_launch(bag: dict[str, Any]) -> dict[str, Any]:
    return {"distributions": bag["distributions"][:1]}


@pytest.mark.parametrize(
    ("at", "name", "words"),
    [
        pytest.param(AMI, "launchPermissions", "who may launch the AMI is launch_permission", id="launch-permissions"),
        pytest.param(AMI, "tags", "the tags of the AMI are ami_tags", id="tags"),
        pytest.param(AMI, "fastLaunchConfigurations", "beside ami_distribution_configuration", id="fast-launch-in-ami"),
        pytest.param(f"{FIRST}.s3ExportConfiguration", "S3Bucket", "the name of the bucket is s3_bucket", id="bucket"),
        pytest.param(f"{FIRST}.launchTemplateConfigurations[0]", "default", "set_default_version", id="default"),
        pytest.param(FIRST, "containerDistributionConfiguration", "is not supported", id="container"),
    ],
)
def test_a_name_that_the_guide_or_the_provider_has_is_refused_with_the_right_name(
    at: str, name: str, words: str
) -> None:
    found = problems(changed(f"{at}.{name}", {}))
    assert list(found) == [f"{at}.{name}"]
    assert words in found[f"{at}.{name}"]


def test_an_arn_that_ends_like_a_file_is_refused_with_the_reason() -> None:
    found = problems(changed(f"{FIRST}.licenseConfigurationArns[0]", LICENSE[:-5] + ".json"))
    assert "an ARN ends with the name of the resource, remove .json" in next(iter(found.values()))


def test_every_problem_is_reported_at_once_in_the_spelling_of_the_program() -> None:
    bag = changed(f"{AMI}.launchPermissions", {}) | {"name": "x"}
    bag["distributions"][0]["amiDistributionConfiguration"] |= {"name": "web", "kmsKeyId": "x"}
    bag["distributions"][1]["fastLaunchConfigurations"][0]["maxParallelLaunches"] = 1
    inputs, found = read_bag(DistributionSettingsInputs, bag)
    shown = [
        in_program_spelling(DistributionSettingsInputs, p)
        for p in (*found, *DistributionSettingsLifecycle().check(inputs))
    ]
    assert [text.split(": ")[0] for text in shown] == [
        "distributions[0].ami_distribution_configuration.launch_permissions",
        "name",
        "distributions[0].ami_distribution_configuration.name",
        "distributions[0].ami_distribution_configuration.kms_key_id",
        "distributions[1].fast_launch_configurations[0].max_parallel_launches",
    ]


def test_a_region_that_preview_does_not_know_may_be_the_source() -> None:
    assert problems(changed(f"{SECOND}.region", UNKNOWN, region="ap-northeast-1")) == {}
