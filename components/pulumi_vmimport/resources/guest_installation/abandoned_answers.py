"""Answer ISOs of this resource that a killed run left, for a virtual machine that no longer exists or uses them."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG
from pulumi_vmimport.resources.guest_installation.answer_place import answer_folder, answer_paths
from pulumi_vmimport.resources.guest_installation.guest_installation import GuestInstallationState
from pulumi_vmimport.vsphere import datastore_search
from pulumi_vmimport.vsphere.answer_iso_files import AnswerIsoUse, answer_isos

if TYPE_CHECKING:
    from pulumi_vmimport.vsphere.session import VSphereSession

# A run attaches the file right after the upload; a stack of the same name in another backend may be doing so now.
_MIN_AGE = timedelta(hours=1)


def delete_abandoned(run: Run, session: "VSphereSession", state: GuestInstallationState) -> None:
    """Delete those in the folder of the answer ISO of this state. Raises: VSphereError; errors of `run.wait`."""
    own, folder = answer_paths(state)[0], answer_folder(session, state)
    for name, browser, datacenter in datastore_search.datastores(session):
        if (name, datacenter) != (own.datastore, state.datacenter):
            continue
        for found in answer_isos(session, browser, folder, run.wait):
            is_of_this_resource = found.tags.get(IDENTITY_TAG) == run.identity.key and found.iso != own
            is_old = found.modified is not None and datetime.now(UTC) - found.modified > _MIN_AGE
            if is_of_this_resource and is_old and found.use(session) is not AnswerIsoUse.ATTACHED:
                found.delete(run.wait)
                run.warn(f"deleted {found.iso}, which an interrupted run left")
