"""getInspection: the content of a disk image and why AWS would reject it, as `vmimport inspect --json` reports it."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any, Unpack

import pulumi

from pulumi_vmimport.functions.program_calls import CallScope, OutputCallScope, ProgramFunction
from pulumi_vmimport.image_profile import ImageProfile, ImageProfileName
from pulumi_vmimport.lifecycle.function import AwsFunctionInputs


@dataclass(frozen=True, kw_only=True)
class GetInspectionInputs(AwsFunctionInputs):
    """Either `path`, or `bucket` and `key`."""

    path: str | None = None
    """The path of a local OVA, OVF, VMDK, VHD, VHDX or raw image, on the machine that runs `pulumi`."""
    bucket: str | None = None
    """The bucket of an object in S3."""
    key: str | None = None
    """The key of the object."""
    version_id: str | None = None
    """The version of the object. Default: the current one."""
    image_profile: ImageProfile = ImageProfile.EC2
    """What the image is for: `ec2` (ImportImage), `snapshot` (ImportSnapshot) or `byol-workspaces`. Default: `ec2`."""
    read_guest: bool = False
    """Whether to read the operating system on the first disk. Default: false; `byol-workspaces` always reads it."""
    deep: bool = False
    """Whether to read the whole image: decompress every VMDK grain and verify the manifest of an OVA. Default: false;
    only headers, tables and files of the guest are read."""


@dataclass(frozen=True, kw_only=True)
class InspectionFinding:
    """A defect of the image that AWS rejects, or that causes problems later. docs/inspect.md lists all rules."""

    rule: str
    """The id of the rule, such as `vmdk-not-stream-optimized`."""
    severity: str
    """`error`, `warning` or `unknown` (the check was inconclusive)."""
    subject: str
    """The disk or file that the finding is about."""
    summary: str
    """What is wrong and what to do, in a few words."""
    evidence: str
    """What was found, with its value."""
    cause: str
    """Why it is a problem."""
    remedy: str
    """What to do."""
    source: str
    """Where AWS or the specification of the format states it."""
    codes: tuple[str, ...]
    """The error codes that a WorkSpaces image would have."""
    step: str | None = None
    """The step of the guest preparation that fixes it."""
    preparation: bool
    """Whether every installation that was not prepared has this finding."""


@dataclass(frozen=True, kw_only=True)
class InspectedSystem:
    """The operating system on a disk. None stands for what could not be read."""

    system: str
    """`windows` or `linux`."""
    release: str | None = None
    """The release, such as `Windows 10 22H2`."""
    edition: str | None = None
    """The edition, such as `Professional`."""
    build: str | None = None
    """The build with its revision, such as `19045.3803`."""
    language: str | None = None
    """The language of the installation, such as `en-US`."""
    architecture: str | None = None
    """`amd64`, `x86` or `arm64`."""
    firmware: str | None = None
    """The firmware that starts it, `bios` or `efi`."""
    sysprep_state: str | None = None
    """`installed`, `generalized`, `setup-in-progress`, or another state that Windows Setup records."""
    distribution: str | None = None
    """The id of a Linux distribution, such as `debian` or `rhel`."""
    version: str | None = None
    """The version of a Linux distribution, such as `12`."""
    kernel: str | None = None
    """The version of the default kernel of Linux."""


@dataclass(frozen=True, kw_only=True)
class InspectionVerdict:
    """The result of one rule about the operating system."""

    rule: str
    """The id of the rule."""
    verdict: str
    """`pass`, `fail` or `unknown`."""
    evidence: str
    """What was found; for an unknown result the reason."""
    codes: tuple[str, ...]
    """The error codes that a WorkSpaces image would have."""
    how: str | None = None
    """How to find out what the disk does not show."""
    severity: str | None = None
    """The severity of a failed rule."""


@dataclass(frozen=True, kw_only=True)
class GetInspectionResult:
    """Facts and findings. No finding is no promise: whether AWS accepts the image cannot be known."""

    target: str
    """The name of the file, or the S3 URI."""
    image_profile: str
    """The profile that the image was checked for."""
    verdict: str
    """The number of findings in words, such as `no known blocker found`."""
    has_errors: bool
    """Whether a finding has the severity `error`."""
    findings: tuple[InspectionFinding, ...]
    """The findings, most severe first."""
    detected_guest: InspectedSystem | None = None
    """The operating system; None if it was not read or not recognized."""
    verdicts: tuple[InspectionVerdict, ...]
    """The result of every rule about the operating system; empty if it was not read."""
    facts: Mapping[str, Any]
    """Everything that was read of the image, as the member `facts` of `vmimport inspect --json`, whose names are in
    snake case."""


_FUNCTION = ProgramFunction(GetInspectionInputs, GetInspectionResult)


def get_inspection(
    *,
    path: str | PathLike[str] | None = None,
    bucket: str | None = None,
    key: str | None = None,
    version_id: str | None = None,
    image_profile: ImageProfileName = "ec2",
    read_guest: bool = False,
    deep: bool = False,
    opts: pulumi.InvokeOptions | None = None,
    **scope: Unpack[CallScope],
) -> GetInspectionResult:
    """The content of a disk image and why AWS would reject it, as `vmimport inspect --json` reports it.

    Args:
        path: The path of a local image.
        bucket: Instead, the bucket of an object in S3.
        key: The key of the object.
        version_id: The version of the object. Default: the current one.
        image_profile: What the image is for: `ec2`, `snapshot` or `byol-workspaces`. Default: `ec2`.
        read_guest: Whether to read the operating system. Default: only for `byol-workspaces`.
        deep: Whether to read the whole image. Default: false.
        opts: Options of the call; `provider` may be an `aws.Provider`.
        **scope: `region`, `profile` and `assume_role_arn`. Default: those of the provider, else of the stack.

    Raises:
        FunctionCallError: the arguments are invalid, or the image cannot be read.
    """
    return _FUNCTION.call(
        {
            "path": path,
            "bucket": bucket,
            "key": key,
            "version_id": version_id,
            "image_profile": image_profile,
            "read_guest": read_guest,
            "deep": deep,
            **scope,
        },
        opts,
    )


def get_inspection_output(
    *,
    path: pulumi.Input[str | PathLike[str] | None] = None,
    bucket: pulumi.Input[str | None] = None,
    key: pulumi.Input[str | None] = None,
    version_id: pulumi.Input[str | None] = None,
    image_profile: pulumi.Input[ImageProfileName] = "ec2",
    read_guest: pulumi.Input[bool] = False,
    deep: pulumi.Input[bool] = False,
    opts: pulumi.InvokeOptions | None = None,
    **scope: Unpack[OutputCallScope],
) -> pulumi.Output[GetInspectionResult]:
    """As `get_inspection`, for arguments that may be outputs. In preview the result may be unknown."""
    return _FUNCTION.call_output(
        {
            "path": path,
            "bucket": bucket,
            "key": key,
            "version_id": version_id,
            "image_profile": image_profile,
            "read_guest": read_guest,
            "deep": deep,
            **scope,
        },
        opts,
    )
