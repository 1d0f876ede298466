"""Distribution configurations of Image Builder: requests, checks, idempotency, tags."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account

    from pulumi_vmimport_sandbox.aws import AwsSandbox

HERE, THERE = "eu-west-1", "us-west-2"
NAME = "web-{{ imagebuilder:buildDate }}"
ARN = f"arn:aws:imagebuilder:{HERE}:123456789012:distribution-configuration/"


@pytest.fixture
def builder(aws: "AwsSandbox") -> Any:
    return aws.client("imagebuilder")


def to(region: str = HERE, **settings: Any) -> dict[str, Any]:
    return {"region": region, "amiDistributionConfiguration": {"name": NAME}, **settings}


def created(builder: Any, name: str = "web", **change: Any) -> str:
    request = {"name": name, "distributions": [to()], **change}
    return str(builder.create_distribution_configuration(**request)["distributionConfigurationArn"])


def found(builder: Any, arn: str) -> dict[str, Any]:
    answer = builder.get_distribution_configuration(distributionConfigurationArn=arn)
    return dict(answer["distributionConfiguration"])


def test_a_configuration_reads_as_written(builder: Any) -> None:
    distributions = [
        to(
            HERE,
            licenseConfigurationArns=[
                f"arn:aws:license-manager:{HERE}:123456789012:license-configuration:lic-{'0' * 32}"
            ],
        ),
        to(THERE, fastLaunchConfigurations=[{"enabled": True, "accountId": "123456789012", "maxParallelLaunches": 6}]),
    ]
    arn = created(builder, distributions=distributions, description="web servers", tags={"team": "web"})
    answer = found(builder, arn)
    assert (answer["distributions"], answer["description"]) == (distributions, "web servers")
    assert (answer["name"], answer["tags"], answer["dateCreated"]) == ("web", {"team": "web"}, answer["dateUpdated"])


def test_names_that_differ_in_case_and_separators_are_the_same_resource(account: "Account", builder: Any) -> None:
    assert created(builder, "Web_Servers 1") == f"{ARN}web-servers-1"
    request = {"name": "web servers-1", "distributions": [to()]}
    code, _ = account.refused(builder.create_distribution_configuration, **request)
    assert code == "ResourceAlreadyExistsException"


def test_the_same_client_token_creates_one_configuration(account: "Account", builder: Any) -> None:
    request: dict[str, Any] = {"name": "web", "distributions": [to()], "clientToken": "a-token"}
    assert created(builder, **request) == created(builder, **request)
    code, _ = account.refused(builder.create_distribution_configuration, **{**request, "description": "other"})
    assert code == "IdempotentParameterMismatchException"


def test_a_dry_run_creates_nothing_and_succeeds_with_an_error(account: "Account", builder: Any) -> None:
    request = {"name": "web", "distributions": [to()], "dryRun": True}
    code, _ = account.refused(builder.create_distribution_configuration, **request)
    assert code == "DryRunOperationException"
    assert builder.list_distribution_configurations()["distributionConfigurationSummaryList"] == []
    created(builder)
    assert account.refused(builder.create_distribution_configuration, **request)[0] == "ResourceAlreadyExistsException"


def test_an_update_replaces_everything_but_name_and_tags(aws: "AwsSandbox", builder: Any) -> None:
    arn = created(builder, description="web servers", tags={"team": "web"})
    aws.clock.advance(60)
    builder.update_distribution_configuration(distributionConfigurationArn=arn, distributions=[to(THERE)])
    answer = found(builder, arn)
    assert [distribution["region"] for distribution in answer["distributions"]] == [THERE]
    assert ("description" in answer, answer["tags"]) == (False, {"team": "web"})
    assert answer["dateCreated"] < answer["dateUpdated"]


def test_configurations_are_listed_in_pages_and_by_name(builder: Any) -> None:
    arns = [created(builder, f"web{number}") for number in range(3)]
    first = builder.list_distribution_configurations(maxResults=2)
    rest = builder.list_distribution_configurations(maxResults=2, nextToken=first["nextToken"])
    listed = [*first["distributionConfigurationSummaryList"], *rest["distributionConfigurationSummaryList"]]
    assert ([entry["arn"] for entry in listed], "nextToken" in rest) == (arns, False)
    named = builder.list_distribution_configurations(filters=[{"name": "name", "values": ["web1"]}])
    assert [entry["regions"] for entry in named["distributionConfigurationSummaryList"]] == [[HERE]]


def test_a_deleted_configuration_is_not_found(account: "Account", builder: Any) -> None:
    arn = created(builder)
    builder.delete_distribution_configuration(distributionConfigurationArn=arn)
    for call in (builder.get_distribution_configuration, builder.delete_distribution_configuration):
        assert account.refused(call, distributionConfigurationArn=arn)[0] == "ResourceNotFoundException"


def test_tags_are_merged_and_removed(builder: Any) -> None:
    arn = created(builder, tags={"team": "web", "stage": "test"})
    builder.tag_resource(resourceArn=arn, tags={"stage": "production"})
    builder.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert builder.list_tags_for_resource(resourceArn=arn)["tags"] == {"stage": "production"}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        pytest.param({"name": "ab"}, "name", id="name-too-short"),
        pytest.param({"name": "web/1"}, "name", id="name-pattern"),
        pytest.param({"description": "x" * 1025}, "description", id="long-description"),
        pytest.param({"tags": {"aws:x": "y"}}, "tags.aws:x", id="reserved-tag"),
        pytest.param({"distributions": [{"region": HERE}]}, "distributions[0]", id="no-output"),
        pytest.param({"distributions": [to(), to()]}, "distributions[1].region", id="region-twice"),
        pytest.param({"distributions": [to("eu-west-9")]}, "distributions[0].region", id="unknown-region"),
        pytest.param(
            {"distributions": [to(amiDistributionConfiguration={"name": "web"})]},
            "distributions[0].amiDistributionConfiguration.name",
            id="no-build-date",
        ),
        pytest.param(
            {"distributions": [to(amiDistributionConfiguration={"targetAccountIds": ["12345"]})]},
            "distributions[0].amiDistributionConfiguration.targetAccountIds[0]",
            id="account-id",
        ),
        pytest.param(
            {"distributions": [to(launchTemplateConfigurations=[{"launchTemplateId": "lt-1"}])]},
            "distributions[0].launchTemplateConfigurations[0].launchTemplateId",
            id="launch-template",
        ),
        pytest.param(
            {
                "distributions": [
                    to(s3ExportConfiguration={"roleName": "r", "diskImageFormat": "VHDX", "s3Bucket": "b"})
                ]
            },
            "distributions[0].s3ExportConfiguration.diskImageFormat",
            id="disk-format",
        ),
        pytest.param(
            {
                "distributions": [
                    to(
                        fastLaunchConfigurations=[
                            {"enabled": True, "snapshotConfiguration": {"targetResourceCount": 10001}}
                        ]
                    )
                ]
            },
            "distributions[0].fastLaunchConfigurations[0].snapshotConfiguration.targetResourceCount",
            id="target-count",
        ),
    ],
)
def test_fails_naming_the_parameter(account: "Account", builder: Any, change: dict[str, Any], path: str) -> None:
    request = {"name": "web", "distributions": [to()], **change}
    code, message = account.refused(builder.create_distribution_configuration, **request)
    assert (code, message.partition(" is not valid.")[0]) == (
        "InvalidParameterValueException",
        f"The value supplied for parameter '{path}'",
    )


def test_fails_with_two_names_of_one_launch_template(account: "Account", builder: Any) -> None:
    template = {"launchTemplateId": f"lt-{'0' * 17}", "launchTemplateName": "web"}
    distribution = to(fastLaunchConfigurations=[{"enabled": True, "launchTemplate": template}])
    request = {"name": "web", "distributions": [distribution]}
    code, _ = account.refused(builder.create_distribution_configuration, **request)
    assert code == "InvalidParameterCombinationException"


def test_accounts_and_regions_are_separate(aws: "AwsSandbox", builder: Any) -> None:
    other = aws.second_account()
    arn = created(other.client("imagebuilder"))
    assert arn.split(":")[3:5] == [HERE, other.account_id]
    assert builder.list_distribution_configurations()["distributionConfigurationSummaryList"] == []
    assert (
        f"account {other.account_id}: imagebuilder {HERE} distribution-configuration/web" in aws.remaining_resources()
    )


def test_faults_and_permissions_apply(account: "Account", aws: "AwsSandbox", builder: Any) -> None:
    aws.faults.throttle("imagebuilder:GetDistributionConfiguration")
    arn = created(builder)
    call = builder.get_distribution_configuration
    assert account.refused(call, distributionConfigurationArn=arn)[0] == "CallRateLimitExceededException"
    allowed = {
        "Statement": [{"Effect": "Allow", "Action": "imagebuilder:CreateDistributionConfiguration", "Resource": "*"}]
    }
    with aws.permissions.limited_to(allowed):
        assert account.refused(call, distributionConfigurationArn=arn)[0] == "AccessDeniedException"
        request = {"name": "tagged", "distributions": [to()], "tags": {"team": "web"}}
        code, message = account.refused(builder.create_distribution_configuration, **request)
    assert (code, "imagebuilder:TagResource" in message) == ("AccessDeniedException", True)
    assert aws.calls.operations[0] == "CreateDistributionConfiguration"
