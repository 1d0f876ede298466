"""What preview asks AWS about a distribution configuration, against the sandbox."""

from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.contract import UNKNOWN
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.image_builder.distribution_inputs import DistributionSettingsInputs
from pulumi_vmimport.resources.image_builder.distribution_settings_lifecycle import DistributionSettingsLifecycle

HERE, THERE, OTHER = "eu-west-1", "us-east-1", "210987654321"
OWNER = "0123456789abcdef0123456789abcdef"
NAME = "Web {{ imagebuilder:buildDate }}"
lifecycle = DistributionSettingsLifecycle()


def distribution(region: str, **settings: Any) -> dict[str, Any]:
    return {"region": region, "amiDistributionConfiguration": {"name": NAME}, **settings}


def settings(*distributions: dict[str, Any], **others: Any) -> DistributionSettingsInputs:
    bag = {"region": HERE, "name": "Web_servers", "distributions": list(distributions), "owner": OWNER, **others}
    inputs, problems = read_bag(DistributionSettingsInputs, bag)
    assert [*problems, *lifecycle.check(inputs)] == []
    return inputs


def found(run: Any, inputs: DistributionSettingsInputs) -> list[tuple[str, str]]:
    return [(p.path, p.reason) for p in lifecycle.preflight(run, inputs)]


@pytest.fixture
def run(new_run: Callable[..., Any]) -> Any:
    return new_run()


def configure(aws: Any, *distributions: dict[str, Any], owner: str | None = OWNER, name: str = "Web_servers") -> str:
    tags = {"tags": {IDENTITY_TAG: owner}} if owner else {}
    builder = aws.observer("imagebuilder")
    created = builder.create_distribution_configuration(name=name, distributions=list(distributions), **tags)
    return str(created["distributionConfigurationArn"])


def test_image_builder_validates_the_request_and_creates_nothing(run: Any, aws: Any) -> None:
    inputs = settings(distribution(HERE), distribution(THERE), description="web", tags={"team": "web"})
    assert found(run, inputs) == []
    assert len(aws.calls.of("CreateDistributionConfiguration")) == 1
    assert aws.observer("imagebuilder").list_distribution_configurations()["distributionConfigurationSummaryList"] == []
    assert run.warnings == []


def test_what_image_builder_rejects_is_a_problem_in_its_words(run: Any) -> None:
    (path, reason), in_preview = found(run, settings(distribution(HERE), distribution("xy-west-9")))
    assert path == "distributions"
    assert in_preview == ("distributions[1].region", "expected a Region of AWS partition aws, got 'xy-west-9'")
    assert "InvalidParameterValueException" in reason
    assert "xy-west-9 does not exist" in reason


def test_a_configuration_with_unknown_values_is_not_sent(run: Any, aws: Any) -> None:
    assert found(run, settings({"region": HERE, "amiDistributionConfiguration": {"kmsKeyId": UNKNOWN}})) == []
    assert aws.calls.of("CreateDistributionConfiguration") == []


def test_fails_for_the_name_of_a_configuration_that_another_owner_created(run: Any, aws: Any) -> None:
    configure(aws, distribution(HERE), name="web servers", owner=None)
    ((path, reason),) = found(run, settings(distribution(HERE)))
    assert path == "name"
    assert "exists in account" in reason
    assert "set another name" in reason


def test_an_unchanged_configuration_of_this_component_is_validated_without_a_warning(run: Any, aws: Any) -> None:
    configure(aws, distribution(HERE))
    assert found(run, settings(distribution(HERE))) == []
    assert run.warnings == []


def test_a_change_warns_of_what_it_leaves_as_it_is(run: Any, aws: Any) -> None:
    image_id = aws.observer("ec2", THERE).register_image(Name="Web 2026-11-29T00-00-00Z")["ImageId"]
    aws.observer("ec2", THERE).register_image(Name="Mail 2026-11-29T00-00-00Z")
    target = {"name": NAME, "targetAccountIds": [OTHER]}
    configure(aws, distribution(HERE) | {"amiDistributionConfiguration": target}, distribution(THERE))
    assert found(run, settings(distribution(HERE))) == []
    later, account, region = run.warnings
    assert "later distributions" in later
    assert account.startswith(f"{OTHER} will receive no more AMIs in {HERE}; those that were distributed stay until")
    assert region.startswith(f"{THERE} is removed from the configuration and keeps the AMIs {image_id} that it has")


def test_warns_of_a_key_and_of_more_launch_templates_than_the_guide_allows(run: Any, aws: Any) -> None:
    key = aws.observer("kms").create_key()["KeyMetadata"]["Arn"]
    templates = [{"launchTemplateId": f"lt-0ab1234c56d78901{n}"} for n in range(6)]
    ami = {"name": NAME, "kmsKeyId": key}
    of = {"region": HERE, "amiDistributionConfiguration": ami, "launchTemplateConfigurations": templates}
    assert found(run, settings(of)) == []
    assert "has 6 items; the Image Builder guide allows 5" in run.warnings[0]
    assert "not the source AMI" in run.warnings[1]


def bucket(aws: Any, name: str, region: str = HERE, key: str | None = None) -> None:
    s3 = aws.observer("s3", region)
    location = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **location)
    if key:
        by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": by_default}]}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)


