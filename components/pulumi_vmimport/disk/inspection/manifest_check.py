"""Compares the manifest of an OVF package with its files.

Source: DMTF DSP0243 1.1.1, section 5.1; ISO/IEC 17203:2017 (SHA-256).
"""

import codecs
import hashlib
import re
from collections.abc import Mapping

from pulumi_vmimport.disk.descriptor_text import as_utf8
from pulumi_vmimport.disk.disk_content import Source
from pulumi_vmimport.disk.inspection.facts import Damage
from pulumi_vmimport.disk.inspection.package_facts import ManifestEntry
from pulumi_vmimport.disk.printable import printable
from pulumi_vmimport.ovf_manifest import ManifestLine, parse_manifest_line
from pulumi_vmimport.package_file_names import FileNames, folded, folder_of
from pulumi_vmimport.shown_value import shown_value

_DIGITS = {"SHA1": 40, "SHA256": 64, "SHA384": 96, "SHA512": 128}
"""The length of a digest of each supported algorithm"""
_MAX_BYTES, _MAX_ENTRIES = 1 << 20, 4096
_READ_BYTES = 1 << 20
# Small files are always compared: the descriptor, and files such as an NVRAM.
_SMALL_BYTES, _SMALL_TOTAL_BYTES = 1 << 20, 4 << 20
_WHERE = "manifest"
_USUAL_ALGORITHM = re.compile(r"SHA-?\d+", re.IGNORECASE)
_SHA256SUM = re.compile(rb"[0-9a-f]{32,128} [ *]\S", re.IGNORECASE)


def check_manifest(
    manifest: Source, files: Mapping[str, Source], *, whole: bool
) -> tuple[tuple[ManifestEntry, ...], tuple[Damage, ...]]:
    """The entries of a manifest, compared with the small files, or with all of them if `whole`.

    `files` must not include truncated files. Raises: what the sources raise.
    """
    entries: list[ManifestEntry] = []
    damage: list[Damage] = []
    text = as_utf8(manifest.read_at(0, min(manifest.size_bytes, _MAX_BYTES))).utf8.removeprefix(codecs.BOM_UTF8)
    if manifest.size_bytes > _MAX_BYTES:
        damage.append(Damage(_WHERE, f"it has {manifest.size_bytes} bytes; only {_MAX_BYTES} were read"))
    comparison = _Comparison(files, folder_of(manifest.name), whole=whole)
    unusual: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip(b"\0 \t\r"):
            continue
        parsed = parse_manifest_line(line) if len(entries) < _MAX_ENTRIES else None
        if parsed is None:
            form = ", the format of sha256sum without --tag" if _SHA256SUM.match(line) else ""
            damage.append(Damage(_WHERE, f"line {number} is invalid{form}: {shown_value(printable(line, 80))}"))
            break
        name = printable(parsed.name)
        if folded(name) == folded(manifest.name):
            damage.append(Damage(_WHERE, f"line {number} has a digest of the manifest itself, which cannot be right"))
            continue
        if parsed.algorithm not in _DIGITS:
            unusual.add(f"{parsed.stated_algorithm}, expected {', '.join(_DIGITS)}")
            continue
        if len(parsed.digest) != _DIGITS[parsed.algorithm]:
            expected = f"expected {_DIGITS[parsed.algorithm]} digits for {parsed.algorithm}, got {len(parsed.digest)}"
            damage.append(Damage(_WHERE, f"line {number} has a digest of the wrong length: {expected}"))
            continue
        if not _USUAL_ALGORITHM.fullmatch(parsed.stated_algorithm):
            unusual.add(f"{parsed.stated_algorithm}, expected {parsed.algorithm}")
        entries.append(ManifestEntry(name, parsed.algorithm, parsed.digest, comparison.matches(name, parsed)))
    damage += [Damage(_WHERE, f"it names the algorithm {words}") for words in sorted(unusual)[:1]]
    return tuple(entries), tuple(damage)


class _Comparison:
    """Reads each file at most once for each algorithm, and a bounded number of bytes unless `whole`."""

    def __init__(self, files: Mapping[str, Source], folder: str, *, whole: bool) -> None:
        self._files = files
        self._names = FileNames(files, folder)
        self._whole = whole
        self._rest_bytes = _SMALL_TOTAL_BYTES
        self._compared: dict[tuple[str, str], str] = {}
        """The digests that were calculated"""

    def matches(self, name: str, line: ManifestLine) -> bool | None:
        """Whether the file has the digest of the line; None if it was not compared."""
        found = self._names.find(name)
        if found is None:
            return None
        if (digest := self._compared.get((found, line.algorithm))) is not None:
            return digest == line.digest
        file = self._files[found]
        is_small = file.size_bytes <= min(_SMALL_BYTES, self._rest_bytes)
        if not (is_small or self._whole):
            return None
        self._rest_bytes -= file.size_bytes if is_small else 0
        self._compared[found, line.algorithm] = _digest(file, line.algorithm)
        return self._compared[found, line.algorithm] == line.digest


def _digest(file: Source, algorithm: str) -> str:
    digest = hashlib.new(algorithm.lower(), usedforsecurity=False)
    for at in range(0, file.size_bytes, _READ_BYTES):
        digest.update(file.read_at(at, _READ_BYTES))
    return digest.hexdigest()
