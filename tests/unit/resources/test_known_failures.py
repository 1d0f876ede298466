"""Every known failure, reproduced in the sandbox: the message that the user sees."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.aws.tables import post_import
from pulumi_vmimport.aws.tables.known_failures import KnownFailure, table
from pulumi_vmimport.lifecycle import engine
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.contract import Created, Lifecycle, Run
from pulumi_vmimport.lifecycle.lifecycle_calls import LifecycleCalls
from pulumi_vmimport.lifecycle.property_bag import write_bag
from pulumi_vmimport.lifecycle.resource_host import DynamicHost
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

FAILURES = table().failures
REGION = "eu-west-1"
PAGE = Path(__file__).parents[3] / "docs" / "troubleshooting.md"
AMI, INSTANCE, SNAPSHOT = "ami-0123456789abcdef0", "i-0123456789abcdef0", "snap-0123456789abcdef0"

Request = tuple[str, str, dict[str, Any]]
_IMPORT: Request = ("ec2", "ImportImage", {"DiskContainers": [{"Url": "s3://images/web.ova"}]})
_EXPORT_INSTANCE: Request = (
    "ec2",
    "CreateInstanceExportTask",
    {"InstanceId": INSTANCE, "TargetEnvironment": "vmware", "ExportToS3Task": {"S3Bucket": "exports"}},
)
_EXPORT_IMAGE: Request = (
    "ec2",
    "ExportImage",
    {"ImageId": AMI, "DiskImageFormat": "VMDK", "S3ExportLocation": {"S3Bucket": "exports"}},
)

# The rejected calls, for the failures with an error code.
CALLS: dict[str, Request] = {
    "TR-01": _IMPORT,
    "TR-02": ("iam", "CreateRole", {"RoleName": "vmimport", "AssumeRolePolicyDocument": "trust.json"}),
    "TR-03": _IMPORT,
    "TR-04": _IMPORT,
    "TR-09": _IMPORT,
    "TR-10": _EXPORT_INSTANCE,
    "TR-11": _IMPORT,
    "TR-12": _EXPORT_INSTANCE,
    "TR-13": _EXPORT_INSTANCE,
    "TR-14": ("ec2", "StartInstances", {"InstanceIds": [INSTANCE]}),
    "TR-26": _IMPORT,
    "TR-29": _EXPORT_INSTANCE,
    "TR-30": ("ec2", "CancelExportTask", {"ExportTaskId": "export-i-0123456789abcdef0"}),
    "TR-32": ("workspaces", "DeleteWorkspaceImage", {"ImageId": "wsi-0123456789"}),
    "TR-33": (
        "workspaces",
        "ImportWorkspaceImage",
        {"Ec2ImageId": AMI, "ImageName": "w", "ImageDescription": "w", "IngestionProcess": "BYOL_REGULAR"},
    ),
    "TR-51": _EXPORT_IMAGE,
    "TR-52": ("ec2", "DescribeImages", {}),
    "TR-53": ("sts", "GetCallerIdentity", {}),
    "TR-54": _IMPORT,
    "TR-55": _IMPORT,
    "TR-56": ("s3", "GetObject", {"Bucket": "images", "Key": "web.ova"}),
    "TR-58": _IMPORT,
    "TR-59": ("ec2", "DescribeSnapshots", {"SnapshotIds": [SNAPSHOT]}),
    "TR-60": ("ec2", "DescribeImportImageTasks", {"ImportTaskIds": ["import-ami-0123456789abcdef0"]}),
    "TR-71": ("ec2", "DeleteSnapshot", {"SnapshotId": SNAPSHOT}),
    "TR-72": ("ec2", "DeregisterImage", {"ImageId": AMI}),
    "TR-73": _EXPORT_INSTANCE,
    "TR-74": ("ec2", "CopyImage", {"Name": "web", "SourceImageId": AMI, "SourceRegion": REGION}),
    "TR-75": _EXPORT_INSTANCE,
    "TR-76": _EXPORT_IMAGE,
    "TR-77": _EXPORT_IMAGE,
    "TR-78": _EXPORT_IMAGE,
    "TR-81": _IMPORT,
    "TR-82": ("ec2", "ImportSnapshot", {"DiskContainer": {"Url": "s3://images/web.vmdk"}}),
    "TR-83": (
        "workspaces",
        "ImportWorkspaceImage",
        {"Ec2ImageId": AMI, "ImageName": "w", "ImageDescription": "w", "IngestionProcess": "BYOL_REGULAR"},
    ),
    "TR-84": ("s3", "PutObject", {"Bucket": "images", "Key": "web.ova"}),
    "TR-85": ("s3", "PutObject", {"Bucket": "images", "Key": "web.ova"}),
    "TR-86": ("iam", "CreateRole", {"RoleName": "vmimport", "AssumeRolePolicyDocument": "{}"}),
    "TR-87": ("kms", "GenerateDataKey", {"KeyId": "1234abcd"}),
    "TR-88": ("s3", "GetObject", {"Bucket": "images", "Key": "web.ova"}),
    "TR-96": ("s3", "DeleteObject", {"Bucket": "images", "Key": "web.ova", "VersionId": "1"}),
    "TR-97": ("ec2", "ImportSnapshot", {"DiskContainer": {"Url": "s3://images/web.vmdk"}}),
    "TR-98": ("s3", "GetObject", {"Bucket": "images", "Key": "web.ova"}),
    "TR-80": (
        "workspaces",
        "CopyWorkspaceImage",
        {"Name": "w", "SourceImageId": "wsi-0123456789", "SourceRegion": REGION},
    ),
}


def with_(condition: Callable[[KnownFailure], bool]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("failure", [pytest.param(f, id=f.id) for f in FAILURES if condition(f)])


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, run: Any) -> Callable[[DynamicHost, dict[str, Any]], str]:
    """The line that the user sees when a create fails."""
    lines: list[str] = []
    monkeypatch.setattr(engine, "one_line_error", lambda call, message, *kept: lines.append(message))
    run.call, run.urn = None, run.identity.urn

    def create(host: DynamicHost, bag: dict[str, Any]) -> str:
        monkeypatch.setattr(LifecycleCalls, "run", lambda *_: run)
        with pytest.raises(Exception):  # noqa: B017, PT011 - the host selects the exception
            host.create({"__provider": "p", "identity": run.identity.urn, **bag})
        return lines[-1]

    return create


@dataclass(frozen=True, kw_only=True)
class OneCallInputs(AwsInputs):
    request: None = None


class OneCallLifecycle(Lifecycle[OneCallInputs, OneCallInputs]):
    """Makes one call when it is created."""

    inputs_type = state_type = OneCallInputs

    def __init__(self, request: Request) -> None:
        self._request = request

    def create(self, run: Run, inputs: OneCallInputs) -> Created[OneCallInputs]:
        service, operation, members = self._request
        client: Any = run.aws.client(service)  # type: ignore[call-overload] # the service comes from the table
        client._make_api_call(operation, members)
        return Created("created", inputs)

    def read(self, run: Run, id: str, state: OneCallInputs) -> OneCallInputs | None:
        return state

    def update(self, run: Run, id: str, state: OneCallInputs, inputs: OneCallInputs) -> OneCallInputs:
        return inputs

    def delete(self, run: Run, id: str, state: OneCallInputs) -> None:
        pass


@with_(lambda f: f.message is not None and f.code is None)
def test_a_failed_task_is_reported_with_words_cause_remedy_and_id(
    failure: KnownFailure,
    image_inputs: ImportImageInputs,
    aws: AwsSandbox,
    shown: Callable[[DynamicHost, dict[str, Any]], str],
) -> None:
    assert failure.message is not None
    aws.faults.fail_import(failure.message)
    line = shown(DynamicHost("ImportImage", ImportImageLifecycle()), write_bag(image_inputs))
    assert f'"{failure.message}"; {failure.explanation};' in line
    assert not [x for x in aws.remaining_resources() if "ami-" in x or "snap-" in x]


@with_(lambda f: f.code is not None)
def test_a_rejected_call_is_reported_with_words_cause_remedy_and_id(
    failure: KnownFailure, aws: AwsSandbox, shown: Callable[[DynamicHost, dict[str, Any]], str]
) -> None:
    request = CALLS[failure.id]
    aws.faults.error(request[1], str(failure.code), str(failure.message))
    line = shown(DynamicHost("Thing", OneCallLifecycle(request)), {"region": REGION})
    assert f"{failure.code}: {failure.message} (in {request[1]}); {failure.explanation}" in line


@with_(lambda f: f.message is None)
def test_a_failure_without_a_message_is_documented_and_referred_to(failure: KnownFailure) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"| {failure.symptom} | [{failure.id}](#{failure.id.lower()}) |" in page
    assert f"### {failure.id}\n" in page
    referred = {id for f in FAILURES for id in f.see_also if f.message is not None}
    assert failure.id in referred or any(failure.id in line.text for line in post_import.table().lines)


def test_every_failure_is_reproduced() -> None:
    assert {f.id for f in FAILURES if f.code is not None} == set(CALLS)
    assert {f.id for f in FAILURES} >= {f"TR-{number:02}" for number in range(1, 37)}


def test_an_unknown_error_is_reported_as_it_is(
    aws: AwsSandbox, shown: Callable[[DynamicHost, dict[str, Any]], str]
) -> None:
    aws.faults.error("ImportImage", "InvalidParameter", "The moon is not supported")
    line = shown(DynamicHost("Thing", OneCallLifecycle(_IMPORT)), {"region": REGION})
    assert line.endswith("InvalidParameter: The moon is not supported (in ImportImage)")


def test_an_unknown_failure_of_a_task_is_reported_with_the_page_of_aws(
    image_inputs: ImportImageInputs, aws: AwsSandbox, shown: Callable[[DynamicHost, dict[str, Any]], str]
) -> None:
    aws.faults.fail_import("ClientError: The moon is not supported")
    line = shown(DynamicHost("ImportImage", ImportImageLifecycle()), write_bag(image_inputs))
    assert '"ClientError: The moon is not supported"; the cause is not known; see https://' in line
