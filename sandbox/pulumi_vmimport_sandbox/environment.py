"""Environment variables of programs in the sandbox: they reach this machine and none of the user's accounts."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

CALLER_VARIABLES = ("AWS_", "VSPHERE_", "PULUMI_", "VMIMPORT_VSPHERE_")
"""Prefixes of the user's variables that are not passed to the sandbox."""

LOOPBACK = "127.0.0.1,localhost"


def without_caller_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without the variables that could refer to a real account or stack."""
    return {name: value for name, value in environment.items() if not name.startswith(CALLER_VARIABLES)}


def for_pulumi(home: Path, backend: Path, engine: Mapping[str, str]) -> dict[str, str]:
    """Variables with which Pulumi uses the sandbox's plugins and stacks and does not access the internet."""
    return {
        **engine,
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_CONFIG_PASSPHRASE": "sandbox",  # encrypts secrets of the sandbox only
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",  # downloads would time out after eight seconds
    }


def for_aws(endpoint: str, access_key: str, secret_key: str, region: str) -> dict[str, str]:
    """Variables with which boto3 and the aws plugin, real or stand-in, use AWS on this machine.

    The real plugin does not need s3UsePathStyle: AWS SDKs use path-style requests if the endpoint is an IP address
    (rule isIp of https://github.com/aws/aws-sdk-go-v2/blob/main/service/s3/endpoints.go).
    """
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def poll_seconds(clock_factor: float) -> float:
    """The poll interval in real seconds: the library's default with a real-time clock, otherwise a quarter second."""
    return 15.0 if clock_factor == 1 else 0.25


def for_standins(clock_factor: float) -> dict[str, str]:
    """Variables of the stand-ins, which are processes of their own: the speed of the sandbox's clock."""
    return {"VMIMPORT_SANDBOX_CLOCK_FACTOR": str(clock_factor)}


def for_vsphere(server: str, user: str, password: str, ca_file: Path) -> dict[str, str]:
    """Variables with which pyVmomi and the vsphere plugin use the vCenter on this machine."""
    return {
        "VSPHERE_SERVER": server,
        "VSPHERE_USER": user,
        "VSPHERE_PASSWORD": password,
        "VSPHERE_ALLOW_UNVERIFIED_SSL": "true",  # the real plugin does not support a CA file; the library does
        "VMIMPORT_VSPHERE_CA_FILE": str(ca_file),
    }


def as_shell(environment: Mapping[str, str]) -> str:
    """Shell commands that unset the user's variables and export those of the sandbox."""
    names = "|".join(CALLER_VARIABLES)
    lines = [f"for name in $(env | sed -nE 's/^(({names})[A-Za-z0-9_]*)=.*/\\1/p'); do unset \"$name\"; done"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in sorted(environment.items())]
    return "\n".join(lines) + "\n"
