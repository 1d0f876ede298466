"""Lists the files of a folder in datastores.

Source: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.host.DatastoreBrowser.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyVmomi import vim

from pulumi_vmimport.vsphere.datastore_file import DatastorePath
from pulumi_vmimport.vsphere.inventory import inventory_path
from pulumi_vmimport.vsphere.session import VSphereSession, Wait
from pulumi_vmimport.vsphere.soap_faults import faults_as_errors
from pulumi_vmimport.vsphere.vsphere_errors import VSphereFaultError


@dataclass(frozen=True)
class FoundFile:
    """A file in a folder."""

    path: DatastorePath
    modified: datetime | None


def files_of(session: VSphereSession, browser: Any, folder: DatastorePath, wait: Wait) -> list[FoundFile]:
    """The files in a folder, without those in folders below; none if there is no such folder.

    `browser` is the property `browser` of the datastore. Raises: VSphereFaultError; errors of `wait`.
    """
    action = f"list the files of {folder}"
    try:
        with faults_as_errors(action):
            task = browser.SearchDatastore_Task(str(folder), _all_files())
        found = session.wait_for_task(task, action, wait)
    except VSphereFaultError as error:
        if error.fault == "FileNotFound":
            return []
        raise
    files = found.file if found is not None else ()
    return [FoundFile(folder.child(file.path), file.modification) for file in files]


def _all_files() -> Any:
    """All files, with the time of their last change."""
    kinds = vim.host.DatastoreBrowser
    details = kinds.FileInfo.Details(fileType=True, fileSize=True, fileOwner=False, modification=True)
    return kinds.SearchSpec(details=details, matchPattern=["*"])


def datastores(session: VSphereSession) -> Iterator[tuple[str, Any, str]]:
    """Name, browser and inventory path of the datacenter of each datastore that the user can see."""
    content = session.content
    with faults_as_errors("list the datastores"):
        view = content.viewManager.CreateContainerView(content.rootFolder, [vim.Datacenter], recursive=True)
        try:
            datacenters = session.properties_of(list(view.view), "datastore")
        finally:
            view.Destroy()
    for datacenter, of_datacenter in datacenters:
        with faults_as_errors("list the datastores"):
            path = inventory_path(session, datacenter)
            stores = session.properties_of(list(of_datacenter.get("datastore", ())), "name", "browser")
        for _, facts in stores:
            yield facts["name"], facts["browser"], path
