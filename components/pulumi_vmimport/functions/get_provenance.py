"""getProvenance: what an AMI, a snapshot, a WorkSpaces image or an object was made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Unpack

import pulumi

from pulumi_vmimport.functions.program_calls import CallScope, OutputCallScope, ProgramFunction
from pulumi_vmimport.lifecycle.function import AwsFunctionInputs


@dataclass(frozen=True, kw_only=True)
class GetProvenanceInputs(AwsFunctionInputs):
    """The image or the object."""

    id: str
    """The id of an AMI (`ami-...`), a snapshot (`snap-...`) or a WorkSpaces image (`wsi-...`), or the S3 URI of an
    object that VirtualMachineExport or DiskImageUpload wrote (`s3://bucket/key`)."""


@dataclass(frozen=True, kw_only=True)
class GetProvenanceResult:
    """What is recorded about the source of an image. Neither the source nor a stack needs to exist any more."""

    id: str
    """The id or the S3 URI."""
    kind: str
    """`AMI`, `snapshot`, `WorkSpaces image` or `object`."""
    name: str | None = None
    """The name of an AMI or WorkSpaces image."""
    state: str | None = None
    """The state, as the service spells it. Objects have none."""
    account_id: str
    """The account of the credentials."""
    region: str
    """The Region that was read."""
    provenance: Mapping[str, str]
    """`virtualMachine`, `diskSha256`, `object`, `importTask`, `image`, `stack` and `resource`, as the output
    `provenance` of ImportImage. What is not known is left out; without any tags of this library the map is empty."""


_FUNCTION = ProgramFunction(GetProvenanceInputs, GetProvenanceResult)


def get_provenance(
    *,
    id: str,
    opts: pulumi.InvokeOptions | None = None,
    **scope: Unpack[CallScope],
) -> GetProvenanceResult:
    """What an AMI, a snapshot, a WorkSpaces image or an object was made of.

    Args:
        id: The id `ami-...`, `snap-...` or `wsi-...`, or the S3 URI `s3://bucket/key`.
        opts: Options of the call; `provider` may be an `aws.Provider`.
        **scope: `region`, `profile` and `assume_role_arn`. Default: those of the provider, else of the stack.

    Raises:
        FunctionCallError: the id is invalid, nothing has it, or AWS returns an error.
    """
    return _FUNCTION.call({"id": id, **scope}, opts)


def get_provenance_output(
    *,
    id: pulumi.Input[str],
    opts: pulumi.InvokeOptions | None = None,
    **scope: Unpack[OutputCallScope],
) -> pulumi.Output[GetProvenanceResult]:
    """As `get_provenance`, for arguments that may be outputs. In preview the result may be unknown."""
    return _FUNCTION.call_output({"id": id, **scope}, opts)
