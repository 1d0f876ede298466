"""ByolWorkspaceImage: from an ISO image or a virtual machine on vSphere to a WorkSpaces BYOL image in one component.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
"""

import asyncio
import re
from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict, Unpack, overload

import pulumi

from pulumi_vmimport.components.byol_image_sources import EXPORT_ARGS, MACHINE, source_problems
from pulumi_vmimport.components.component_base import CheckedInputs, Component, Values
from pulumi_vmimport.components.import_bucket import ImportBucket
from pulumi_vmimport.components.private_bucket import import_s3
from pulumi_vmimport.components.provider_lookups import account_of, region_of
from pulumi_vmimport.components.service_role_choice import choose_role, role_argument_problems
from pulumi_vmimport.components.source_machine_args import IsoArgs, SourceVirtualMachineArgs
from pulumi_vmimport.components.unattended_installation import declare_installation, installation_problems, os_version
from pulumi_vmimport.components.vmimport_role import VmimportRole
from pulumi_vmimport.lifecycle.contract import Problem, is_set
from pulumi_vmimport.resources.allowed_values import (
    ApplicationValue,
    IngestionProcessValue,
    OsVersionValue,
    PoweredOnValue,
    SseValue,
)
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImage
from pulumi_vmimport.resources.guest_installation.windows_guest_args import WindowsGuestArgs
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import VirtualMachineExport
from pulumi_vmimport.resources.workspaces.identifier_rules import description_problem, name_problem
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImage

_CREDENTIALS = ("profile", "assume_role_arn")
_AWS_ARGS = (*_CREDENTIALS, "timeout_minutes")
_KEY_ARN = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/")
# Enough for the program to send its look-ups, much less than a provider plugin needs to start and answer them.
_LOOK_UP_SECONDS = 0.03
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9._-]+")


class ByolWorkspaceImageArgs(TypedDict):
    """The arguments of ByolWorkspaceImage. Set exactly one source, and the properties of the image.

    An ISO image of Windows is installed in a new virtual machine. A virtual machine is exported and imported. An OVA
    in S3 is only imported. An AMI is used as it is.
    """

    image_name: pulumi.Input[str]
    r"""The name of the WorkSpaces image: 1 to 64 of `a-z A-Z 0-9 _ . / ( ) \ -`, no space."""
    image_description: pulumi.Input[str]
    """The description of the AMI and the image: 1 to 256 of `a-z A-Z 0-9 _ . / ( ) -` and space."""
    ingestion_process: pulumi.Input[IngestionProcessValue]
    """The ingestion process, such as BYOL_REGULAR_WSP; see ImportWorkspaceImage. The Windows on the disk must fit."""
    applications: NotRequired[pulumi.Input[list[pulumi.Input[ApplicationValue]]]]
    """Microsoft Office by subscription; see ImportWorkspaceImage. Default: none."""
    os_version: NotRequired[pulumi.Input[OsVersionValue]]
    """Windows_10 or Windows_11, to check the ingestion process, Office and the disk before the import. Default: that of
    guest.windows_release with windows_iso, else not checked."""
    virtual_machine_uuid: NotRequired[pulumi.Input[str]]
    """Source: the virtual machine with this BIOS UUID, an output of SourceVirtualMachine and pulumi-vsphere."""
    virtual_machine_moid: NotRequired[pulumi.Input[str]]
    """Source: the virtual machine with this managed object id."""
    virtual_machine_path: NotRequired[pulumi.Input[str]]
    """Source: the virtual machine with this inventory path or unique name."""
    windows_iso: NotRequired[IsoArgs]
    """Source: the ISO image of Windows, installed and prepared in a new virtual machine with nobody at its console. The
    virtual machine remains, powered off, until the component is deleted."""
    source_machine: NotRequired[SourceVirtualMachineArgs]
    """For `windows_iso`: placement and hardware of the virtual machine; windows_iso and guest set its iso and
    windows_release. Its default name is that of the component."""
    guest: NotRequired[WindowsGuestArgs]
    """For `windows_iso`: the Windows to install and its preparation. Required: windows_release,
    administrator_password and byol_account_password. Default of with_office: whether `applications` is set; of
    timeout_minutes: that of the component; with bypass_tpm, the virtual machine has neither a TPM nor Secure Boot."""
    ova_key: NotRequired[pulumi.Input[str]]
    """Source: the key of an OVA in `existing_bucket`."""
    ec2_image_id: NotRequired[pulumi.Input[str]]
    """Source: an existing BYOL AMI."""
    existing_bucket: NotRequired[pulumi.Input[str]]
    """The name of a bucket to use instead of a new ImportBucket. Default: a new bucket; deleting it deletes its
    images."""
    existing_role_name: NotRequired[pulumi.Input[str]]
    """The name of an existing service role: the same as `role_name` with `adopt`. Default: see `role_name`."""
    role_name: NotRequired[pulumi.Input[str]]
    """The name of the service role to create, or with `adopt` to use. Default: the account's role vmimport, if it
    suffices and no other stack of this library owns it; otherwise a new role vmimport-<project>-<stack>-<name>."""
    adopt: NotRequired[bool]
    """Use the existing role `role_name` (default: vmimport) and never change or delete it; preview reports what it
    lacks. With false, the component creates a role. Default: see `role_name`."""
    powered_on: NotRequired[pulumi.Input[PoweredOnValue]]
    """What to do when the virtual machine is powered on: refuse, shutDown, powerOff or wait. Default: refuse."""
    export_when_changed: NotRequired[pulumi.Input[bool]]
    """Export the virtual machine again when its change version in vSphere differs. Default: false; preview warns."""
    triggers: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Any values; a change exports the virtual machine again."""
    sse: NotRequired[pulumi.Input[SseValue]]
    """The server-side encryption of the OVA: AES256, aws:kms or aws:kms:dsse. Set it where the policy of
    `existing_bucket` requires the header. Default: the default encryption of the bucket."""
    kms_key_id: NotRequired[pulumi.Input[str]]
    """The KMS key of the OVA for `sse` aws:kms or aws:kms:dsse; its key policy must let the service role decrypt
    (`source_key_policy_statement` of VmimportRole). Default: that of the bucket."""
    source_hash: NotRequired[pulumi.Input[str]]
    """For `ova_key`: any value that changes when the OVA changes; a change imports it again."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the bucket, the role, the AMI, its snapshots and the image; at most 40. Default: none."""
    ignored_findings: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Ids of rules, such as `byol-disk-above-70`, whose findings do not fail preview (docs/inspect.md lists them).
    Default: none."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Keep the AMI and the WorkSpaces image when the component is deleted. Default: false."""
    keep_failed_image: NotRequired[pulumi.Input[bool]]
    """Keep the record of a WorkSpaces image whose creation failed. Default: false; the record is deleted."""
    timeout_minutes: NotRequired[pulumi.Input[int]]
    """How long one `pulumi up` waits for the import, and then for the image, in minutes each. Default: 1440."""
    profile: NotRequired[pulumi.Input[str]]
    """The profile of the shared AWS files to use for the export, the import and the image. Set it when the aws provider
    has one. Default: the stack's credentials."""
    assume_role_arn: NotRequired[pulumi.Input[str]]
    """The role to assume for the export, the import and the image. Set it when the aws provider has one. Default: the
    stack's role, if any."""


