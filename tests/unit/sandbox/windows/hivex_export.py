"""What hivex reads of a hive: an implementation that is not ours."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import missing

from pulumi_vmimport_sandbox.windows import Key, Value

_LINE = re.compile(r'(?:@|"(?P<name>(?:[^"\\]|\\.)*)")=(?:dword:(?P<dword>\w+)|hex\((?P<kind>\w+)\):(?P<data>[\w,]*))')

Keys = dict[str, dict[str, Value]]


def exported(hive: Path) -> Keys:
    """The keys of a hive by path, with their values; skips the test where hivexregedit is missing."""
    if absent := missing("hivexregedit"):
        pytest.skip(f"{absent}: see `make file-system-tools`")
    keys: Keys = {}
    values: dict[str, Value] = {}
    for line in map(_decoded, export(hive).stdout.splitlines()):
        if line.startswith("["):
            values = keys[line[2:-1]] = {}
        elif line and not line.startswith("Windows Registry"):
            found = _LINE.fullmatch(line)
            assert found, line
            name = re.sub(r"\\(.)", r"\1", found["name"] or "")
            values[name] = _value(found)
    return keys


def export(hive: Path) -> subprocess.CompletedProcess[bytes]:
    """Run hivexregedit."""
    return subprocess.run(["hivexregedit", "--export", hive, "\\"], capture_output=True, check=False)


def _decoded(line: bytes) -> str:
    """Perl writes a line without wide characters in Latin-1."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _value(found: re.Match[str]) -> Value:
    if found["dword"]:
        return Value(4, int(found["dword"], 16).to_bytes(4, "little"))
    return Value(int(found["kind"], 16), bytes.fromhex(found["data"].replace(",", "")))


def flat(root: Key, path: str = "") -> Iterator[tuple[str, dict[str, Value]]]:
    """The keys as `exported` has them."""
    yield path, root.values
    for key in root.keys.values():
        yield from flat(key, f"{path}\\{key.name}" if path else key.name)
