"""The files of an installation in a datastore: the answer ISO, the log of the serial port, and who they belong to.

The answer ISO contains passwords. A run that is killed after the upload leaves it, and Pulumi has no record of it yet,
so a file without secrets beside it names the resource and the virtual machine.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pulumi_vmimport.vsphere import datastore_search, inventory
from pulumi_vmimport.vsphere.datastore_file import DatastorePath
from pulumi_vmimport.vsphere.datastore_folder import DatastoreFolder
from pulumi_vmimport.vsphere.installation_devices import ANSWER_FOLDER, InstallationDevices
from pulumi_vmimport.vsphere.session import VSphereSession, Wait
from pulumi_vmimport.vsphere.vsphere_errors import AmbiguousMachineError, MachineNotFoundError

_ISO, _LOG, _OWNER = ".iso", ".log", ".owner.json"


def log_of(iso: DatastorePath) -> DatastorePath:
    """The log beside an answer ISO."""
    return iso.sibling(iso.name.removesuffix(_ISO) + _LOG)


def owner_of(iso: DatastorePath) -> DatastorePath:
    """The file beside an answer ISO that names its owner."""
    return iso.sibling(iso.name.removesuffix(_ISO) + _OWNER)


def owner_record(tags: Mapping[str, str], machine_uuid: str) -> bytes:
    """The content of that file: the tags of the resource, and the BIOS UUID of its machine."""
    return json.dumps({"tags": dict(tags), "machine": machine_uuid}).encode()


class AnswerIsoUse(StrEnum):
    """How the machine that an answer ISO was made for uses it."""

    ATTACHED = "attached"
    NOT_ATTACHED = "not attached"
    NO_MACHINE = "no virtual machine"
    """The machine does not exist in this vCenter"""


@dataclass(frozen=True)
class AnswerIsoFile:
    """An answer ISO, or what remains of its files."""

    iso: DatastorePath
    folder: DatastoreFolder
    modified: datetime | None
    tags: Mapping[str, str]
    """Of the resource; empty if nothing names it"""
    machine_uuid: str | None

    def use(self, session: VSphereSession) -> AnswerIsoUse:
        """Whether the machine of its owner uses it; it may if several have its UUID. Raises: VSphereError."""
        if self.machine_uuid is None:
            return AnswerIsoUse.NOT_ATTACHED
        try:
            machine = inventory.find_by_uuid(session, self.machine_uuid)
        except MachineNotFoundError:
            return AnswerIsoUse.NO_MACHINE
        except AmbiguousMachineError:
            return AnswerIsoUse.ATTACHED
        is_attached = str(self.iso) in InstallationDevices(machine).iso_paths()
        return AnswerIsoUse.ATTACHED if is_attached else AnswerIsoUse.NOT_ATTACHED

    def delete(self, wait: Wait) -> None:
        """Delete the ISO image first, and last the file that names its owner. Raises: VSphereError."""
        for path in (self.iso, log_of(self.iso), owner_of(self.iso)):
            self.folder.delete(path.name, wait)


def all_answer_isos(session: VSphereSession, wait: Wait) -> Iterator[AnswerIsoFile]:
    """Those of every datastore that the user can see. Raises: VSphereError; errors of `wait`."""
    for name, browser, datacenter in datastore_search.datastores(session):
        folder = DatastoreFolder(session, datacenter, DatastorePath(name, ANSWER_FOLDER))
        yield from answer_isos(session, browser, folder, wait)


def answer_isos(session: VSphereSession, browser: Any, folder: DatastoreFolder, wait: Wait) -> Iterator[AnswerIsoFile]:
    """Those in a folder; `browser` is the property of its datastore. Raises: as `all_answer_isos`."""
    found: dict[str, datetime | None] = {}
    for file in datastore_search.files_of(session, browser, folder.folder, wait):
        for suffix in (_ISO, _OWNER):  # a killed run can leave either
            if file.path.name.endswith(suffix):
                found.setdefault(file.path.name.removesuffix(suffix), file.modified)
    for stem, modified in sorted(found.items()):
        iso = folder.path_of(stem + _ISO)
        record = _record(folder.read(owner_of(iso).name))
        tags = record.get("tags")
        machine = record.get("machine")
        yield AnswerIsoFile(
            iso,
            folder,
            modified,
            {key: str(value) for key, value in tags.items()} if isinstance(tags, dict) else {},
            machine if isinstance(machine, str) else None,
        )


def _record(content: bytes | None) -> dict[str, Any]:
    try:
        found: Any = json.loads(content or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
