"""DistributeImage: states, copies in Regions and accounts, and the steps after the copy."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.image_builder.conftest import Distribution

HERE, THERE = "eu-west-1", "us-west-2"


def statuses(distribution: "Distribution", arn: str) -> list[str]:
    """The distinct statuses of an image until nothing changes any more."""
    seen: list[str] = []
    for _ in range(30):
        status = distribution.image(arn)["state"]["status"]
        seen += [status] if seen[-1:] != [status] else []
        distribution.aws.clock.advance(20)
    return seen


def test_an_image_is_pending_then_distributed_then_available(distribution: "Distribution") -> None:
    assert statuses(distribution, distribution.start()) == ["PENDING", "DISTRIBUTING", "AVAILABLE"]


def test_each_region_gets_an_ami_with_name_tags_and_description(distribution: "Distribution") -> None:
    settings = {"amiTags": {"team": "web"}, "description": "web servers"}
    image = distribution.ended(distribution.to(HERE), distribution.to(THERE, settings=settings))
    amis = image["outputResources"]["amis"]
    assert [(ami["region"], ami["accountId"]) for ami in amis] == [(HERE, "123456789012"), (THERE, "123456789012")]
    there = distribution.found(amis[1])
    assert there["Name"].startswith("web-20")
    assert there["Name"] == amis[1]["name"]
    assert (there["State"], there["Description"]) == ("available", "web servers")
    tags = {tag["Key"]: tag["Value"] for tag in there["Tags"]}
    assert tags == {"team": "web", "CreatedBy": "EC2 Image Builder", "Ec2ImageBuilderArn": image["arn"]}


def test_another_account_gets_its_own_ami(distribution: "Distribution") -> None:
    distribution.trust_own_account()
    image = distribution.ended(distribution.to(HERE), distribution.to(THERE, distribution.other.account_id))
    ami = image["outputResources"]["amis"][1]
    assert (ami["accountId"], distribution.found(ami)["OwnerId"]) == (distribution.other.account_id,) * 2


def test_fails_for_an_account_without_the_role(distribution: "Distribution") -> None:
    other = distribution.other.account_id
    image = distribution.ended(distribution.to(HERE), distribution.to(THERE, other))
    failure = image["state"]["failureContext"]["distributionFailure"]["regionFailures"]
    assert image["state"]["status"] == "FAILED"
    assert [(one["region"], one["targetAccountId"], "imageConfigurationStep" in one) for one in failure] == [
        (THERE, other, False)
    ]
    text = f"sts:AssumeRole on resource: arn:aws:iam::{other}:role/EC2ImageBuilderDistributionCrossAccountRole"
    assert text in failure[0]["errorMessage"]
    assert image["state"]["reason"].startswith("Not all distribution jobs are completed. 1) STS Client Error: ")
    assert [ami["region"] for ami in image["outputResources"]["amis"]] == [HERE]


def test_a_retry_distributes_only_what_failed(distribution: "Distribution") -> None:
    distribution.aws.faults.fail_distribution(THERE)
    failed = distribution.ended()
    before = failed["outputResources"]["amis"]
    answer = distribution.builder.retry_image(imageBuildVersionArn=failed["arn"])
    assert answer["imageBuildVersionArn"] == failed["arn"]
    distribution.finish()
    image = distribution.image(failed["arn"])
    assert image["state"] == {"status": "AVAILABLE"}
    assert image["outputResources"]["amis"][0] == before[0]
    assert [ami["region"] for ami in image["outputResources"]["amis"]] == [HERE, THERE]
    code, _ = distribution.refused(distribution.builder.retry_image, imageBuildVersionArn=image["arn"])
    assert code == "InvalidRequestException"


@pytest.mark.parametrize("step", ["UPDATE_LAUNCH_TEMPLATES", "PUT_SSM_PARAMETERS", "EXPORT_AMI"])
def test_a_step_can_fail_after_the_copy(distribution: "Distribution", step: str) -> None:
    distribution.aws.faults.fail_distribution(THERE, step, message="EC2 Client Error: 'no'")
    image = distribution.ended()
    failure = image["state"]["failureContext"]["distributionFailure"]["regionFailures"][0]
    assert (failure["region"], failure["imageConfigurationStep"]) == (THERE, step)
    assert failure["errorMessage"].startswith("EC2 Client Error: 'no' when distributing the image from the source")
    assert len(image["outputResources"]["amis"]) == 2


def test_launch_templates_parameters_and_permissions_are_set(distribution: "Distribution") -> None:
    ec2, ssm = distribution.aws.client("ec2", THERE), distribution.aws.client("ssm", THERE)
    template = ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": distribution.ami, "InstanceType": "t3.micro"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    image = distribution.ended(
        distribution.to(
            THERE,
            settings={"launchPermission": {"userIds": ["210987654321"]}},
            launchTemplateConfigurations=[{"launchTemplateId": template}],
            ssmParameterConfigurations=[{"parameterName": "/images/web", "dataType": "aws:ec2:image"}],
        )
    )
    assert image["state"] == {"status": "AVAILABLE"}
    ami = image["outputResources"]["amis"][0]["image"]
    default = ec2.describe_launch_template_versions(LaunchTemplateId=template, Versions=["$Default"])
    assert default["LaunchTemplateVersions"][0]["LaunchTemplateData"] == {"ImageId": ami, "InstanceType": "t3.micro"}
    assert ssm.get_parameter(Name="/images/web")["Parameter"]["Value"] == ami
    permissions = ec2.describe_image_attribute(ImageId=ami, Attribute="launchPermission")["LaunchPermissions"]
    assert permissions == [{"UserId": "210987654321"}]


def test_fast_launch_is_enabled_for_the_copies_of_a_windows_ami(distribution: "Distribution") -> None:
    fast_launch = {
        "enabled": True,
        "accountId": "123456789012",
        "maxParallelLaunches": 6,
        "snapshotConfiguration": {"targetResourceCount": 7},
    }
    image = distribution.ended(distribution.to(THERE, fastLaunchConfigurations=[fast_launch]))
    assert image["state"] == {"status": "AVAILABLE"}
    (found,) = distribution.aws.client("ec2", THERE).describe_fast_launch_images()["FastLaunchImages"]
    assert found["ImageId"] == image["outputResources"]["amis"][0]["image"]
    assert (found["SnapshotConfiguration"], found["State"]) == ({"TargetResourceCount": 7}, "enabling")


def test_too_few_parallel_launches_fail_the_step_of_fast_launch(distribution: "Distribution") -> None:
    fast_launch = {"enabled": True, "maxParallelLaunches": 5}
    image = distribution.ended(distribution.to(THERE, fastLaunchConfigurations=[fast_launch]))
    failure = image["state"]["failureContext"]["distributionFailure"]["regionFailures"][0]
    assert failure["imageConfigurationStep"] == "UPDATE_FAST_LAUNCH_CONFIGURATIONS"
    assert "The value must be 6 or greater" in failure["errorMessage"]


def test_a_missing_launch_template_fails_its_step(distribution: "Distribution") -> None:
    template = {"launchTemplateId": f"lt-{'0' * 17}"}
    image = distribution.ended(distribution.to(THERE, launchTemplateConfigurations=[template]))
    failure = image["state"]["failureContext"]["distributionFailure"]["regionFailures"][0]
    assert failure["imageConfigurationStep"] == "UPDATE_LAUNCH_TEMPLATES"
    assert template["launchTemplateId"] in failure["errorMessage"]


def test_an_unusable_key_fails_the_copy(distribution: "Distribution") -> None:
    settings = {"kmsKeyId": f"arn:aws:kms:{THERE}:123456789012:key/missing"}
    image = distribution.ended(distribution.to(HERE), distribution.to(THERE, settings=settings))
    failure = image["state"]["failureContext"]["distributionFailure"]["regionFailures"][0]
    assert failure["errorMessage"].startswith("AMI Copy Reported Failure For ami-")


def test_copies_are_encrypted_with_the_key_of_their_region(distribution: "Distribution") -> None:
    key = distribution.aws.client("kms", THERE).create_key()["KeyMetadata"]["Arn"]
    image = distribution.ended(distribution.to(THERE, settings={"kmsKeyId": key}))
    ami = distribution.found(image["outputResources"]["amis"][0])
    assert ami["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True


def test_an_exported_disk_image_arrives_before_the_image_is_available(distribution: "Distribution") -> None:
    account = distribution.account
    account.bucket("exports")
    account.iam.put_role_policy(
        RoleName="vmimport",
        PolicyName="export",
        PolicyDocument=account.document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
    )
    export = {"roleName": "vmimport", "diskImageFormat": "VMDK", "s3Bucket": "exports", "s3Prefix": "vms/"}
    arn = distribution.start(distribution.to(HERE, s3ExportConfiguration=export))
    distribution.finish()
    assert distribution.image(arn)["state"]["status"] == "DISTRIBUTING"
    distribution.aws.clock.advance(distribution.aws.settings.export_seconds)
    assert distribution.image(arn)["state"]["status"] == "AVAILABLE"
    assert len(account.s3.list_objects_v2(Bucket="exports", Prefix="vms/export-ami-")["Contents"]) == 1


def test_sources_can_be_parameters_and_images(distribution: "Distribution") -> None:
    ssm = distribution.aws.client("ssm")
    ssm.put_parameter(Name="/images/source", Value=distribution.ami, Type="String")
    image = distribution.ended(sourceImage="ssm:/images/source")
    version = image["arn"].rpartition("/")[0]
    again = distribution.ended(sourceImage=version.rpartition("/")[0] + "/x.x.x")
    assert again["state"]["status"] == "AVAILABLE"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        pytest.param({"sourceImage": "ami-00000000"}, "sourceImage", id="no-ami"),
        pytest.param({"sourceImage": "ssm:/none"}, "sourceImage", id="no-parameter"),
        pytest.param({"executionRole": "none"}, "executionRole", id="no-role"),
        pytest.param({"executionRole": "vmimport"}, "executionRole", id="role-without-trust"),
        pytest.param(
            {"loggingConfiguration": {"logGroupName": "mine"}}, "loggingConfiguration.logGroupName", id="log-group"
        ),
    ],
)
def test_fails_naming_the_parameter(distribution: "Distribution", change: dict[str, Any], path: str) -> None:
    code, message = distribution.refused(distribution.builder.distribute_image, **distribution.request(**change))
    assert (code, f"'{path}'" in message) == ("InvalidParameterValueException", True)


def test_the_same_token_distributes_once(distribution: "Distribution") -> None:
    request = distribution.request(clientToken="a-token")
    first, second = (distribution.builder.distribute_image(**request) for _ in range(2))
    assert first["imageBuildVersionArn"] == second["imageBuildVersionArn"]
    assert len(distribution.builder.list_image_build_versions()["imageSummaryList"]) == 1


def test_a_later_change_of_the_configuration_does_not_affect_an_image(distribution: "Distribution") -> None:
    request = distribution.request()
    arn = distribution.builder.distribute_image(**request)["imageBuildVersionArn"]
    distribution.builder.update_distribution_configuration(
        distributionConfigurationArn=request["distributionConfigurationArn"], distributions=[distribution.to(HERE)]
    )
    distribution.finish()
    assert len(distribution.image(arn)["outputResources"]["amis"]) == 2


def test_a_cancelled_image_keeps_its_copies(distribution: "Distribution") -> None:
    arn = distribution.start()
    distribution.aws.clock.advance(distribution.aws.settings.distribution_pending_seconds)
    assert distribution.image(arn)["state"]["status"] == "DISTRIBUTING"
    distribution.builder.cancel_image_creation(imageBuildVersionArn=arn)
    distribution.aws.clock.advance(distribution.aws.settings.cancel_image_seconds)
    image = distribution.image(arn)
    assert (image["state"]["status"], len(image["outputResources"]["amis"])) == ("CANCELLED", 2)


def test_images_are_listed_with_their_tags(distribution: "Distribution") -> None:
    image = distribution.ended(tags={"team": "web"})
    distribution.builder.tag_resource(resourceArn=image["arn"], tags={"stage": "test"})
    listed = distribution.builder.list_image_build_versions()["imageSummaryList"]
    assert [(one["arn"], one["tags"]) for one in listed] == [(image["arn"], {"team": "web", "stage": "test"})]
    versions = distribution.builder.list_images(owner="Self")["imageVersionList"]
    assert [one["arn"] for one in versions] == [image["arn"].rpartition("/")[0]]
