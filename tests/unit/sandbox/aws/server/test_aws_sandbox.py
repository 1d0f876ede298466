"""Starting, stopping and resetting; no fixture here, as the tests start sandboxes of their own."""

import contextlib
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import moto.ec2.urls
import moto.settings
import moto.workspaces.urls
import pytest
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.s3.models import FakeBucket, S3Backend

from pulumi_vmimport_sandbox.aws import AwsSandbox, SimulationSettings
from pulumi_vmimport_sandbox.aws.s3 import object_ownership
from pulumi_vmimport_sandbox.clock import SandboxClock


def _moto_as_it_is() -> list[object]:
    urls = (moto.ec2.urls.url_paths, moto.workspaces.urls.url_paths)
    return [*urls, FakeBucket.get_permission, moto.settings.ec2_load_default_amis]


def test_moto_is_restored_when_the_sandbox_stops() -> None:
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
    urls = moto.ec2.urls.url_paths, moto.workspaces.urls.url_paths
    return urls, FakeBucket.get_permission, moto.settings.ec2_load_default_amis
before = now()
import pulumi_vmimport_sandbox.aws
assert now() == before
"""
    components = Path(__file__).parents[5] / "sandbox"
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": str(components)}, timeout=60)


def test_a_second_sandbox_starts_without_resources() -> None:
    for _ in range(2):
        with AwsSandbox(SandboxClock.stepped()) as aws:
            assert aws.remaining_resources() == []
            aws.client("s3").create_bucket(Bucket="the-same-name")
            assert aws.remaining_resources() == ["s3 bucket the-same-name"]


def test_a_defect_of_the_sandbox_is_reported_with_a_warning_and_observers_retry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    defects = [KeyError("no such account"), KeyError("no such account")]

    def fail_at_first(_: object) -> None:
        if defects:
            raise defects.pop()

    monkeypatch.setattr(object_ownership, "verify", fail_at_first)
    words = "the sandbox failed at s3 CreateBucket"
    with AwsSandbox(SandboxClock.stepped()) as aws:
        with (
            pytest.warns(RuntimeWarning, match=rf"{words}\nTraceback"),
            pytest.raises(ClientError, match=rf"InternalError.*{words}: KeyError\('no such account'\)"),
        ):
            aws.client("s3").create_bucket(Bucket="the-name")
        with pytest.warns(RuntimeWarning, match=words):
            aws.observer("s3").create_bucket(Bucket="the-name")
        assert aws.remaining_resources() == ["s3 bucket the-name"]


def test_s3_calls_reach_moto_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    together, met, answered = threading.Barrier(2), [], S3Backend.list_buckets

    def meet(*arguments: Any, **options: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            met.append(together.wait(0.2))  # alone
        return answered(*arguments, **options)

    monkeypatch.setattr(S3Backend, "list_buckets", meet)
    with AwsSandbox(SandboxClock.stepped()) as aws, ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(aws.observer("s3").list_buckets) for _ in range(2)]
        assert [call.result()["Buckets"] for call in calls] == [[], []]
    assert met == []


def test_resources_that_moto_had_before_the_start_are_hidden() -> None:
    ec2_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].create_volume(size=1, zone_name="us-east-1a")
    with AwsSandbox(SandboxClock.stepped()) as aws:
        assert aws.client("ec2").describe_volumes()["Volumes"] == []


def test_fails_to_run_two_at_once() -> None:
    with AwsSandbox(SandboxClock.stepped()), pytest.raises(RuntimeError, match="stop it first"), AwsSandbox():
        pass
    with AwsSandbox(SandboxClock.stepped()) as aws:
        assert aws.calls.operations == []


def test_fails_to_return_an_endpoint_when_not_running() -> None:
    aws = AwsSandbox()
    with pytest.raises(RuntimeError, match="with block"):
        _ = aws.endpoint


def test_the_endpoint_is_on_this_machine_and_accepts_any_credentials() -> None:
    with AwsSandbox(SandboxClock.stepped()) as aws:
        assert aws.endpoint.startswith("http://127.0.0.1:")
        session = boto3.Session("AKIAANYBODYELSE00000", "anything", region_name="us-east-1")
        sts = session.client("sts", endpoint_url=aws.endpoint)
        assert sts.get_caller_identity()["Account"] == aws.account_id


def test_clients_do_not_read_the_users_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[default]\nregion = nowhere\nretry_mode = nonsense\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with AwsSandbox(SandboxClock.stepped()) as aws:
        assert aws.client("s3").list_buckets()["Buckets"] == []


def test_reset_restores_the_initial_state() -> None:
    with AwsSandbox(SandboxClock.stepped(), settings=SimulationSettings(active_import_quota=2)) as aws:
        aws.settings.active_import_quota = 9
        aws.disable_byol()
        aws.client("s3").create_bucket(Bucket="first")
        aws.faults.throttle("CreateBucket")
        aws.reset()
        assert (aws.remaining_resources(), len(aws.calls), aws.faults.waiting) == ([], 0, [])
        assert aws.settings.active_import_quota == 2
        assert aws.client("workspaces").describe_account()["DedicatedTenancySupport"] == "ENABLED"
        aws.client("s3").create_bucket(Bucket="first")


def test_an_import_takes_three_seconds_at_factor_600() -> None:
    assert SimulationSettings().import_seconds / 600 == pytest.approx(3)


def test_tasks_progress_with_a_fast_clock() -> None:
    with AwsSandbox(SandboxClock.fast(36_000)) as aws:
        workspace = aws.make_workspace()
        workspaces = aws.client("workspaces")
        workspaces.create_workspace_image(Name="n", Description="d", WorkspaceId=workspace)
        deadline = time.monotonic() + 10
        while workspaces.describe_workspace_images()["Images"][0]["State"] == "PENDING":
            assert time.monotonic() < deadline
        assert workspaces.describe_workspace_images()["Images"][0]["State"] == "AVAILABLE"


class RestlessClock(SandboxClock):
    """Never returns the same time twice."""

    def __init__(self, step: float) -> None:
        super().__init__(0)
        self.step = step

    def now(self) -> float:
        with self._lock:
            self._advanced += self.step
        return super().now()


@pytest.mark.parametrize("step", [30, 40, 50, 60, 70])
def test_a_response_describes_one_point_in_time_with_any_clock(step: float) -> None:
    clock = RestlessClock(0)
    with AwsSandbox(clock, settings=SimulationSettings(iam_propagation_seconds=0)) as aws:
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        trust = {"Effect": "Allow", "Principal": {"Service": "vmie.amazonaws.com"}, "Action": "sts:AssumeRole"}
        iam, s3, ec2 = aws.client("iam"), aws.client("s3"), aws.client("ec2")
        iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
        iam.put_role_policy(RoleName="vmimport", PolicyName="all", PolicyDocument=policy)
        s3.create_bucket(Bucket="disks")
        s3.put_object(Bucket="disks", Key="disk.raw", Body=bytes(510) + b"\x55\xaa")
        ec2.import_image(DiskContainers=[{"UserBucket": {"S3Bucket": "disks", "S3Key": "disk.raw"}}])
        clock.step = step
        for _ in range(100):
            [task] = ec2.describe_import_image_tasks()["ImportImageTasks"]
            assert ("ImageId" in task) is (task["Status"] == "completed")
            if task["Status"] == "completed":
                break
        assert ec2.describe_images(ImageIds=[task["ImageId"]])["Images"]


def test_the_server_does_not_log_requests(capfd: pytest.CaptureFixture[str]) -> None:
    with AwsSandbox(SandboxClock.stepped()) as aws:
        aws.client("s3").list_buckets()
    assert capfd.readouterr() == ("", "")
