import hashlib
import subprocess
from pathlib import Path

import pytest
from tests.unit.disk.inspection.container_images import Memory

from pulumi_vmimport.disk.inspection.manifest_check import check_manifest
from pulumi_vmimport.disk.inspection.package_facts import ManifestEntry

OVF, DISK = Memory(b"<x/>"), Memory(b"d" * (2 << 20))
FILES = {"vm.ovf": OVF, "disk.vmdk": DISK}


def line(name: str, data: bytes, algorithm: str = "SHA256") -> str:
    return f"{algorithm}({name})= {hashlib.new(algorithm, data).hexdigest()}\n"


@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256", "SHA384", "SHA512"])
def test_small_files_are_always_compared_and_disks_on_request(algorithm: str) -> None:
    text = line("vm.ovf", OVF.data, algorithm) + line("disk.vmdk", DISK.data, algorithm)
    quick, damage = check_manifest(Memory(text.encode()), FILES, whole=False)
    assert [(entry.file, entry.algorithm, entry.matches) for entry in quick] == [
        ("vm.ovf", algorithm, True),
        ("disk.vmdk", algorithm, None),
    ]
    whole, _ = check_manifest(Memory(text.encode()), FILES, whole=True)
    assert [entry.matches for entry in whole] == [True, True]
    assert damage == ()


def test_a_digest_of_other_bytes_does_not_match() -> None:
    text = line("vm.ovf", b"<y/>") + line("disk.vmdk", b"d")
    entries, damage = check_manifest(Memory(text.encode()), FILES, whole=True)
    assert [entry.matches for entry in entries] == [False, False]
    assert damage == ()


@pytest.mark.parametrize("tool", ["sha1sum", "sha256sum", "sha512sum"])
def test_manifests_of_the_tools_of_linux_are_read(tool: str, tmp_path: Path) -> None:
    (tmp_path / "vm.ovf").write_bytes(OVF.data)
    text = subprocess.run([tool, "--tag", "vm.ovf"], cwd=tmp_path, check=True, capture_output=True).stdout
    ((entry,), _) = check_manifest(Memory(text), FILES, whole=False)
    assert (entry.algorithm, entry.matches) == (tool.removesuffix("sum").upper(), True)


def test_line_endings_blanks_and_case_do_not_matter() -> None:
    digest = hashlib.sha256(OVF.data).hexdigest().upper()
    text = f"\r\nSHA256(vm.ovf)={digest}\r\n\r\nsha-256 (vm.ovf) =  {digest}  \r\n"
    entries, damage = check_manifest(Memory(text.encode()), FILES, whole=False)
    assert entries[0] == ManifestEntry("vm.ovf", "SHA256", digest.lower(), matches=True)
    assert damage == ()


def test_a_missing_file_is_not_compared() -> None:
    entries, _ = check_manifest(Memory(line("other.vmdk", b"").encode()), FILES, whole=True)
    assert [entry.matches for entry in entries] == [None]


@pytest.mark.parametrize("algorithm", ["SHA3", "SHA3-256", "MD5", "SHA224", "BLAKE2b512"])
def test_a_digest_of_another_algorithm_is_reported_and_not_compared(algorithm: str) -> None:
    text = f"{algorithm}(vm.ovf)= {'0' * 64}\n" + line("vm.ovf", OVF.data)
    entries, (damage,) = check_manifest(Memory(text.encode()), FILES, whole=True)
    assert [entry.matches for entry in entries] == [True]
    assert damage.words == f"it names the algorithm {algorithm}, expected SHA1, SHA256, SHA384, SHA512"


def test_a_digest_of_the_wrong_length_is_damage_of_the_manifest() -> None:
    text = f"SHA256(vm.ovf)= {hashlib.sha1(OVF.data).hexdigest()}\n"  # noqa: S324 - the wrong algorithm
    entries, (damage,) = check_manifest(Memory(text.encode()), FILES, whole=True)
    assert entries == ()
    assert damage.words == "line 1 has a digest of the wrong length: expected 64 digits for SHA256, got 40"


def test_every_line_of_a_file_is_compared() -> None:
    text = line("vm.ovf", OVF.data) * 2 + line("vm.ovf", b"other")
    entries, _ = check_manifest(Memory(text.encode()), FILES, whole=False)
    assert [entry.matches for entry in entries] == [True, True, False]


def test_a_manifest_in_latin_1_names_its_files() -> None:
    text = line("größe.vmdk", b"d").encode("latin-1")
    entries, damage = check_manifest(Memory(text), {"größe.vmdk": Memory(b"d")}, whole=False)
    assert [(entry.file, entry.matches) for entry in entries] == [("größe.vmdk", True)]
    assert damage == ()


def test_an_invalid_manifest_line_is_damage() -> None:
    entries, (damage,) = check_manifest(
        Memory((line("vm.ovf", b"") + "nonsense\x1b[31m\n").encode()), FILES, whole=False
    )
    assert len(entries) == 1
    assert damage.words == "line 2 is invalid: 'nonsense?[31m'"


def test_reading_a_manifest_of_any_size_is_bounded() -> None:
    small = Memory(b"s" * (1 << 20))
    text = "".join(line(f"f{number}", b"") for number in range(200)) + line("vm.ovf", b"") * 20_000
    entries, damage = check_manifest(Memory(text.encode()), {f"f{number}": small for number in range(200)}, whole=False)
    assert sum(entry.matches is not None for entry in entries) == 4
    assert len(entries) == 4096
    assert damage
