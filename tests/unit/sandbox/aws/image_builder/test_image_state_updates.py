"""StartResourceStateUpdate and DeleteImage."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.image_builder.conftest import Distribution

HERE, THERE = "eu-west-1", "us-west-2"


def update(distribution: "Distribution", arn: str, state: str = "DELETED", **more: Any) -> dict[str, Any]:
    """Give an image and everything in it a state, and return the execution."""
    answer = distribution.builder.start_resource_state_update(
        resourceArn=arn,
        state={"status": state},
        includeResources={"amis": True, "snapshots": state == "DELETED"},
        executionRole="distribution",
        **more,
    )
    distribution.aws.clock.advance(distribution.aws.settings.lifecycle_execution_seconds)
    id = answer["lifecycleExecutionId"]
    return dict(distribution.builder.get_lifecycle_execution(lifecycleExecutionId=id)["lifecycleExecution"])


def test_amis_and_snapshots_of_all_accounts_are_deleted(distribution: "Distribution") -> None:
    distribution.trust_own_account()
    before = [line for line in distribution.aws.remaining_resources() if "distribution-configuration" not in line]
    image = distribution.ended(distribution.to(HERE), distribution.to(THERE, distribution.other.account_id))
    assert update(distribution, image["arn"])["state"] == {"status": "SUCCESS"}
    after = [line for line in distribution.aws.remaining_resources() if "distribution-configuration" not in line]
    assert after == before
    code, _ = distribution.refused(distribution.builder.get_image, imageBuildVersionArn=image["arn"])
    assert code == "ResourceNotFoundException"


def test_fails_for_an_account_without_the_lifecycle_role(distribution: "Distribution") -> None:
    distribution.trust_own_account()
    image = distribution.ended(distribution.to(HERE), distribution.to(THERE, distribution.other.account_id))
    iam, role = distribution.other.client("iam"), "Ec2ImageBuilderCrossAccountLifecycleAccess"
    iam.delete_role_policy(RoleName=role, PolicyName="p")
    iam.delete_role(RoleName=role)
    execution = update(distribution, image["arn"])
    assert execution["state"]["status"] == "FAILED"
    resources = distribution.builder.list_lifecycle_execution_resources(
        lifecycleExecutionId=execution["lifecycleExecutionId"]
    )["resources"]
    assert [one["state"]["status"] for one in resources] == ["SUCCESS", "FAILED"]
    assert role in resources[1]["state"]["reason"]
    assert distribution.image(image["arn"])["lifecycleExecutionId"] == execution["lifecycleExecutionId"]


def test_the_record_alone_is_deleted_and_not_while_it_is_distributed(distribution: "Distribution") -> None:
    arn = distribution.start()
    code, message = distribution.refused(distribution.builder.delete_image, imageBuildVersionArn=arn)
    assert (code, arn in message) == ("ResourceDependencyException", True)
    distribution.finish()
    amis = distribution.image(arn)["outputResources"]["amis"]
    distribution.builder.delete_image(imageBuildVersionArn=arn)
    assert distribution.found(amis[1])["State"] == "available"


def test_fails_while_an_image_is_distributed_or_deleted(distribution: "Distribution") -> None:
    arn = distribution.start()
    request: dict[str, Any] = {
        "resourceArn": arn,
        "state": {"status": "DELETED"},
        "includeResources": {"amis": True, "snapshots": True},
        "executionRole": "distribution",
    }
    call = distribution.builder.start_resource_state_update
    assert distribution.refused(call, **request)[0] == "ResourceInUseException"
    distribution.finish()
    call(**request)
    assert distribution.refused(call, **request)[0] == "ResourceInUseException"


def test_fails_without_the_resources_to_delete(distribution: "Distribution") -> None:
    image = distribution.ended()
    call = distribution.builder.start_resource_state_update
    code, _ = distribution.refused(call, resourceArn=image["arn"], state={"status": "DELETED"})
    assert code == "InvalidRequestException"


@pytest.mark.parametrize("state", ["DEPRECATED", "DISABLED", "AVAILABLE"])
def test_a_state_of_the_image_alone_applies_at_once(distribution: "Distribution", state: str) -> None:
    image = distribution.ended()
    answer = distribution.builder.start_resource_state_update(resourceArn=image["arn"], state={"status": state})
    assert "lifecycleExecutionId" not in answer
    assert distribution.image(image["arn"])["state"]["status"] == state


def test_the_amis_of_an_image_are_disabled_and_restored(distribution: "Distribution") -> None:
    distribution.trust_own_account()
    image = distribution.ended(distribution.to(HERE))
    (ami,) = image["outputResources"]["amis"]
    for state, of_ami in (("DISABLED", "disabled"), ("AVAILABLE", "available")):
        assert update(distribution, image["arn"], state)["state"] == {"status": "SUCCESS"}
        assert distribution.image(image["arn"])["state"]["status"] == state
        assert distribution.found(ami)["State"] == of_ami


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param({"regions": [THERE]}, id="region"),
        pytest.param({"sharedAccounts": ["111122223333"]}, id="account"),
        pytest.param({"isPublic": True}, id="public"),
        pytest.param({"tagMap": {"keep": "yes"}}, id="tag"),
    ],
)
def test_excluded_amis_and_their_image_remain(distribution: "Distribution", rules: dict[str, Any]) -> None:
    permissions = {"sharedAccounts": {"userIds": ["111122223333"]}, "isPublic": {"userGroups": ["all"]}}
    settings = {"launchPermission": permissions[next(iter(rules))]} if next(iter(rules)) in permissions else {}
    distribution.trust_own_account()
    image = distribution.ended(distribution.to(HERE), distribution.to(THERE, settings=settings))
    here, there = image["outputResources"]["amis"]
    ec2 = distribution.aws.client("ec2", THERE)
    ec2.create_tags(Resources=[there["image"]], Tags=[{"Key": "keep", "Value": "yes"}])
    execution = update(distribution, image["arn"], exclusionRules={"amis": rules})
    assert execution["state"] == {"status": "SUCCESS"}
    assert distribution.found(there)["State"] == "available"
    assert distribution.aws.client("ec2", HERE).describe_images(ImageIds=[here["image"]])["Images"] == []
    assert distribution.image(image["arn"])["state"]["status"] == "AVAILABLE"


def test_amis_without_a_recorded_launch_are_not_excluded(distribution: "Distribution") -> None:
    image = distribution.ended(distribution.to(HERE))
    rules = {"amis": {"lastLaunched": {"value": 6, "unit": "MONTHS"}}}
    assert update(distribution, image["arn"], exclusionRules=rules)["state"] == {"status": "SUCCESS"}
    assert distribution.refused(distribution.builder.get_image, imageBuildVersionArn=image["arn"])


def test_a_deprecation_that_is_scheduled_takes_effect_at_its_time(distribution: "Distribution") -> None:
    image = distribution.ended()
    call, day = distribution.builder.start_resource_state_update, 86400
    request = {"resourceArn": image["arn"], "state": {"status": "DEPRECATED"}}
    answer = call(**request, updateAt=distribution.aws.clock.now() + day)
    assert distribution.image(image["arn"])["state"]["status"] == "AVAILABLE"
    assert distribution.refused(call, **request, updateAt=distribution.aws.clock.now() + day)[0] == (
        "ResourceInUseException"
    )
    distribution.aws.clock.advance(day + 1)
    assert distribution.image(image["arn"])["state"]["status"] == "DEPRECATED"
    execution = distribution.builder.get_lifecycle_execution(lifecycleExecutionId=answer["lifecycleExecutionId"])
    assert execution["lifecycleExecution"]["state"]["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        pytest.param({"state": {"status": "GONE"}}, "state.status", id="unknown"),
        pytest.param({"executionRole": "distribution"}, "together with includeResources", id="role-alone"),
        pytest.param(
            {"executionRole": "distribution", "includeResources": {"amis": True, "snapshots": True}},
            "only be included for the state DELETED",
            id="snapshots",
        ),
        pytest.param({"state": {"status": "DISABLED"}, "updateAt": 4102444800}, "updateAt", id="scheduled"),
        pytest.param({"updateAt": 1}, "must be in the future", id="past"),
    ],
)
def test_fails_for_an_invalid_request(distribution: "Distribution", members: dict[str, Any], words: str) -> None:
    image = distribution.ended()
    request = {"resourceArn": image["arn"], "state": {"status": "DEPRECATED"}, **members}
    _, message = distribution.refused(distribution.builder.start_resource_state_update, **request)
    assert words in message
    assert distribution.image(image["arn"])["state"]["status"] == "AVAILABLE"
