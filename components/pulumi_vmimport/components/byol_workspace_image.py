"""ByolWorkspaceImage: the whole line from a virtual machine on vSphere to a WorkSpaces image.

Requirements C59, sections 1 to 6 and 11.
"""

import re
from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict, Unpack, overload

import pulumi
import pulumi_aws as aws

from pulumi_vmimport.components.component_base import CheckedInputs, Component, Values
from pulumi_vmimport.components.import_bucket import ImportBucket
from pulumi_vmimport.components.vmimport_role import VmimportRole
from pulumi_vmimport.lifecycle.contract import Problem, is_set
from pulumi_vmimport.resources.allowed_values import (
    ApplicationValue,
    IngestionProcessValue,
    OsVersionValue,
    PoweredOnValue,
)
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImage
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import VirtualMachineExport
from pulumi_vmimport.resources.workspaces.identifier_rules import description_problem, name_problem
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImage

_MACHINE = ("virtual_machine_uuid", "virtual_machine_moid", "virtual_machine_path")
_SOURCES = (*_MACHINE, "ova_key", "ec2_image_id")
_CREDENTIALS = ("profile", "assume_role_arn")
_SCOPE = (*_CREDENTIALS, "timeout_minutes")
_OF_EXPORTS = ("powered_on", "export_when_changed", "triggers")
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9._-]+")


class ByolWorkspaceImageArgs(TypedDict):
    """The arguments of ByolWorkspaceImage: exactly one source, and what the image is to be.

    The source decides which parts are made: a virtual machine goes the whole way, an OVA in S3 skips the export, an AMI
    the import as well.
    """

    image_name: pulumi.Input[str]
    r"""The name of the WorkSpaces image: 1 to 64 of `a-z A-Z 0-9 _ . / ( ) \ -`, no space."""
    image_description: pulumi.Input[str]
    """The description of AMI and image: 1 to 256 of `a-z A-Z 0-9 _ . / ( ) -` and space."""
    ingestion_process: pulumi.Input[IngestionProcessValue]
    """What the image is for, such as BYOL_REGULAR_WSP; see ImportWorkspaceImage."""
    applications: NotRequired[pulumi.Input[list[pulumi.Input[ApplicationValue]]]]
    """Office by subscription; see ImportWorkspaceImage. Default: none."""
    os_version: NotRequired[pulumi.Input[OsVersionValue]]
    """Windows_10 or Windows_11, for preview's checks of process and Office. Default: no check."""
    virtual_machine_uuid: NotRequired[pulumi.Input[str]]
    """Source: the machine of this BIOS uuid, as SourceVirtualMachine and pulumi-vsphere put it out."""
    virtual_machine_moid: NotRequired[pulumi.Input[str]]
    """Source: the machine of this managed object id."""
    virtual_machine_path: NotRequired[pulumi.Input[str]]
    """Source: the machine of this inventory path or unique name."""
    ova_key: NotRequired[pulumi.Input[str]]
    """Source: an OVA that is in `existing_bucket` already."""
    ec2_image_id: NotRequired[pulumi.Input[str]]
    """Source: a BYOL AMI that is there already."""
    existing_bucket: NotRequired[pulumi.Input[str]]
    """A bucket to take instead of a new ImportBucket. Default: a new one, deleted with its images."""
    existing_role_name: NotRequired[pulumi.Input[str]]
    """A service role to take instead of a new VmimportRole. Default: a new one of the name vmimport."""
    powered_on: NotRequired[pulumi.Input[PoweredOnValue]]
    """What to do with a machine that runs: refuse, shutDown, powerOff or wait. Default: refuse."""
    export_when_changed: NotRequired[pulumi.Input[bool]]
    """Export the machine anew when vSphere's change version of it is another. Default: false, preview warns."""
    triggers: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Any values; a change exports the machine anew."""
    source_hash: NotRequired[pulumi.Input[str]]
    """For `ova_key`: anything that changes when the OVA does; a change imports anew."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of bucket, role, AMI, snapshots and image; at most 45. Default: none."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Leave AMI and WorkSpaces image in the account when the component is deleted. Default: false."""
    keep_failed_image: NotRequired[pulumi.Input[bool]]
    """Keep the record of a WorkSpaces image that could not be made. Default: false, it is deleted."""
    timeout_minutes: NotRequired[pulumi.Input[int]]
    """How long one `pulumi up` waits for the import and for the image, in minutes each. Default: 1440."""
    profile: NotRequired[pulumi.Input[str]]
    """The profile of the shared AWS files for export, import and image, where the aws provider has one of its own.
    Default: the stack's credentials."""
    assume_role_arn: NotRequired[pulumi.Input[str]]
    """The role to assume for export, import and image, where the aws provider has one of its own. Default: none beside
    the stack's."""


