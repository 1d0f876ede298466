"""One row for each component; resources/catalog.py has those of the custom resources."""

from dataclasses import dataclass

from pulumi_vmimport.resources.orphan_kinds import OrphanKind


@dataclass(frozen=True, kw_only=True)
class ComponentEntry:
    """One component, which pulumi-aws, pulumi-vsphere and the custom resources implement."""

    name: str
    module: str
    summary: str
    page: str
    orphans: tuple[OrphanKind, ...] = ()
    """What a killed run can leave of its own resources"""


COMPONENTS = (
    ComponentEntry(
        name="ByolWorkspaceImage",
        module="components.byol_workspace_image",
        summary="bucket, service role, export, import and WorkSpaces image in one component",
        page="workspaces_images.md",
    ),
    ComponentEntry(
        name="SourceVirtualMachine",
        module="components.source_virtual_machine",
        summary="a vSphere VM that VM Import can import, with presets and rules for Windows 10 and 11 BYOL",
        page="supported_systems.md",
        orphans=(OrphanKind.VIRTUAL_MACHINE,),
    ),
    ComponentEntry(
        name="ImportBucket",
        module="components.import_bucket",
        summary="a private, encrypted, TLS-only bucket with lifecycle rules, or an existing bucket",
        page="permissions.md",
        orphans=(OrphanKind.BUCKET,),
    ),
    ComponentEntry(
        name="VmimportRole",
        module="components.vmimport_role",
        summary="the service role with least-privilege permissions, or an existing role, which is checked",
        page="permissions.md",
        orphans=(OrphanKind.ROLE,),
    ),
    ComponentEntry(
        name="ExportBucket",
        module="components.export_bucket",
        summary="a bucket that VM Import/Export can write to, or an existing bucket",
        page="exports.md",
        orphans=(OrphanKind.BUCKET,),
    ),
    ComponentEntry(
        name="ImageDistribution",
        module="components.image_distribution",
        summary="an Image Builder distribution configuration: the AMI in each Region and account, checked in preview",
        page="distribution.md",
    ),
    ComponentEntry(
        name="CrossAccountDistributionRole",
        module="components.cross_account_distribution_role",
        summary="the role in a target account with which Image Builder copies AMIs into it",
        page="distribution.md",
        orphans=(OrphanKind.ROLE,),
    ),
    ComponentEntry(
        name="DistributionExecutionRole",
        module="components.distribution_execution_role",
        summary="the role with which Image Builder distributes an AMI, with least-privilege permissions",
        page="distribution.md",
        orphans=(OrphanKind.ROLE,),
    ),
)
