"""Starting, stopping and resetting; no fixture here, as the tests start sandboxes of their own."""

import subprocess
import sys
import time
from pathlib import Path

import boto3
import moto.ec2.urls
import moto.settings
import moto.workspaces.urls
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.s3.models import FakeBucket

from pulumi_vmimport.sandbox.aws import AwsPace, AwsSandbox
from pulumi_vmimport.sandbox.clock import SandboxClock


def _moto_as_it_is() -> list[object]:
    urls = (moto.ec2.urls.url_paths, moto.workspaces.urls.url_paths)
    return [*urls, FakeBucket.get_permission, moto.settings.ec2_load_default_amis]


def test_moto_is_left_as_it_was() -> None:
    before = _moto_as_it_is()
    with AwsSandbox(SandboxClock.stepped()) as aws:
        aws.client("s3").create_bucket(Bucket="left-behind")
        assert FakeBucket.get_permission is not before[2]
    assert _moto_as_it_is() == before
    assert "left-behind" not in str(ec2_backends[DEFAULT_ACCOUNT_ID])


def test_importing_the_sandbox_changes_nothing_in_moto() -> None:
    program = """
import moto.ec2.urls, moto.workspaces.urls, moto.settings
from moto.s3.models import FakeBucket
def now():
    return moto.ec2.urls.url_paths, moto.workspaces.urls.url_paths, FakeBucket.get_permission, moto.settings.ec2_load_default_amis
before = now()
import pulumi_vmimport.sandbox.aws
assert now() == before
"""
    components = Path(__file__).parents[4] / "components"
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": str(components)}, timeout=60)


def test_one_sandbox_after_another_starts_clean() -> None:
    for _ in range(2):
        with AwsSandbox(SandboxClock.stepped()) as aws:
            assert aws.leftovers() == []
            aws.client("s3").create_bucket(Bucket="the-same-name")
            assert aws.leftovers() == ["s3 bucket the-same-name"]


def test_what_moto_held_before_the_start_is_not_seen() -> None:
    ec2_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].create_volume(size=1, zone_name="us-east-1a")
    with AwsSandbox(SandboxClock.stepped()) as aws:
        assert aws.client("ec2").describe_volumes()["Volumes"] == []


def test_fails_to_run_two_at_once() -> None:
    with AwsSandbox(SandboxClock.stepped()), pytest.raises(RuntimeError, match="stop it first"), AwsSandbox():
        pass
    with AwsSandbox(SandboxClock.stepped()) as aws:
        assert aws.calls.operations == []


def test_fails_to_tell_an_endpoint_when_not_running() -> None:
    aws = AwsSandbox()
    with pytest.raises(RuntimeError, match="with block"):
        _ = aws.endpoint


def test_the_endpoint_is_on_this_machine_and_takes_any_credentials() -> None:
    with AwsSandbox(SandboxClock.stepped()) as aws:
        assert aws.endpoint.startswith("http://127.0.0.1:")
        mine = {"aws_access_key_id": "AKIAANYBODYELSE00000", "aws_secret_access_key": "x"}
        sts = boto3.client("sts", region_name="us-east-1", endpoint_url=aws.endpoint, **mine)
        assert sts.get_caller_identity()["Account"] == aws.account_id


def test_reset_is_as_at_the_start() -> None:
    with AwsSandbox(SandboxClock.stepped(), pace=AwsPace(active_import_quota=2)) as aws:
        aws.pace.active_import_quota = 9
        aws.disable_byol()
        aws.client("s3").create_bucket(Bucket="first")
        aws.faults.throttle("CreateBucket")
        aws.reset()
        assert (aws.leftovers(), len(aws.calls), aws.faults.waiting) == ([], 0, [])
        assert aws.pace.active_import_quota == 2
        assert aws.client("workspaces").describe_account()["DedicatedTenancySupport"] == "ENABLED"
        aws.client("s3").create_bucket(Bucket="first")


def test_an_import_takes_three_seconds_at_600_times() -> None:
    assert AwsPace().import_seconds / 600 == pytest.approx(3)


def test_a_fast_clock_runs_the_work(tmp_path: Path) -> None:
    with AwsSandbox(SandboxClock.fast(36_000)) as aws:
        workspace = aws.make_workspace()
        workspaces = aws.client("workspaces")
        workspaces.create_workspace_image(Name="n", Description="d", WorkspaceId=workspace)
        deadline = time.monotonic() + 10
        while workspaces.describe_workspace_images()["Images"][0]["State"] == "PENDING":
            assert time.monotonic() < deadline
        assert workspaces.describe_workspace_images()["Images"][0]["State"] == "AVAILABLE"


def test_the_server_says_nothing_of_requests(capfd: pytest.CaptureFixture[str]) -> None:
    with AwsSandbox(SandboxClock.stepped()) as aws:
        aws.client("s3").list_buckets()
    assert capfd.readouterr() == ("", "")