def exporting(name: str) -> dict[str, Any]:
    export = {"roleName": "vmimport", "diskImageFormat": "RAW", "s3Bucket": name}
    return distribution(HERE, s3ExportConfiguration=export)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda aws: None, "does not exist; create it with ExportBucket", id="none"),
        pytest.param(lambda aws: bucket(aws, "exports", THERE), f"is in {THERE}, expected {HERE}", id="elsewhere"),
        pytest.param(
            lambda aws: bucket(aws, "exports", key="alias/web"), "encrypts with a KMS key (aws:kms)", id="kms"
        ),
    ],
)
def test_fails_for_a_bucket_that_no_export_can_be_written_to(
    run: Any, aws: Any, make: Callable[[Any], None], words: str
) -> None:
    make(aws)
    ((path, reason),) = found(run, settings(exporting("exports")))
    assert path == "distributions[0].s3ExportConfiguration.s3Bucket"
    assert words in reason


def test_fails_for_a_bucket_of_another_account(run: Any, aws: Any) -> None:
    def refuse(_: Any) -> None:  # S3 looks at the expected owner, moto does not
        aws.faults.error("HeadBucket", "403", "Forbidden", status=403)

    bucket(aws, "exports")
    aws.faults.on("HeadBucket", refuse, when="after")
    ((_, reason),) = found(run, settings(exporting("exports")))
    assert "belongs to another account" in reason


def test_a_bucket_that_the_stack_has_yet_to_create_is_no_problem(new_run: Callable[..., Any]) -> None:
    assert found(new_run(supplied=("distributions",)), settings(exporting("exports"))) == []


def test_fails_for_fast_launch_of_an_ami_that_is_no_windows_ami(run: Any, aws: Any) -> None:
    linux = aws.observer("ec2").register_image(Name="linux")["ImageId"]
    launching = distribution(HERE, fastLaunchConfigurations=[{"enabled": True}])
    ((path, reason),) = found(run, settings(launching, imageId=linux))
    assert path == "distributions[0].fastLaunchConfigurations"
    assert f"{linux} runs Linux" in reason


def test_fails_for_a_public_ami_with_a_windows_license_of_its_own(run: Any, byol_ami: str) -> None:
    ami = {"name": NAME, "launchPermission": {"userGroups": ["all"]}}
    public = {"region": HERE, "amiDistributionConfiguration": ami}
    ((path, reason),) = found(run, settings(public, imageId=byol_ami, allowPublic=True))
    assert path == "distributions[0].amiDistributionConfiguration.launchPermission.userGroups"
    assert f"{byol_ami} contains your own Windows license" in reason


def test_fails_for_an_ami_that_does_not_exist(run: Any) -> None:
    ((path, reason),) = found(run, settings(distribution(HERE), imageId="ami-0123456789abcdef0"))
    assert (path, "does not exist in account" in reason) == ("imageId", True)


def test_a_denied_check_is_a_warning(run: Any, aws: Any) -> None:
    aws.faults.error("CreateDistributionConfiguration", "AccessDeniedException", "not authorized")
    assert found(run, settings(distribution(HERE))) == []
    (warning,) = run.warnings
    assert "distributions not checked before the run" in warning


def test_the_resource_records_what_was_checked_and_touches_nothing(run: Any, aws: Any) -> None:
    inputs = settings(distribution(HERE))
    created = lifecycle.create(run, inputs)
    assert created.id == "Web_servers"
    assert lifecycle.read(run, created.id, created.state) == created.state
    other = settings(distribution(HERE), distribution(THERE))
    assert lifecycle.update(run, created.id, created.state, other).distributions == other.distributions
    lifecycle.delete(run, created.id, created.state)
    assert aws.calls.operations == []


def test_the_keys_of_the_copies_and_their_recipients_are_checked(run: Any, aws: Any) -> None:
    key = aws.observer("kms", THERE).create_key()["KeyMetadata"]["Arn"]
    ami = {"name": NAME, "kmsKeyId": key, "launchPermission": {"userIds": [OTHER]}}
    missing = f"arn:aws:kms:{HERE}:123456789012:key/0f1e2d3c-0000-4000-8000-000000000000"
    here = distribution(HERE, amiDistributionConfiguration={"name": NAME, "kmsKeyId": missing})
    reasons = dict(found(run, settings(here, distribution(THERE, amiDistributionConfiguration=ami))))
    path = "amiDistributionConfiguration.kmsKeyId"
    assert f"does not exist in {HERE}" in reasons[f"distributions[0].{path}"]
    assert "and its grants do not allow kms:DescribeKey" in reasons[f"distributions[1].{path}"]
    assert f"to account {OTHER};" in reasons[f"distributions[1].{path}"]
    run.supplied = ("distributions",)
    assert found(run, settings(here)) == []


def test_an_ami_without_sysprep_is_a_warning(run: Any, aws: Any, byol_ami: str) -> None:
    aws.observer("ec2").create_tags(Resources=[byol_ami], Tags=[{"Key": "vmimport:sysprep", "Value": "none"}])
    assert found(run, settings(distribution(HERE), imageId=byol_ami)) == []
    assert any("was imported with sysprep none and would be distributed" in warning for warning in run.warnings)
