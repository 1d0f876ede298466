"""Distribution configurations and the roles for them on the engine, and the examples of AWS's guide."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws
import pytest

from pulumi_vmimport import CrossAccountDistributionRole, DistributeImage, DistributionExecutionRole, ImageDistribution
from pulumi_vmimport_sandbox import Sandbox

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HERE, GUIDE_REGION, OWN = "eu-west-1", "us-west-2", "123456789012"
NAME, TARGET_ROLE = "Web {{ imagebuilder:buildDate }}", "EC2ImageBuilderDistributionCrossAccountRole"

# https://docs.aws.amazon.com/imagebuilder/latest/userguide/cr-upd-ami-distribution-settings.html, without clientToken.
# The update example of the guide has `launchPermissions` and `tags`, which are not in the API.
ACCOUNTS = """
{"name": "MyExampleAccountDistribution",
 "description": "Copies AMI to eu-west-1, and specifies accounts that can launch instances in each Region.",
 "distributions": [
  {"region": "us-west-2", "amiDistributionConfiguration": {
    "name": "Name {{imagebuilder:buildDate}}", "description": "An example image name with parameter references",
    "amiTags": {"KeyName": "Some Value"}, "launchPermission": {"userIds": ["987654321012"]}}},
  {"region": "eu-west-1", "amiDistributionConfiguration": {
    "name": "My {{imagebuilder:buildVersion}} image {{imagebuilder:buildDate}}",
    "amiTags": {"KeyName": "Some value"}, "launchPermission": {"userIds": ["100000000001"]}}}]}
"""
ORGANIZATIONS = """
{"name": "MyExampleAWSOrganizationDistribution", "description": "Shares AMI with the Organization and OU",
 "distributions": [{"region": "us-west-2", "amiDistributionConfiguration": {
  "name": "Name {{ imagebuilder:buildDate }}", "launchPermission": {
   "organizationArns": ["arn:aws:organizations::123456789012:organization/o-myorganization123"],
   "organizationalUnitArns": ["arn:aws:organizations::123456789012:ou/o-123example/ou-1234-myorganizationalunit"]}}}]}
"""
FAST_LAUNCH = """
{"name": "WinFastLaunchDistribution",
 "description": "An example of Windows AMI EC2 Fast Launch settings in the distribution configuration.",
 "distributions": [{"region": "us-west-2",
  "amiDistributionConfiguration": {"name": "Name {{imagebuilder:buildDate}}",
   "description": "Includes Windows AMI EC2 Fast Launch settings.", "amiTags": {"KeyName": "Some Value"}},
  "fastLaunchConfigurations": [{"enabled": true, "snapshotConfiguration": {"targetResourceCount": 5},
   "maxParallelLaunches": 6,
   "launchTemplate": {"launchTemplateId": "lt-0ab1234c56d789012", "launchTemplateVersion": "1"}}],
  "launchTemplateConfigurations": [{"launchTemplateId": "lt-0ab1234c56d789012", "setDefaultVersion": true}]}]}
"""
S3_EXPORT = """
{"name": "example-distribution-configuration-with-vm-export", "description": "example",
 "distributions": [{"region": "us-west-2", "amiDistributionConfiguration": {"description": "example-with-vm-export"},
  "s3ExportConfiguration": {"roleName": "vmimport", "diskImageFormat": "RAW", "s3Bucket": "vm-bucket-export"}}]}
"""
UPDATE = """
{"description": "Copies AMI to eu-west-2, and specifies accounts that can launch instances in each Region.",
 "distributions": [
  {"region": "us-west-2", "amiDistributionConfiguration": {
    "name": "Name {{imagebuilder:buildDate}}", "description": "An example image name with parameter references",
    "launchPermission": {"userIds": ["987654321012"]}}},
  {"region": "eu-west-2", "amiDistributionConfiguration": {
    "name": "My {{imagebuilder:buildVersion}} image {{imagebuilder:buildDate}}",
    "amiTags": {"KeyName": "Some value"}, "launchPermission": {"userIds": ["100000000001"]}}}]}
