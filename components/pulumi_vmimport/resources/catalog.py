"""One row for each custom resource. Whatever lists resources derives from here."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class CatalogEntry:
    """One custom resource."""

    name: str
    module: str
    """The module that defines it, below `pulumi_vmimport`."""


CATALOG = (
    CatalogEntry("CopyWorkspaceImage", "resources.workspaces.copy_workspace_image"),
    CatalogEntry("CreateUpdatedWorkspaceImage", "resources.workspaces.create_updated_workspace_image"),
    CatalogEntry("CreateWorkspaceImage", "resources.workspaces.create_workspace_image"),
    CatalogEntry("DirectSnapshot", "resources.direct_snapshot.direct_snapshot"),
    CatalogEntry("DiskImageUpload", "resources.disk_image_upload.disk_image_upload"),
    CatalogEntry("ExportImage", "resources.ec2_tasks.export_image"),
    CatalogEntry("ImportCustomWorkspaceImage", "resources.workspaces.import_custom_workspace_image"),
    CatalogEntry("ImportImage", "resources.ec2_tasks.import_image"),
    CatalogEntry("ImportSnapshot", "resources.ec2_tasks.import_snapshot"),
    CatalogEntry("ImportWorkspaceImage", "resources.workspaces.import_workspace_image"),
    CatalogEntry("InstanceExport", "resources.ec2_tasks.instance_export"),
    CatalogEntry("RoleReadiness", "resources.iam.role_readiness"),
    CatalogEntry("VirtualMachineExport", "resources.virtual_machine_export.virtual_machine_export"),
    CatalogEntry("WorkspaceBundle", "resources.workspaces.workspace_bundle"),
    CatalogEntry("WorkspaceImagePermissions", "resources.workspaces.workspace_image_permissions"),
    CatalogEntry("WorkspacesAccount", "resources.workspaces.workspaces_account"),
)
_BY_NAME = {entry.name: entry for entry in CATALOG}


def lifecycle_of(resource: str) -> Any:
    """The Lifecycle class of a resource by its name. Raises: KeyError for a name that the catalog does not have."""
    entry = _BY_NAME[resource]
    return getattr(import_module(f"pulumi_vmimport.{entry.module}"), f"{resource}Lifecycle")
