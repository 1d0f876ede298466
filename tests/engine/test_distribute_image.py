import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from tests.engine.prerequisites import ABROAD, DISTRIBUTION_ROLE, REGION, make_distribution_role

from pulumi_vmimport.resources.image_builder.distribute_image import DistributeImage
from pulumi_vmimport_sandbox import Sandbox

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "distribute_image.py"
FAR = "ap-northeast-1"


@pytest.fixture
def ami(sandbox: Sandbox, image_args: dict[str, Any]) -> str:
    """An imported AMI."""
    ec2, place = sandbox.aws.observer("ec2", REGION), image_args["disk_containers"][0]["user_bucket"]
    disk = {"Format": "RAW", "UserBucket": {"S3Bucket": place["s3_bucket"], "S3Key": place["s3_key"]}}
    task = ec2.import_image(DiskContainers=[disk], LicenseType="BYOL", Platform="Windows")["ImportTaskId"]
    sandbox.clock.advance(sandbox.aws.settings.import_seconds)
    return str(ec2.describe_import_image_tasks(ImportTaskIds=[task])["ImportImageTasks"][0]["ImageId"])


@pytest.fixture
def builder(sandbox: Sandbox) -> Any:
    """Image Builder outside the stack, with the execution role."""
    make_distribution_role(sandbox.aws)
    sandbox.clock.advance(sandbox.aws.settings.iam_propagation_seconds)
    return sandbox.aws.observer("imagebuilder", REGION)


def to(region: str, *accounts: str) -> dict[str, Any]:
    targets = {"targetAccountIds": list(accounts)} if accounts else {}
    return {"region": region, "amiDistributionConfiguration": {"name": "web-{{ imagebuilder:buildDate }}", **targets}}


@pytest.fixture
def args(ami: str, builder: Any) -> dict[str, Any]:
    """The arguments of a distribution to two Regions, which a test may edit."""
    configuration = builder.create_distribution_configuration(name="web", distributions=[to(REGION), to(ABROAD)])
    return {
        "source_image": ami,
        "distribution_configuration_arn": configuration["distributionConfigurationArn"],
        "execution_role": DISTRIBUTION_ROLE,
        "tags": {"cost_center": "blue"},
    }


@pytest.fixture
def stack(new_stack: Callable[..., Any], args: dict[str, Any]) -> Any:
    def program() -> None:
        copies = DistributeImage("web", **args)
        pulumi.export("amis", copies.amis)
        pulumi.export("state", copies.image_state)

    return new_stack(program)


def as_document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def copies(sandbox: Sandbox) -> list[str]:
    """The distributed AMIs and the Image Builder images of all accounts."""
    remaining = sandbox.aws.remaining_resources()
    return [line for line in remaining if "(web-" in line or ("imagebuilder " in line and " image/" in line)]


@pytest.mark.both_hosts
def test_an_image_is_distributed_once_and_destroyed_everywhere(
    stack: Any, sandbox: Sandbox, args: dict[str, Any], builder: Any
) -> None:
    before = sandbox.aws.remaining_resources()
    sandbox.aws.settings.copy_image_seconds = 1800  # several polls
    assert stack.preview() == {"create": 2}
    assert stack.up() == {"create": 2}
    outputs = stack.outputs()
    assert outputs["state"] == "AVAILABLE"
    assert [(ami["region"], ami["account"]) for ami in outputs["amis"]] == [
        (REGION, "123456789012"),
        (ABROAD, "123456789012"),
    ]
    assert any(f"{REGION} distributing, {ABROAD} distributing" in line for line in stack.output)
    writes = sandbox.aws.calls.writes()
    assert stack.up() == {"same": 2}
    assert stack.preview(refresh=True) == {"same": 2}
    assert sandbox.aws.calls.writes() == writes
    args["tags"] = {"stage": "prod"}
    assert stack.up() == {"same": 1, "update": 1}
    (image,) = builder.list_image_build_versions()["imageSummaryList"]
    assert {tag for tag in image["tags"] if not tag.startswith("vmimport:")} == {"stage"}
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before


def test_the_example_distributes_an_ami_to_two_regions(
    new_stack: Callable[..., Any], sandbox: Sandbox, ami: str, builder: Any
) -> None:
    before = sandbox.aws.remaining_resources()
    stack = new_stack(lambda: runpy.run_path(str(EXAMPLE)) and None, config={"imageId": ami})
    stack.up()
    assert [found["region"] for found in stack.outputs()["amis"]] == [REGION, ABROAD]
    (summary,) = builder.list_image_build_versions()["imageSummaryList"]
    image = builder.get_image(imageBuildVersionArn=summary["arn"])["image"]
    assert image["loggingConfiguration"] == {"logGroupName": "/aws/imagebuilder/web"}
    assert stack.up().keys() == {"same"}
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before