class ByolWorkspaceImage(Component):
    """A bucket, a service role, the export, the import and the WorkSpaces image; existing parts can be used instead.

    With `windows_iso`, also the virtual machine and its guest.

    The provider and the Region are those of the program. An interrupted run is resumed by the next one. A source that
    has not changed is not exported or imported again.
    """

    image_id: pulumi.Output[str]
    """The id of the WorkSpaces image, wsi-..."""
    provenance: pulumi.Output[dict[str, str] | None]
    """Where the image comes from, back to the virtual machine; see ImportWorkspaceImage."""
    ec2_image_id: pulumi.Output[str]
    """The id of the AMI that the image is made from."""
    import_task_id: pulumi.Output[str | None]
    """The id of the import task; None when the source is an AMI."""
    detected_guest: pulumi.Output[dict[str, str] | None]
    """The operating system on the disk, as ImportImage found it before the import; None when the source is an AMI."""
    bucket: pulumi.Output[str | None]
    """The bucket of the OVA; None when the source is an AMI."""
    ova_key: pulumi.Output[str | None]
    """The key of the OVA; None when the source is an AMI."""
    ova_checksum: pulumi.Output[str | None]
    """The CRC-32 of the exported OVA in S3, as `CRC32:<base64>`; None when nothing was exported."""
    role_name: pulumi.Output[str | None]
    """The service role of the import, available once it has been checked or created; None when the source is an AMI."""

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
        self._region = region_of(self)
        nothing: pulumi.Output[Any] = pulumi.Output.from_input(None)
        self.import_task_id = self.bucket = self.ova_key = self.ova_checksum = self.role_name = nothing
        self.detected_guest = nothing
        if args.get("ec2_image_id") is not None:
            self.ec2_image_id = inputs.get("ec2_image_id")
        else:
            self._declare_storage(name, inputs)
            self._declare_import(name, inputs, self._declare_export(name, inputs))
        image_args: Any = {
            **self._set_args("ingestion_process", "applications", "os_version", "tags"),
            **self._set_args("retain_on_delete", "keep_failed_image", *_AWS_ARGS),
            "image_name": inputs.get("image_name"),
            "image_description": inputs.get("image_description"),
            "ec2_image_id": self.ec2_image_id,
            "region": self._region,
        }
        if args.get("windows_iso") is not None and args.get("os_version") is None:
            image_args["os_version"] = os_version(self._args, inputs)
        image = ImportWorkspaceImage(f"{name}-image", image_args, self._child)
        self.image_id, self.provenance = image.image_id, image.provenance
        self.register_outputs(
            {
                "imageId": self.image_id,
                "provenance": self.provenance,
                "ec2ImageId": self.ec2_image_id,
                "importTaskId": self.import_task_id,
                "detectedGuest": self.detected_guest,
                "bucket": self.bucket,
                "ovaKey": self.ova_key,
                "ovaChecksum": self.ova_checksum,
                "roleName": self.role_name,
            }
        )

    def _declare_storage(self, name: str, inputs: CheckedInputs) -> None:
        """Declare the bucket of the OVA and the role that reads it."""
        account_of(self)  # the bucket and the role need it, so it is looked up together with the role
        # The program waits here until the provider plugin has started: time to import the classes of S3.
        sent: pulumi.Output[Any] = pulumi.Output.from_input(asyncio.sleep(_LOOK_UP_SECONDS, result=True))
        sent.apply(lambda _: import_s3())
        choice = choose_role(name, self._args, inputs, _key(name), pulumi.InvokeOptions(parent=self))
        if choice.note:
            pulumi.log.info(choice.note, self)
        if self._args.get("existing_bucket") is not None:
            bucket_args: Any = {"existing_bucket": inputs.get("existing_bucket")}
        else:
            bucket_args = {"force_destroy": inputs.after_check(True), **self._set_args("tags")}
        bucket = ImportBucket(f"{name}-bucket", bucket_args, self._child)
        self.bucket = bucket.bucket
        role_args: Any = {
            "import_buckets": [bucket.created_name],
            "role_name": choice.name,
            **({"adopt": True} if choice.adopt else self._set_args("tags")),
            **self._set_args(*_CREDENTIALS),
        }
        if self._args.get("kms_key_id") is not None:
            role_args["kms_key_arns"] = inputs.get("kms_key_id").apply(lambda arn: [arn] if _KEY_ARN.match(arn) else [])
        self.role_name = VmimportRole(f"{name}-role", role_args, self._child).role_name

    def _declare_export(self, name: str, inputs: CheckedInputs) -> pulumi.Output[str]:
        """Declare the export unless the OVA exists; returns a value that changes with the OVA."""
        if self._args.get("ova_key") is not None:
            self.ova_key = inputs.get("ova_key")
            return inputs.get("source_hash")
        if self._args.get("windows_iso") is not None:
            machine = {"uuid": declare_installation(self, name, self._args, inputs)}
        else:
            machine = {n.removeprefix("virtual_machine_"): v for n, v in self._set_args(*MACHINE).items()}
        export_args: Any = {
            **machine,
            **self._set_args("ignored_findings", *EXPORT_ARGS, *_AWS_ARGS),
            # The export takes hours: it starts once the role has been checked.
            "bucket": pulumi.Output.all(self.bucket, self.role_name).apply(lambda values: values[0]),
            "key": _key(name),
            "image_profile": "byol-workspaces",
            "region": self._region,
        }
        export = VirtualMachineExport(f"{name}-export", export_args, self._child)
        self.ova_key, self.ova_checksum = export.key, export.checksum
        return export.checksum

    def _declare_import(self, name: str, inputs: CheckedInputs, source_hash: pulumi.Output[str]) -> None:
        container = {"format": "OVA", "user_bucket": {"s3_bucket": self.bucket, "s3_key": self.ova_key}}
        import_args: Any = {
            **self._set_args("ignored_findings", "ingestion_process", "tags", "retain_on_delete", *_AWS_ARGS),
            "description": inputs.get("image_description"),
            "disk_containers": [container],
            "image_profile": "byol-workspaces",
            "license_type": "BYOL",
            "role_name": self.role_name,
            "source_hash": source_hash,
            "region": self._region,
        }
        if self._args.get("os_version") is not None:
            import_args["operating_system"] = inputs.get("os_version").apply(lambda name: str(name).replace("_", " "))
            import_args["skip_operating_system_check"] = True  # ImportWorkspaceImage checks all but the disk
        made = ImportImage(f"{name}-import", import_args, self._child)
        self.ec2_image_id, self.import_task_id = made.image_id, made.import_task_id
        self.detected_guest = made.detected_guest

    def _set_args(self, *names: str) -> Any:
        """The arguments of these names that are set."""
        args: Values = self._args
        return {name: args[name] for name in names if args.get(name) is not None}


def _key(name: str) -> str:
    """A key that no other component uses, in a bucket that several stacks may share."""
    parts = (pulumi.get_project(), pulumi.get_stack(), name)
    return "/".join(_NOT_IN_KEYS.sub("-", part) for part in parts) + ".ova"


def _check(values: Values) -> Iterator[Problem]:
    # WorkSpaces checks these last: find an invalid name before the export and the import.
    for name, problem in (("image_name", name_problem), ("image_description", description_problem)):
        if is_set(values.get(name)) and (reason := problem(values[name])):
            yield Problem(name, reason)
    yield from source_problems(values)
    yield from installation_problems(values)
    yield from role_argument_problems(values)
