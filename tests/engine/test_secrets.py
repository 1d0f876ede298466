"""Credentials and presigned URLs are in plain text nowhere but on their way to AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.sandbox import Sandbox

SIGNATURE = "f00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeed"
URL = (
    "https://images-of-web.s3.eu-west-1.amazonaws.com/web.raw?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=604800"
    f"&X-Amz-SignedHeaders=host&X-Amz-Signature={SIGNATURE}"
)


def test_x(image_stack: Any, image_args: dict[str, Any], sandbox: Sandbox, tmp_path: Path) -> None:
    image_args["disk_containers"] = [{"format": "raw", "url": URL}]
    image_stack.config = {
        "aws:accessKey": "AKIASECRETSECRETSECR",
        "aws:secretKey": "the-secret-key-of-aws",
        "vsphere:password": "the-password-of-vsphere",
    }
    events: list[str] = []
    secrets = [SIGNATURE, *image_stack.config.values()]
    image_stack.preview(on_event=lambda e: events.append(str(vars(e))), diff=True)
    sandbox.aws.faults.fail_import(f"ClientError: cannot read {URL} (403)")
    image_stack.fails(lambda: image_stack.up(on_event=lambda e: events.append(json.dumps(e, default=vars)), debug=True))
    for level in (3, 7, 9, 11):
        log: list[str] = []
        image_stack.up(on_event=lambda e: events.append(json.dumps(e, default=vars)), diff=True, log_verbosity=level, log_to_std_err=True, log_flow=True, on_error=log.append)
        for s in secrets:
            found = [l for l in log if s in l]
            print("LEVEL", level, s, len(log), len(found), [f[:300] for f in found[:6]])
        image_args["source_hash"] = str(level)
    state = json.dumps(image_stack.state())
    for s in secrets:
        print("STATE", s, s in state)
        print("OUT", s, [l for l in image_stack.output if s in l][:5])
        print("EVENTS", s, [l[:3000] for l in events if s in l][:2])
        for f in tmp_path.rglob("*"):
            if f.is_file() and s.encode() in f.read_bytes():
                print("FILE", s, f)
    print("\n".join(image_stack.output))
    print(json.dumps(image_stack.resource("ImportImage"), indent=1))