"""


def example(name: str) -> Callable[[], None]:
    """An example as a program."""

    def program() -> None:
        runpy.run_path(str(EXAMPLES / f"{name}.py"))

    return program


def configurations(account: Any, region: str) -> list[dict[str, Any]]:
    """The configurations as Image Builder returns them, which is as it received them."""
    builder = account.observer("imagebuilder", region)
    listed = builder.list_distribution_configurations()["distributionConfigurationSummaryList"]
    found = (builder.get_distribution_configuration(distributionConfigurationArn=of["arn"]) for of in listed)
    return [of["distributionConfiguration"] for of in found]


def request(configuration: dict[str, Any]) -> dict[str, Any]:
    return {name: configuration[name] for name in ("name", "description", "distributions")}


def guide(text: str) -> dict[str, Any]:
    """A request of the guide; pulumi-aws requires the account of a fast launch, which the guide omits."""
    parsed: dict[str, Any] = json.loads(text)
    for of in parsed["distributions"]:
        for launch in of.get("fastLaunchConfigurations", []):
            launch["accountId"] = OWN
    return parsed


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("distribution_accounts", ACCOUNTS, id="accounts"),
        pytest.param("distribution_organizations", ORGANIZATIONS, id="organizations"),
        pytest.param("distribution_fast_launch", FAST_LAUNCH, id="fast-launch"),
        pytest.param("distribution_s3_export", S3_EXPORT, id="s3-export"),
    ],
)
def test_image_builder_receives_the_request_of_the_guide(
    new_stack: Callable[..., Any], sandbox: Sandbox, name: str, text: str
) -> None:
    before = sandbox.aws.remaining_resources()
    stack = new_stack(example(name), config={"aws:region": GUIDE_REGION})
    stack.preview()
    assert sandbox.aws.remaining_resources() == before
    stack.up()
    (made,) = configurations(sandbox.aws, GUIDE_REGION)
    assert request(made) == guide(text)
    assert stack.outputs()["arn"] == made["arn"]
    sandbox.aws.calls.clear()
    assert stack.up(refresh=True).keys() == {"same"}
    assert sandbox.aws.calls.writes() == []
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before


def test_an_update_is_that_of_the_guide_and_names_what_a_removed_region_keeps(
    new_stack: Callable[..., Any], sandbox: Sandbox
) -> None:
    programs = [example("distribution_update"), example("distribution_accounts")]

    def program() -> None:
        programs[-1]()

    stack = new_stack(program, config={"aws:region": GUIDE_REGION})
    stack.up()
    kept = sandbox.aws.observer("ec2", "eu-west-1").register_image(Name="My 1.0.0/1 image 2026-11-29T00-00-00Z")
    programs.pop()
    stack.preview()
    printed = " ".join("".join(stack.output).split())
    assert f"eu-west-1 is removed from the configuration and keeps the AMIs {kept['ImageId']}" in printed
    assert "the change applies to later distributions" in printed
    assert stack.up() == {"update": 2, "same": 2}
    (made,) = configurations(sandbox.aws, GUIDE_REGION)
    assert {member: made[member] for member in ("description", "distributions")} == guide(UPDATE)
    stack.destroy()
    assert configurations(sandbox.aws, GUIDE_REGION) == []


@pytest.mark.both_hosts
def test_drift_shows_and_up_repairs_it(new_stack: Callable[..., Any], sandbox: Sandbox) -> None:
    stack = new_stack(example("distribution_accounts"), config={"aws:region": GUIDE_REGION})
    assert stack.up() == {"create": 4 + stack.settings_providers}
    builder = sandbox.aws.observer("imagebuilder", GUIDE_REGION)
    (made,) = configurations(sandbox.aws, GUIDE_REGION)
    builder.update_distribution_configuration(
        distributionConfigurationArn=made["arn"], description="edited", distributions=made["distributions"][:1]
    )
    assert stack.preview(refresh=True) == {"update": 1, "same": 3 + stack.settings_providers}
    assert stack.up(refresh=True) == {"update": 1, "same": 3 + stack.settings_providers}
    (repaired,) = configurations(sandbox.aws, GUIDE_REGION)
    assert request(repaired) == guide(ACCOUNTS)
    builder.delete_distribution_configuration(distributionConfigurationArn=made["arn"])
    assert stack.up(refresh=True) == {"create": 1, "same": 3 + stack.settings_providers}
    assert request(configurations(sandbox.aws, GUIDE_REGION)[0]) == guide(ACCOUNTS)


def test_fails_in_preview_for_a_region_that_is_not_enabled_and_where_public_amis_are_blocked(
    new_stack: Callable[..., Any], sandbox: Sandbox
) -> None:
    sandbox.aws.account(sandbox.aws.account_id).disable_region("af-south-1")
    ec2 = sandbox.aws.observer("ec2", HERE)
    ec2.enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")
    ami = {"name": "web {{ imagebuilder:buildDate }}"}
    public = {**ami, "launch_permission": {"user_groups": ["all"]}}
    wanted: Any = [
        {"region": HERE, "ami_distribution_configuration": public},
        {"region": "af-south-1", "ami_distribution_configuration": ami},
    ]
    args: Any = {"name": "web", "distributions": wanted, "allow_public": True}
    stack = new_stack(lambda: ImageDistribution("web", args) and None)
    printed = " ".join(stack.fails(stack.preview).split())
    assert "distributions[1].region: Region af-south-1 is not enabled in account" in printed
    assert f"block public access for AMIs is on in {HERE}" in printed
    assert configurations(sandbox.aws, HERE) == []


def test_fails_in_preview_with_every_problem_and_nothing_is_created(
    new_stack: Callable[..., Any], sandbox: Sandbox
) -> None:
    ami = {
        "name": "web",
        "launchPermissions": {},
        "kms_key_id": "alias/web",
        "launch_permission": {"user_groups": ["all"]},
    }
    wrong: Any = [
        {"region": HERE, "ami_distribution_configuration": ami},
        {"region": HERE, "container_distribution_configuration": {}},
    ]
    stack = new_stack(lambda: ImageDistribution("web", {"name": "x", "distributions": wrong}) and None)
    printed = stack.fails(stack.preview)
    path = "distributions[0].ami_distribution_configuration"
    for words in (
        "name: expected 3 to 128 letters",
        f"{path}.name: expected a name that contains {{{{ imagebuilder:buildDate }}}}",
        f"{path}.launch_permissions: is not a property of AmiDistributionConfiguration",
        f"{path}.kms_key_id: expected the ARN of a KMS key or alias",
        f"{path}.launch_permission.user_groups[0]: 'all' makes the AMI public",
        "distributions[1].region: expected each Region once",
        "distributions[1].container_distribution_configuration: is not supported",
    ):
        assert words in printed
    assert configurations(sandbox.aws, HERE) == []


def test_a_configuration_that_a_killed_run_left_is_reused_and_another_owner_s_is_not_touched(
    new_stack: Callable[..., Any], sandbox: Sandbox
) -> None:
    to: Any = [{"region": HERE, "ami_distribution_configuration": {"name": NAME}}]
    stack = new_stack(lambda: ImageDistribution("web", {"distributions": to}) and None)
    stack.preview()
    before = stack.state()
    stack.up()
    (made,) = configurations(sandbox.aws, HERE)
    stack.load(before)  # as if the run had been killed before Pulumi recorded the configuration
    assert stack.up() == {"create": 3, "import": 1}
    assert [of["dateCreated"] for of in configurations(sandbox.aws, HERE)] == [made["dateCreated"]]
    other = new_stack(lambda: ImageDistribution("web", {"distributions": to}) and None, name="other")
    assert "does not change a configuration that it did not create" in other.fails(other.preview)
    stack.destroy()
    assert configurations(sandbox.aws, HERE) == []


@pytest.fixture
def ami(sandbox: Sandbox, image_args: dict[str, Any]) -> str:
    """An imported AMI."""
    ec2, place = sandbox.aws.observer("ec2", HERE), image_args["disk_containers"][0]["user_bucket"]
    disk = {"Format": "RAW", "UserBucket": {"S3Bucket": place["s3_bucket"], "S3Key": place["s3_key"]}}
    task = ec2.import_image(DiskContainers=[disk], LicenseType="BYOL", Platform="Windows")["ImportTaskId"]
    sandbox.clock.advance(sandbox.aws.settings.import_seconds)
    return str(ec2.describe_import_image_tasks(ImportTaskIds=[task])["ImportImageTasks"][0]["ImageId"])


def test_the_example_of_the_roles_distributes_an_ami_and_destroys_it_everywhere(
    new_stack: Callable[..., Any], sandbox: Sandbox, ami: str
) -> None:
    shop = sandbox.aws.second_account()
    before = sandbox.aws.remaining_resources()
    stack = new_stack(example("distribution_roles"), config={"web:shopRoleArn": shop.role_arn, "web:imageId": ami})
    stack.up()
    assert stack.outputs()["executionRole"].endswith(":role/distribution-web-dev-distributor")
    made = {(of["region"], of["account"]) for of in stack.outputs()["amis"]}
    assert {(HERE, shop.account_id), ("us-east-1", shop.account_id)} <= made
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before


def test_three_accounts_and_three_regions_have_their_roles_settings_and_amis_in_one_stack(
    new_stack: Callable[..., Any], sandbox: Sandbox, ami: str
) -> None:
    targets = [sandbox.aws.second_account() for _ in range(2)]
    before = sandbox.aws.remaining_resources()

    def program() -> None:
        roles = []
        for number, account in enumerate(targets):
            assumed = pulumi_aws.Provider(
                f"target-{number}", region=HERE, assume_roles=[{"role_arn": account.role_arn}]
            )
            opts = pulumi.ResourceOptions(provider=assumed)
            roles.append(CrossAccountDistributionRole(f"target-{number}", {"source_account_id": OWN}, opts))
        ids: Any = [role.account_id for role in roles]
        execution = DistributionExecutionRole("distributor", {"target_account_ids": ids})
        regions = (HERE, "us-east-1", "ap-northeast-1")
        settings = {"name": NAME, "target_account_ids": [OWN, *ids]}
        to: Any = [{"region": region, "ami_distribution_configuration": settings} for region in regions]
        distribution = ImageDistribution("web", {"distributions": to, "image_id": ami})
        copies = DistributeImage(
            "web",
            source_image=ami,
            distribution_configuration_arn=distribution.arn,
            execution_role=execution.role_arn,
            opts=pulumi.ResourceOptions(depends_on=[*roles, execution]),
        )
        pulumi.export("amis", copies.amis)
        pulumi.export("role", execution.role_arn)
        pulumi.export("regions", distribution.regions)

    stack = new_stack(program)
    stack.preview()
    stack.up()
    assert stack.outputs()["regions"] == [HERE, "us-east-1", "ap-northeast-1"]
    for account in targets:
        trust = account.observer("iam").get_role(RoleName=TARGET_ROLE)["Role"]["AssumeRolePolicyDocument"]
        assert trust["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{OWN}:root"}
    (made,) = configurations(sandbox.aws, HERE)
    accounts = [account.account_id for account in targets]
    assert [of["amiDistributionConfiguration"]["targetAccountIds"] for of in made["distributions"]] == [
        [OWN, *accounts]
    ] * 3
    amis = {(of["region"], of["account"]) for of in stack.outputs()["amis"]}
    assert amis == {(region, account) for region in stack.outputs()["regions"] for account in (OWN, *accounts)}
    sandbox.aws.calls.clear()
    assert stack.up(refresh=True).keys() == {"same"}
    assert sandbox.aws.calls.writes() == []
    targets[0].observer("iam").delete_role_policy(
        RoleName=TARGET_ROLE, PolicyName="Ec2ImageBuilderCrossAccountDistributionAccess"
    )
    changes = stack.up(refresh=True)
    assert (changes["create"], changes.keys()) == (1, {"create", "same"})
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before
