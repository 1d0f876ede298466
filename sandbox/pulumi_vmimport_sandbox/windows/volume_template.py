"""The volumes that `make_volumes` made once with mkntfs, wimlib, mkfs.vfat and mtools.

A template has room for files whose content differs from guest to guest, such as the hives: their clusters are zeros,
and the template knows where they are.
"""

import json
import lzma
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pulumi_vmimport_sandbox.windows.sparse_bytes import BLOCK_BYTES, SparseBytes

STORED = Path(__file__).with_name("volumes.xz")

Place = tuple[int, int]
"""Offset in the volume and length, in bytes"""


@dataclass(frozen=True)
class VolumeTemplate:
    """A volume without the content of its places."""

    size_bytes: int
    blocks: Mapping[int, bytes]
    places: Mapping[str, tuple[Place, ...]]
    r"""By path, such as `/Windows/System32/config/SYSTEM`; also `$LogFile` and `$Bitmap`"""
    switches: Mapping[str, tuple[tuple[int, ...], bool]] = field(default_factory=dict)
    """Files that exist or not, by path: where the last characters of their names are; whether they exist by default"""

    def volume(self, contents: Mapping[str, bytes], switched: Mapping[str, bool]) -> SparseBytes:
        """The volume with these contents of places; zeros follow what is shorter than its place.

        `switched` says which files of `switches` exist. An absent file has a `_` as its last character.

        Raises: ValueError if a content is longer than its place; KeyError if there is no such place.
        """
        volume = SparseBytes(self.size_bytes, dict(self.blocks))
        for path, content in contents.items():
            at = 0
            for offset, length in self.places[path]:
                volume.write_at(offset, content[at : at + length])
                at += length
            if at < len(content):
                raise ValueError(f"{path}: expected at most {at} bytes, got {len(content)}")
        for path, (ends, default) in self.switches.items():
            last = path[-1] if switched.get(path, default) else "_"
            for at in ends:
                volume.write_at(at, last.encode("utf-16-le"))
        if unknown := switched.keys() - self.switches:
            raise KeyError(f"the volume has no switches for {', '.join(sorted(unknown))}")
        return volume


def store(templates: Mapping[str, VolumeTemplate]) -> bytes:
    """The templates in one compressed file: a line of JSON, then all blocks."""
    index = {
        name: {
            "size": template.size_bytes,
            "places": template.places,
            "switches": template.switches,
            "blocks": list(template.blocks),
        }
        for name, template in templates.items()
    }
    blocks = b"".join(block for template in templates.values() for block in template.blocks.values())
    return lzma.compress(json.dumps(index).encode() + b"\n" + blocks, preset=9)


def load(stored: bytes) -> dict[str, VolumeTemplate]:
    """The templates that `store` wrote."""
    head, _, data = lzma.decompress(stored).partition(b"\n")
    templates, at = {}, 0
    for name, facts in json.loads(head).items():
        numbers: list[int] = facts["blocks"]
        starts = range(at, at + len(numbers) * BLOCK_BYTES, BLOCK_BYTES)
        blocks = {number: data[start : start + BLOCK_BYTES] for number, start in zip(numbers, starts, strict=True)}
        places = {path: _places(listed) for path, listed in facts["places"].items()}
        switches = {path: (tuple(ends), default) for path, (ends, default) in facts["switches"].items()}
        templates[name] = VolumeTemplate(facts["size"], blocks, places, switches)
        at += len(numbers) * BLOCK_BYTES
    return templates


@cache
def templates() -> Mapping[str, VolumeTemplate]:
    """The templates of this package."""
    return load(STORED.read_bytes())


def _places(listed: Iterable[tuple[int, int]]) -> tuple[Place, ...]:
    return tuple((offset, length) for offset, length in listed)
