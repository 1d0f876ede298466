"""What DiskImageUpload sends: a disk image or an OVA as it is, or an OVF descriptor and its disks as an OVA."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pulumi_vmimport.disk import ovf_references
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.transfer.file_content import FileContent, file_identity
from pulumi_vmimport.transfer.packed_ova import PackedFile, PackedOva
from pulumi_vmimport.transfer.transfer_errors import UnreadableSourceError

UploadContent = FileContent | PackedOva

_OVF = ".ovf"
_KEY_SUFFIXES = {
    ".ova": (".ova",),
    _OVF: (".ova",),
    ".vmdk": (".vmdk",),
    ".vhd": (".vhd",),
    ".vhdx": (".vhdx",),
    ".raw": (".raw", ".img"),
    ".img": (".raw", ".img"),
}
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def path_problem(path: str) -> str | None:
    """Why no file of this name can be uploaded."""
    if Path(path).suffix.lower() in _KEY_SUFFIXES:
        return None
    return f"expected a file that ends in one of {', '.join(_KEY_SUFFIXES)}, got {path!r}"


def key_problem(path: str, key: str) -> str | None:
    """Why the file cannot be stored under this key: AWS and this library tell what an object is by its ending."""
    suffixes = _KEY_SUFFIXES.get(Path(path).suffix.lower())
    if suffixes is None or key.lower().endswith(suffixes):
        return None
    return f"expected a key that ends in {' or '.join(suffixes)}, as {path!r} becomes one, got {key!r}"


def content_identity(path: str) -> str | None:
    """Which content it is, without a look into a disk; None when the file, or one that it names, cannot be seen."""
    try:
        if not _is_ovf(path):
            return file_identity(path)
        with FileContent(path) as file:
            files = (path, *(str(place) for _, place in _beside(path, _text(file))))
        return _identity_of(map(file_identity, files))
    except Exception:  # noqa: BLE001 - the resource says what is wrong with it
        return None


@contextmanager
def opened_content(path: str) -> Iterator[UploadContent]:
    """The bytes to be uploaded, while the block runs.

    Raises: UnreadableSourceError, InvalidMemberError; DiskImageError for a descriptor that cannot be packed.
    """
    with ExitStack() as opened:
        file = opened.enter_context(FileContent(path))
        if not _is_ovf(path):
            yield file
            return
        descriptor = _text(file)
        files = [
            PackedFile(name, opened.enter_context(FileContent(str(place)))) for name, place in _beside(path, descriptor)
        ]
        corrected = ovf_references.with_sizes(descriptor, {packed.name: packed.size_bytes for packed in files})
        identity = _identity_of([file.identity, *(packed.content.identity for packed in files)])
        name = _NOT_IN_NAMES.sub("-", Path(path).stem).strip("-.") or "machine"
        yield opened.enter_context(PackedOva(name, corrected, files, identity))


def ignored_problems(ignored: Sequence[str] | None) -> Iterator[Problem]:
    """Ids that no rule has."""
    if not is_known(ignored) or not ignored:
        return
    from pulumi_vmimport.resources.rules import image_inspection  # noqa: PLC0415 - imported with boto3, only for who ignores findings

    yield from image_inspection.ignored_problems(ignored)


def findings(run: Run, path: str, profile: ImageProfile, ignored: Sequence[str]) -> Iterator[Problem]:
    """What a look into the file shows that AWS would refuse. Raises: UnreadableSourceError."""
    # A file that has not changed is not looked into, and all the readers take longer to import than all else together.
    from pulumi_vmimport.resources.rules.image_inspection import Purpose, local_findings  # noqa: PLC0415 - as said

    folder, purpose = Path(path).absolute().parent, Purpose(profile, ignored)
    with ExitStack() as opened:

        def open_sibling(name: str) -> FileContent | None:
            try:
                return opened.enter_context(FileContent(str(folder / name)))
            except UnreadableSourceError:
                return None

        file = opened.enter_context(FileContent(path))
        yield from local_findings(run, "path", file, purpose, open_sibling)


def _is_ovf(path: str) -> bool:
    return Path(path).suffix.lower() == _OVF


def _text(file: FileContent) -> bytes:
    return file.read_at(0, ovf_references.MAX_BYTES + 1)


def _beside(path: str, descriptor: bytes) -> Iterator[tuple[str, Path]]:
    """(name, place) of the files that the descriptor refers to."""
    folder = Path(path).absolute().parent
    for file in ovf_references.referenced_files(descriptor):
        name = file.href
        if not name or "/" in name or "\\" in name or name in {".", ".."}:
            raise UnreadableSourceError(path, f"expected the names of files beside it, got {name!r}")
        if file.is_chunked or file.is_compressed:
            kind = "in chunks" if file.is_chunked else "compressed"
            raise UnreadableSourceError(path, f"{name} is {kind}, which AWS does not import; export the machine anew")
        yield name, folder / name


def _identity_of(identities: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(identities).encode()).hexdigest()[:32]