def test_three_accounts_and_three_regions_in_one_stack(
    stack: Any, sandbox: Sandbox, args: dict[str, Any], builder: Any, trusting_account: Callable[[], str]
) -> None:
    first, second = trusting_account(), trusting_account()
    distributions = [to(REGION), to(ABROAD, "123456789012", first), to(FAR, first, second)]
    builder.update_distribution_configuration(
        distributionConfigurationArn=args["distribution_configuration_arn"], distributions=distributions
    )
    before = sandbox.aws.remaining_resources()
    stack.up()
    assert [(ami["region"], ami["account"]) for ami in stack.outputs()["amis"]] == [
        (REGION, "123456789012"),
        (ABROAD, "123456789012"),
        (ABROAD, first),
        (FAR, first),
        (FAR, second),
    ]
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before


@pytest.fixture
def trusting_account(sandbox: Sandbox, args: dict[str, Any]) -> Callable[[], str]:
    """Creates an account with the roles that Image Builder requires."""
    del args  # the role of the first account exists

    def create() -> str:
        account = sandbox.aws.second_account()
        own, of_account = sandbox.aws.observer("iam"), account.observer("iam")
        role = own.get_role(RoleName=DISTRIBUTION_ROLE)["Role"]
        policy = own.get_role_policy(RoleName=DISTRIBUTION_ROLE, PolicyName="distribution")["PolicyDocument"]
        trusts = {
            "Ec2ImageBuilderCrossAccountLifecycleAccess": role["AssumeRolePolicyDocument"]["Statement"][0],
            "EC2ImageBuilderDistributionCrossAccountRole": {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "sts:AssumeRole",
            },
        }
        for name, trust in trusts.items():
            of_account.create_role(RoleName=name, AssumeRolePolicyDocument=as_document(trust))
            of_account.put_role_policy(
                RoleName=name, PolicyName="distribution", PolicyDocument=as_document(*policy["Statement"])
            )
        return str(account.account_id)

    return create


def test_a_deregistered_ami_shows_in_preview_and_is_distributed_again(stack: Any, sandbox: Sandbox) -> None:
    stack.up()
    before = stack.outputs()["amis"]
    sandbox.aws.observer("ec2", ABROAD).deregister_image(ImageId=before[1]["id"])
    assert stack.preview(refresh=True) == {"replace": 1, "same": 1}
    assert f"{before[1]['id']} in {ABROAD} no longer exists" in "\n".join(stack.output)
    assert stack.up(refresh=True) == {"replace": 1, "same": 1}
    after = stack.outputs()["amis"]
    assert {ami["id"] for ami in before}.isdisjoint(ami["id"] for ami in after)
    assert stack.preview(refresh=True) == {"same": 2}
    assert len(copies(sandbox)) == 3


def test_a_failure_names_each_step_and_the_next_up_resumes(stack: Any, sandbox: Sandbox) -> None:
    words = "EC2 Client Error: 'The specified launch template does not exist.'"
    sandbox.aws.faults.fail_distribution(ABROAD, "UPDATE_LAUNCH_TEMPLATES", message=words)
    printed = stack.fails(stack.up)
    line = next(line for line in printed.splitlines() if "DistributeImage web: image arn:" in line)
    assert f'{ABROAD} (account 123456789012): UPDATE_LAUNCH_TEMPLATES: "{words}' in line
    assert f" in {REGION} (account 123456789012) kept" in line
    assert "Traceback" not in printed
    assert stack.resource("DistributeImage")["outputs"]["imageState"] == "FAILED"
    assert stack.up() == {"same": 1, "update": 1}
    calls = sandbox.aws.calls
    assert (len(calls.of("DistributeImage")), len(calls.of("RetryImage"))) == (1, 1)
    stack.destroy()
    assert copies(sandbox) == []


def test_retained_copies_survive_destroy(stack: Any, sandbox: Sandbox, args: dict[str, Any]) -> None:
    args["retain_on_delete"] = True
    stack.up()
    stack.destroy()
    assert len(copies(sandbox)) == 3


def test_preview_reports_every_problem_at_once(stack: Any, sandbox: Sandbox, args: dict[str, Any]) -> None:
    args |= {"source_image": "ami-00000000", "execution_role": "missing"}
    printed = stack.fails(stack.preview)
    assert f"source_image: there is no AMI ami-00000000 in {REGION}" in printed
    assert "execution_role: role 'missing' does not exist in account 123456789012" in printed
    args["log_group_name"] = "web"
    assert "log_group_name: expected /aws/imagebuilder/" in stack.fails(stack.preview)
    assert sandbox.aws.calls.writes() == []
