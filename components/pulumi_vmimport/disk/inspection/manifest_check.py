"""The manifest of an OVA: a digest of each file.

Source: DMTF DSP0243 1.1.1, section 5.1; ISO/IEC 17203:2017 (SHA-256).
"""

import hashlib
import re
from collections.abc import Mapping

from pulumi_vmimport.disk.disk_content import Source
from pulumi_vmimport.disk.inspection.facts import Damage, ManifestEntry
from pulumi_vmimport.disk.inspection.package_file_names import FileNames
from pulumi_vmimport.disk.inspection.printable import printable

_LINE = re.compile(
    rb"(SHA-?\d{1,3})[ \t]{0,8}\(([^\r\n]{1,1024})\)[ \t]{0,8}=[ \t]{0,8}([0-9a-fA-F]{1,256})", re.IGNORECASE
)
_ALGORITHMS = frozenset({"SHA1", "SHA256", "SHA384", "SHA512"})
_MAX_BYTES, _MAX_ENTRIES = 1 << 20, 4096
_READ_BYTES = 1 << 20
# Files that are compared always: the descriptor, and what is as small, such as an NVRAM.
_SMALL_BYTES, _SMALL_TOTAL_BYTES = 1 << 20, 4 << 20


def read_manifest(
    manifest: Source, files: Mapping[str, Source], *, whole: bool
) -> tuple[tuple[ManifestEntry, ...], tuple[Damage, ...]]:
    """The entries of a manifest, compared with small files, or with all of them where `whole`.

    Of `files`, those whose size is less than that of the file they stand for must not be given. Raises: what the
    sources raise.
    """
    entries: list[ManifestEntry] = []
    damage: list[Damage] = []
    small = _SMALL_TOTAL_BYTES
    text = manifest.read_at(0, min(manifest.size_bytes, _MAX_BYTES))
    if manifest.size_bytes > _MAX_BYTES:
        damage.append(Damage("manifest", f"it has {manifest.size_bytes} bytes, {_MAX_BYTES} were read"))
    compared: set[tuple[str, str]] = set()
    names = FileNames(files)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip(b"\0 \t\r"):
            continue
        found = _LINE.fullmatch(line.strip()) if len(entries) < _MAX_ENTRIES else None
        if found is None:
            words = f"line {number} is none of a manifest's: {printable(line, 80)!r}"
            damage.append(Damage("manifest", words))
            break
        name, algorithm = printable(found[2]), found[1].decode().upper().replace("-", "")
        there, matches = names.find(name), None
        if there is not None and algorithm in _ALGORITHMS and (there, algorithm) not in compared:
            file = files[there]
            little = file.size_bytes <= min(_SMALL_BYTES, small)
            if little or whole:
                compared.add((there, algorithm))
                small -= file.size_bytes if little else 0
                matches = _digest(file, algorithm) == found[3].decode().lower()
        entries.append(ManifestEntry(name, algorithm, found[3].decode().lower(), matches))
    return tuple(entries), tuple(damage)


def _digest(file: Source, algorithm: str) -> str:
    digest = hashlib.new(algorithm.lower(), usedforsecurity=False)
    for at in range(0, file.size_bytes, _READ_BYTES):
        digest.update(file.read_at(at, _READ_BYTES))
    return digest.hexdigest()
