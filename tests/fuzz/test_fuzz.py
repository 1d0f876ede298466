import subprocess
import sys
from pathlib import Path

import pytest
from tests.fuzz import checksums
from tests.fuzz.fuzzed_file import LOCAL, SPARSE, FuzzedFile, ReadTooMuchError, encoded
from tests.fuzz.seeds import make_seeds
from tests.fuzz.targets import TARGETS

from pulumi_vmimport.disk import vhdx_structures
from pulumi_vmimport.disk.inspection.facts import Container, ImageFacts
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image

ROOT = Path(__file__).resolve().parents[2]
RUNS = 3000
KIB = 1 << 10
LIMITS = {"most_size_bytes": 1 << 46, "most_read_bytes": 1 << 20, "most_reads": 100}


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("seeds")
    make_seeds(directory)
    return directory


@pytest.mark.parametrize("target", TARGETS)
def test_a_reader_withstands_mutated_images(target: str, seeds: Path, tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    found = tmp_path / "found"
    found.mkdir()
    # The number of runs is fixed, not the time. An input of a few KB that takes 60 seconds is a hang.
    options = [f"-runs={RUNS}", "-seed=1", "-max_len=16384", "-timeout=60"]
    command = [sys.executable, "-m", "tests.fuzz.run_target", target, *options, f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run(
        [*command, str(found), str(seeds / target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    assert f"Done {RUNS} runs" in done.stderr


def test_each_target_has_seeds_that_its_reader_reads_to_the_end(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vhdx_structures, "crc32c", checksums.quick_crc)
    assert {path.name for path in seeds.iterdir()} >= set(TARGETS)
    for path in sorted((seeds / "image").iterdir()):
        facts = _inspected(path.read_bytes())
        expected = next((kind for kind in ("ova", "ovf", "raw", "vmdk", "vhdx") if path.name.startswith(kind)), "vhd")
        assert facts.container == expected, path.name
        if facts.container != Container.OVF:
            assert [disk.layout is not None for disk in facts.disks] == [True], path.name


def test_an_input_of_a_few_bytes_is_a_file_of_any_size() -> None:
    data = encoded(64 << 40, [(1 << 40, b"far away"), (5, b"near")])
    file = FuzzedFile(data, **LIMITS)
    assert len(data) < 50
    assert (file.size_bytes, file.read_at(3, 8)) == (64 << 40, b"\0\0near\0\0")
    assert file.read_at((1 << 40) + 4, 4) == b"away"
    assert list(file.extents()) == [(5, 4), (1 << 40, 8)]


@pytest.mark.parametrize(
    "data", [b"", bytes([SPARSE]), bytes([SPARSE]) + b"\xff" * 50, bytes([SPARSE | LOCAL]) + bytes(50)]
)
def test_any_input_is_some_file(data: bytes) -> None:
    file = FuzzedFile(data, **LIMITS)
    assert len(file.read_at(0, 100)) == min(file.size_bytes, 100)


def test_data_at_the_end_stays_there_if_the_size_changes() -> None:
    data = bytearray(encoded(1000, [(0, b"start"), (990, b"footer")]))
    assert FuzzedFile(bytes(data), **LIMITS).read_at(990, 10) == b"footer\0\0\0\0"
    data[1:7] = (1 << 40).to_bytes(6, "little")
    assert FuzzedFile(bytes(data), **LIMITS).read_at((1 << 40) - 10, 10) == b"footer\0\0\0\0"


def test_later_pieces_overwrite_earlier_ones() -> None:
    file = FuzzedFile(encoded(20, [(0, b"a" * 10), (8, b"b" * 4), (2, b"c" * 2)]), **LIMITS)
    assert file.read_at(0, 14) == b"aaccaaaabbbb\0\0"


def test_a_reader_that_reads_too_much_fails() -> None:
    file = FuzzedFile(encoded(64 << 40, []), **LIMITS)
    file.read_at(0, 512 * KIB)
    with pytest.raises(ReadTooMuchError, match="2 reads of 1048577 bytes"):
        file.read_at(0, 512 * KIB + 1)
    file = FuzzedFile(b"\0", **{**LIMITS, "most_reads": 1})
    file.read_at(0, 1)
    with pytest.raises(ReadTooMuchError, match="2 reads"):
        file.read_at(0, 1)


def _inspected(data: bytes) -> ImageFacts:
    file = FuzzedFile(data, **{**LIMITS, "most_reads": 1000})
    checksums.repair(file)
    return inspect_image(file)
