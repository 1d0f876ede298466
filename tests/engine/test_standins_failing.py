"""What a user of the stand-in plugins sees when something is wrong."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from pulumi_vmimport_sandbox import Sandbox, SandboxClock

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    none = tmp_path / "none"
    with Sandbox(tmp_path / "sandbox", vsphere=False, clock=SandboxClock.stepped(), real_plugins=none) as running:
        yield running


@pytest.fixture(autouse=True)
def failing(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The Automation API leaves the coroutine of an inline program that failed behind, which complains when it goes."""
    yield
    caplog.get_records("call").clear()  # their tracebacks hold it
    gc.collect()


def test_fails_in_preview_with_every_problem(new_stack: Callable[..., Any]) -> None:
    def wrong() -> None:
        aws.s3.Bucket("name", bucket="Not_A_Bucket", bucket_namespace="global")

    stack = new_stack(wrong)
    output = stack.fails(stack.preview)
    assert "expected 3 to 63 of a-z, 0-9, '.' and '-', got 'Not_A_Bucket'" in output
    assert "expected one of bucket, forceDestroy, region, tags" in output


def test_fails_after_the_create_with_the_services_message_and_the_next_up_continues(
    new_stack: Callable[..., Any], sandbox: Sandbox
) -> None:
    def tagged() -> None:
        aws.s3.Bucket("tagged", bucket="tagged-bucket", tags={"a": "b"})

    stack = new_stack(tagged)
    sandbox.aws.faults.deny("PutBucketTagging")
    assert "PutBucketTagging: AccessDenied: " in stack.fails(stack.up)
    assert stack.resource("Bucket")["id"] == "tagged-bucket"
    sandbox.aws.faults.allow("PutBucketTagging")
    assert stack.up() == {"same": 1, "update": 1}
    tags = sandbox.aws.observer("s3").get_bucket_tagging(Bucket="tagged-bucket")["TagSet"]
    assert tags == [{"Key": "a", "Value": "b"}]
    stack.destroy()
    assert sandbox.remaining_resources() == []
