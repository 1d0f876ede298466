"""Credentials and presigned URLs are in plain text nowhere but on their way to AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport_sandbox import Sandbox

SIGNATURE = "f00dfeed" * 8
URL = (
    "https://images-of-web.s3.eu-west-1.amazonaws.com/web.raw?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=604800"
    f"&X-Amz-SignedHeaders=host&X-Amz-Signature={SIGNATURE}"
)
CONFIG = {
    "aws:accessKey": "AKIASECRETSECRETSECR",
    "aws:secretKey": "the-secret-key-of-aws",
    "vsphere:password": "the-password-of-vsphere",
}


@pytest.fixture
def stack(image_stack: Any, image_args: dict[str, Any]) -> Any:
    image_args["disk_containers"] = [{"format": "raw", "url": URL}]
    image_stack.config = dict(CONFIG)
    return image_stack


def leaks(text: str) -> list[str]:
    return [secret for secret in (SIGNATURE, *CONFIG.values()) if secret in text]


@pytest.mark.both_hosts
def test_secrets_are_in_no_output_event_log_or_file(stack: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    events: list[str] = []
    options = {"on_event": lambda event: events.append(json.dumps(event, default=vars)), "diff": True}
    sandbox.aws.faults.fail_import(f"ClientError: cannot read {URL} (403)")
    printed = stack.fails(lambda: stack.up(**options, debug=True))
    assert "cannot read https://images-of-web.s3.eu-west-1.amazonaws.com/web.raw?... (403)" in printed
    sandbox.aws.faults.error("CreateTags", "InvalidParameterValue", f"not allowed for {URL}")
    # Above 3, the engine's own log shows the secrets of any stack.
    printed = stack.fails(lambda: stack.up(**options, log_to_std_err=True, log_verbosity=3, log_flow=True))
    assert "not allowed for https://images-of-web.s3.eu-west-1.amazonaws.com/web.raw?... (in CreateTags)" in printed
    assert leaks(json.dumps(stack.state())) == []  # of an import that is not finished
    stack.up(**options, refresh=True)
    assert leaks(json.dumps(stack.state())) == []
    assert any("diskContainers" in event for event in events)
    assert leaks("\n".join([*stack.output, *events])) == []
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in files if leaks(file.read_bytes().decode(errors="replace"))] == []
    # The values did get where they are for.
    assert sandbox.aws.import_tasks[1].request["DiskContainers"][0]["Url"] == URL
    assert len(sandbox.aws.import_tasks) == 2
    stack.destroy()
    assert stack.remaining_resources() == []


def test_secrets_stay_hidden_without_the_hooks(stack: Any, sandbox: Sandbox) -> None:
    stack.environment = {"PULUMI_VMIMPORT_HOOKS": "off"}
    sandbox.aws.faults.error("ImportImage", "InvalidParameter", f"cannot read {URL}")
    printed = stack.fails(stack.up)
    assert "cannot read https://images-of-web.s3.eu-west-1.amazonaws.com/web.raw?..." in printed
    assert leaks(printed) == []
