r"""The hives in `\Windows\System32\config` of the volume of Windows."""

from collections.abc import Callable

from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.file_tree import File, FileTree, UnreadableVolumeError
from pulumi_vmimport.disk.guest.fact_catalog import HiveName
from pulumi_vmimport.disk.guest.guest_facts import Fact, FactValue
from pulumi_vmimport.disk.registry.control_set import current_control_set
from pulumi_vmimport.disk.registry.hive import Hive, Key

FOLDER = "/Windows/System32/config"
_LOGS = (".LOG1", ".LOG2", ".LOG")
_CURRENT = "CCS"


def open_hive(tree: FileTree, path: str) -> Hive:
    """A hive with its transaction logs.

    Raises: UnreadableVolumeError, also if it does not exist; DiskImageError; what the source of the image raises.
    """
    file = tree.find(path)
    if file is None:
        raise UnreadableVolumeError(path.replace("/", "\\"), "it does not exist")
    return Hive.open(file, [log for suffix in _LOGS if (log := _log(tree, f"{path}{suffix}")) is not None])


def _log(tree: FileTree, path: str) -> File | None:
    try:
        log = tree.find(path)
    except UnreadableVolumeError:
        return None  # the hive stays dirty and says that it has no log
    return log if log is not None and not log.is_directory else None


class WindowsHives:
    """The hives, opened when they are asked for. What cannot be opened raises the same error each time."""

    def __init__(self, tree: FileTree) -> None:
        self._tree = tree
        self._hives: dict[HiveName, Hive | DiskImageError] = {}
        self._control_set: Key | None = None

    def hive(self, name: HiveName) -> Hive:
        """A hive. Raises: as `open_hive`."""
        if name not in self._hives:
            try:
                self._hives[name] = open_hive(self._tree, f"{FOLDER}/{name}")
            except DiskImageError as error:
                self._hives[name] = error
        found = self._hives[name]
        if isinstance(found, DiskImageError):
            raise found
        return found

    def key(self, name: HiveName, path: str) -> Key | None:
        """A key; `CCS` at the start of its path is the current control set. Raises: as `open_hive`."""
        head, _, rest = path.partition("\\")
        if head != _CURRENT:
            return self.hive(name).key(path)
        return self._current().key(rest)

    def evidence(self, name: HiveName, path: str, value: str | None = None) -> str:
        """The hive, the key and the value, as the evidence of a fact."""
        head, _, rest = path.partition("\\")
        if head == _CURRENT:
            try:
                path = f"{self._current().path}\\{rest}"
            except DiskImageError:
                path = f"CurrentControlSet\\{rest}"
        return "\\".join([name, path, *([value or "(default)"] if value is not None else [])])

    def fact(
        self, id: str, name: HiveName, path: str, read: Callable[[Key | None], FactValue], value: str | None = None
    ) -> Fact:
        """The fact that a function reads from a key; unknown with the reason if something cannot be read."""
        evidence = self.evidence(name, path, value)
        try:
            found = read(self.key(name, path))
        except DiskImageError as error:
            return Fact(id, evidence=evidence, unknown=reason_of(error))
        return Fact(id, found, evidence, incomplete=self._incomplete(name) if isinstance(found, list | dict) else None)

    def _incomplete(self, name: HiveName) -> str | None:
        reasons = self.hive(name).unreadable_reasons
        return f"the hive is partly unreadable: {reasons[0]}" if reasons else None

    def _current(self) -> Key:
        if self._control_set is None:
            self._control_set = current_control_set(self.hive(HiveName.SYSTEM))
        return self._control_set


def reason_of(error: DiskImageError) -> str:
    """Why something could not be read."""
    return str(error)


def number(key: Key, name: str) -> int | None:
    """The number of a value; None if it does not exist or is no number."""
    value = key.value(name)
    return value.number() if value is not None else None


def text(key: Key, name: str) -> str | None:
    """The text of a value; a number as decimal text; None if it does not exist or is neither."""
    value = key.value(name)
    if value is None:
        return None
    found = value.text()
    if found is not None:
        return found
    decimal = value.number()
    return None if decimal is None else str(decimal)


def strings(key: Key, name: str) -> list[str] | None:
    """The strings of a value, of which a single string is one; None if it does not exist or is no string."""
    value = key.value(name)
    if value is None:
        return None
    several, single = value.strings(), value.text()
    return several if several is not None else None if single is None else [single]
