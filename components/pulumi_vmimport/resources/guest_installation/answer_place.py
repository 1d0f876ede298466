"""Where the answer ISO and the log of an installation are in the datastore."""

from typing import TYPE_CHECKING

from pulumi_vmimport.lifecycle.contract import PartialFailureError
from pulumi_vmimport.resources.guest_installation.guest_installation import GuestInstallationState
from pulumi_vmimport.vsphere.answer_iso_files import log_of
from pulumi_vmimport.vsphere.datastore_file import DatastorePath
from pulumi_vmimport.vsphere.datastore_folder import DatastoreFolder

if TYPE_CHECKING:
    from pulumi_vmimport.vsphere.session import VSphereSession


def answer_paths(state: GuestInstallationState) -> tuple[DatastorePath, DatastorePath]:
    """The answer ISO and the log of the serial port. Raises: PartialFailureError if the state has no answer ISO."""
    iso = DatastorePath.parse(state.answer_iso or "")
    if iso is None:
        raise PartialFailureError("the state of the installation has no answer ISO; run pulumi up --replace")
    return iso, log_of(iso)


def answer_folder(session: "VSphereSession", state: GuestInstallationState) -> DatastoreFolder:
    """The folder of both. Raises: PartialFailureError, as `answer_paths`."""
    return DatastoreFolder(session, state.datacenter or "", answer_paths(state)[0].folder)