class ByolWorkspaceImage(Component):
    """Bucket, service role, export, import and WorkSpaces image in one; each part replaceable by one you have.

    Provider and Region are the caller's. Where the last run was interrupted the next one goes on; a machine, OVA or AMI
    that has not changed is not exported or imported again.
    """

    image_id: pulumi.Output[str]
    """The WorkSpaces image, wsi-..."""
    ec2_image_id: pulumi.Output[str]
    """The AMI it was made from."""
    import_task_id: pulumi.Output[str | None]
    """The import task; None where the AMI was given."""
    bucket: pulumi.Output[str | None]
    """The bucket of the OVA; None where the AMI was given."""
    ova_key: pulumi.Output[str | None]
    """The key of the OVA; None where the AMI was given."""
    ova_checksum: pulumi.Output[str | None]
    """S3's CRC-32 of the OVA that was exported, as `CRC32:<base64>`; None where it was given."""
    role_name: pulumi.Output[str | None]
    """The service role of the import; None where the AMI was given."""

    @overload
    def __init__(
        self, resource_name: str, args: ByolWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[ByolWorkspaceImageArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ByolWorkspaceImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__("vmimport:index:ByolWorkspaceImage", resource_name, args, opts, **kwargs)

    def _declare(self, name: str, args: ByolWorkspaceImageArgs) -> None:
        inputs = CheckedInputs(self, name, args, ByolWorkspaceImageArgs, _check)
        self._args, self._child = args, pulumi.ResourceOptions(parent=self)
        self._region = aws.get_region_output(opts=pulumi.InvokeOptions(parent=self)).region
        nothing: pulumi.Output[Any] = pulumi.Output.from_input(None)
        self.import_task_id = self.bucket = self.ova_key = self.ova_checksum = self.role_name = nothing
        if args.get("ec2_image_id") is not None:
            self.ec2_image_id = inputs.get("ec2_image_id")
        else:
            self._place(name, inputs)
            self._import(name, inputs, self._export(name, inputs))
        image_args: Any = {
            **self._given("ingestion_process", "applications", "os_version", "tags"),
            **self._given("retain_on_delete", "keep_failed_image", *_SCOPE),
            "image_name": inputs.get("image_name"),
            "image_description": inputs.get("image_description"),
            "ec2_image_id": self.ec2_image_id,
            "region": self._region,
        }
        image = ImportWorkspaceImage(f"{name}-image", image_args, self._child)
        self.image_id = image.image_id
        self.register_outputs(
            {
                "imageId": self.image_id,
                "ec2ImageId": self.ec2_image_id,
                "importTaskId": self.import_task_id,
                "bucket": self.bucket,
                "ovaKey": self.ova_key,
                "ovaChecksum": self.ova_checksum,
                "roleName": self.role_name,
            }
        )

    def _place(self, name: str, inputs: CheckedInputs) -> None:
        """Where the OVA lies, and who may read it."""
        if self._args.get("existing_bucket") is not None:
            bucket_args: Any = {"existing_bucket": inputs.get("existing_bucket")}
        else:
            bucket_args = {"force_destroy": inputs.after_check(True), **self._given("tags")}
        self.bucket = ImportBucket(f"{name}-bucket", bucket_args, self._child).bucket
        if self._args.get("existing_role_name") is not None:
            self.role_name = inputs.get("existing_role_name")
        else:
            role_args: Any = {"import_buckets": [self.bucket], **self._given("tags", *_CREDENTIALS)}
            self.role_name = VmimportRole(f"{name}-role", role_args, self._child).role_name

    def _export(self, name: str, inputs: CheckedInputs) -> pulumi.Output[str]:
        """Put the OVA into the bucket where it is not there yet; returns what changes with its content."""
        if self._args.get("ova_key") is not None:
            self.ova_key = inputs.get("ova_key")
            return inputs.get("source_hash")
        machine = {n.removeprefix("virtual_machine_"): v for n, v in self._given(*_MACHINE).items()}
        export_args: Any = {
            **machine,
            **self._given(*_OF_EXPORTS, *_SCOPE),
            "bucket": self.bucket,
            "key": _key(name),
            "image_profile": "byol-workspaces",
            "region": self._region,
        }
        export = VirtualMachineExport(f"{name}-export", export_args, self._child)
        self.ova_key, self.ova_checksum = export.key, export.checksum
        return export.checksum

    def _import(self, name: str, inputs: CheckedInputs, source_hash: pulumi.Output[str]) -> None:
        container = {"format": "OVA", "user_bucket": {"s3_bucket": self.bucket, "s3_key": self.ova_key}}
        import_args: Any = {
            **self._given("tags", "retain_on_delete", *_SCOPE),
            "description": inputs.get("image_description"),
            "disk_containers": [container],
            "image_profile": "byol-workspaces",
            "license_type": "BYOL",
            "role_name": self.role_name,
            "source_hash": source_hash,
            "region": self._region,
        }
        made = ImportImage(f"{name}-import", import_args, self._child)
        self.ec2_image_id, self.import_task_id = made.image_id, made.import_task_id

    def _given(self, *names: str) -> Any:
        """The arguments of these names that were given."""
        args: Values = self._args
        return {name: args[name] for name in names if args.get(name) is not None}


def _key(name: str) -> str:
    """A key of the component's own, in a bucket that several stacks may share."""
    parts = (pulumi.get_project(), pulumi.get_stack(), name)
    return "/".join(_NOT_IN_KEYS.sub("-", part) for part in parts) + ".ova"


def _check(values: Values) -> Iterator[Problem]:
    # WorkSpaces meets them last; nothing is to be exported and imported for a name that it refuses.
    for name, problem in (("image_name", name_problem), ("image_description", description_problem)):
        if is_set(values.get(name)) and (reason := problem(values[name])):
            yield Problem(name, reason)
    yield from _source_problems(values)


def _source_problems(values: Values) -> Iterator[Problem]:
    sources = [name for name in _SOURCES if values.get(name) is not None]
    if len(sources) != 1:
        yield Problem(
            sources[0] if sources else _SOURCES[0],
            f"expected exactly one source of {', '.join(_SOURCES)}, got {', '.join(sources) or 'none'}",
        )
        return
    if sources == ["ova_key"] and values.get("existing_bucket") is None:
        yield Problem("existing_bucket", "is required with ova_key: it names the bucket that the OVA is in")
    if sources == ["ec2_image_id"]:
        for name in ("existing_bucket", "existing_role_name"):
            if values.get(name) is not None:
                yield Problem(name, "is of no use with ec2_image_id: nothing is imported; drop one of the two")
    if sources != ["ova_key"] and is_set(values.get("source_hash")):
        yield Problem("source_hash", f"is for an OVA that is there, and the source is {sources[0]}; drop it")
    if sources[0] not in _MACHINE:
        for name in _OF_EXPORTS:
            if is_set(values.get(name)):
                yield Problem(name, f"is for the export of a machine, and the source is {sources[0]}; drop it")
