import gc
import hashlib
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import Sparse, missing, run
from tests.unit.disk.linux.linux_volumes import Files, Link, Sized, ext, region_of, xfs

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.inspection.facts import FileSystem
from pulumi_vmimport.disk.linux import reader_worker, volume_process
from pulumi_vmimport.disk.linux.volume_tree import LinuxVolume
from pulumi_vmimport.disk.raw_content import RawContent

needs_tools = pytest.mark.skipif(bool(missing("mke2fs", "mkfs.xfs")), reason=f"needs {missing('mke2fs', 'mkfs.xfs')}")
pytestmark = needs_tools

NAMES = [f"a-file-with-a-rather-long-name-{number}" for number in range(1200)]
NOISE = random.Random(4).randbytes(3_000_000)  # noqa: S311 - no secret
FILES: Files = {
    "/etc/os-release": Link("../usr/lib/os-release"),
    "/usr/lib/os-release": "ID=debian\n",
    "/etc/absolute": Link("/usr/lib/os-release"),
    "/lib": Link("usr/lib"),
    "/long": Link("usr/" + "./" * 60 + "lib/os-release"),
    "/loop": Link("loop"),
    "/out": Link("../../../usr/lib/os-release"),
    "/nowhere": Link("/none/at/all"),
    "/empty-file": "",
    "/empty-folder": None,
    "/noise": NOISE,
    "/holes": Sized(2_000_000),
    "/Größe/日本": "text\n",
    **{f"/many/{name}": name for name in NAMES},
}


@dataclass(frozen=True)
class Kind:
    name: str
    file_system: FileSystem
    make: Callable[[Path, Files], Path]


KINDS = (
    Kind("ext2", FileSystem.EXT2, lambda path, files: ext(path, files, kind="ext2")),
    Kind("ext3", FileSystem.EXT3, lambda path, files: ext(path, files, kind="ext3")),
    Kind("ext4", FileSystem.EXT4, ext),
    Kind("ext4-1k", FileSystem.EXT4, lambda path, files: ext(path, files, "-b", "1024")),
    Kind("ext4-inline", FileSystem.EXT4, lambda path, files: ext(path, files, "-O", "inline_data")),
    Kind(
        "ext4-of-ubuntu-24",
        FileSystem.EXT4,
        lambda path, files: ext(path, files, "-O", "metadata_csum_seed,orphan_file"),
    ),
    Kind("ext4-plain", FileSystem.EXT4, lambda path, files: ext(path, files, "-O", "^64bit,^metadata_csum,^flex_bg")),
    Kind("xfs", FileSystem.XFS, xfs),
    Kind("xfs-of-rhel-10", FileSystem.XFS, lambda path, files: xfs(path, files, "-i", "nrext64=1")),
    Kind("xfs-version-4", FileSystem.XFS, lambda path, files: xfs(path, files, "-m", "crc=0")),
    Kind("xfs-1k", FileSystem.XFS, lambda path, files: xfs(path, files, "-b", "size=1k")),
    Kind("xfs-large-directories", FileSystem.XFS, lambda path, files: xfs(path, files, "-n", "size=64k")),
)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    made: Kind = request.param
    return made


@pytest.fixture(scope="module")
def image(kind: Kind, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kind.make(tmp_path_factory.mktemp(kind.name) / "volume", FILES)


@pytest.fixture
def volume(kind: Kind, image: Path) -> Iterator[LinuxVolume]:
    made = LinuxVolume(region_of(image), kind.file_system, "partition 1")
    yield made
    made.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ext(
        tmp_path_factory.mktemp("small") / "volume", {"/etc/fstab": "# none\n", "/noise": NOISE}, "-O", "^metadata_csum"
    )


def _content(volume: LinuxVolume, path: str) -> bytes | None:
    file = volume.find(path)
    return file.read(0, file.size_bytes) if file else None


def test_files_are_read_through_links(volume: LinuxVolume) -> None:
    paths = ("/etc/os-release", "/etc/absolute", "/lib/os-release", "/long", "/out", "etc//../etc/./os-release")
    assert {path: _content(volume, path) for path in paths} == dict.fromkeys(paths, b"ID=debian\n")
    found = volume.find("/etc/os-release")
    assert found is not None
    assert found.path == "/usr/lib/os-release"


def test_what_does_not_exist_is_none(volume: LinuxVolume) -> None:
    absent = ("/none", "/nowhere", "/empty-file/below", "/noise/below/that", "/ETC/os-release", "/\ud800", "/a\0b")
    assert {path: volume.find(path) for path in absent} == dict.fromkeys(absent)


def test_fails_for_links_in_a_loop(volume: LinuxVolume) -> None:
    with pytest.raises(UnreadableVolumeError, match=r"/loop: more than 40 symbolic links"):
        volume.find("/loop")


def test_content_is_what_was_written(volume: LinuxVolume) -> None:
    expected = {"/noise": NOISE, "/holes": bytes(1_999_999) + b"!", "/empty-file": b"", "/Größe/日本": b"text\n"}
    for path, data in expected.items():
        assert hashlib.sha256(_content(volume, path) or b"").digest() == hashlib.sha256(data).digest(), path
    noise = volume.find("/noise")
    assert noise is not None
    assert noise.read(1_234_567, 89) == NOISE[1_234_567:1_234_656]
    assert noise.read(len(NOISE) - 3, 100) == NOISE[-3:]
    assert noise.read(len(NOISE), 100) == b""


def test_directories_list_all_their_names(volume: LinuxVolume) -> None:
    many, root, empty = volume.find("/many"), volume.find("/"), volume.find("/empty-folder")
    assert many
    assert root
    assert empty
    assert sorted(entry.name for entry in many.entries()) == sorted(NAMES)
    listed = {entry.name: entry.is_directory for entry in root.entries()}
    assert {**listed, "lost+found": True} == {
        "etc": True, "usr": True, "lib": False, "long": False, "loop": False, "out": False, "nowhere": False, "empty-file": False,
        "empty-folder": True, "noise": False, "holes": False, "Größe": True, "many": True, "lost+found": True,
    }  # fmt: skip
    assert list(empty.entries()) == []
    assert all(_content(volume, f"/many/{name}") == name.encode() for name in NAMES[::100])


@pytest.mark.skipif(bool(missing("debugfs")), reason="needs debugfs")
def test_debugfs_reads_the_same(small: Path, tmp_path: Path) -> None:
    run("debugfs", "-R", f"dump /noise {tmp_path / 'noise'}", small)
    volume = LinuxVolume(region_of(small), FileSystem.EXT4, "partition 1")
    assert _content(volume, "/noise") == (tmp_path / "noise").read_bytes() == NOISE
    volume.close()


@pytest.mark.skipif(bool(missing("xfs_db")), reason="needs xfs_db")
def test_xfs_db_finds_the_same_sizes(tmp_path: Path) -> None:
    path = xfs(tmp_path / "volume", {"/etc/fstab": "# none\n", "/noise": NOISE})
    volume = LinuxVolume(region_of(path), FileSystem.XFS, "partition 1")
    for name in ("/etc/fstab", "/noise"):
        shown = run("xfs_db", "-r", "-c", f"path {name}", "-c", "print core.size", path)
        file = volume.find(name)
        assert file is not None
        assert shown.strip() == f"core.size = {file.size_bytes}"
    volume.close()


def test_fails_to_read_a_folder_or_list_a_file(volume: LinuxVolume) -> None:
    folder, file = volume.find("/etc"), volume.find("/noise")
    assert folder
    assert file
    with pytest.raises(UnreadableVolumeError, match="/etc: it is no regular file"):
        folder.read(0, 10)
    with pytest.raises(UnreadableVolumeError, match="partition 1: /noise: it is no directory"):
        list(file.entries())


def test_fails_for_a_file_that_is_too_large_for_text(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_vmimport.disk.linux.paths.MAX_FILE_BYTES", 1000)
    noise = LinuxVolume(region_of(small), FileSystem.EXT4, "partition 1").find("/noise")
    assert noise is not None
    with pytest.raises(UnreadableVolumeError, match="expected at most 1000 bytes, got 3000000"):
        noise.text()


def test_fails_for_another_file_system(small: Path) -> None:
    with pytest.raises(UnreadableVolumeError, match="expected ext2, ext3, ext4 or XFS, got btrfs"):
        LinuxVolume(region_of(small), FileSystem.BTRFS, "partition 1")
    with pytest.raises(UnreadableVolumeError, match=r"partition 1: /: .*unable to open volume"):
        LinuxVolume(region_of(small), FileSystem.XFS, "partition 1").find("/")


def test_fails_with_the_remedy_without_the_extra(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [])
    with pytest.raises(UnreadableVolumeError, match=r"run `pip install 'pulumi-vmimport\[linux\]'`"):
        LinuxVolume(region_of(small), FileSystem.EXT4, "partition 1")


def test_the_library_is_in_no_process_but_its_own() -> None:
    code = "import sys, pulumi_vmimport.disk.linux.volume_tree; print(sorted(n for n in sys.modules if n.startswith('pyfs')))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_closed_or_forgotten_volume_leaves_no_process(small: Path) -> None:
    closed, forgotten = (LinuxVolume(region_of(small), FileSystem.EXT4, "partition 1") for _ in range(2))
    processes = []
    for volume in (closed, forgotten):
        volume.find("/etc/fstab")
        processes.append(volume._process._process)
    closed.close()
    closed.close()
    del forgotten, volume
    gc.collect()
    assert [process is not None and process.poll() for process in processes] == [0, 0]
    with pytest.raises(UnreadableVolumeError, match="the reader was closed"):
        closed.find("/other")


class Broken(Sparse):
    """A source that fails in the middle of a file."""

    def read_at(self, offset: int, length: int) -> bytes:
        data = super().read_at(offset, length)
        if NOISE[2_000_000:2_000_032] in data:
            raise ConnectionError("S3 is not reachable")
        return data


def test_what_the_source_raises_arrives(small: Path) -> None:
    volume = LinuxVolume(DiskRegion.of_disk(RawContent(Broken(small))), FileSystem.EXT4, "partition 1")
    with pytest.raises(ConnectionError, match="S3 is not reachable"):
        _content(volume, "/noise")
    assert _content(volume, "/etc/fstab") == b"# none\n"
    volume.close()


def test_fails_where_a_volume_continues_beyond_the_disk(small: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    cut.write_bytes(small.read_bytes()[: 1 << 20])
    region = DiskRegion(RawContent(Sparse(cut)), 0, small.stat().st_size)
    volume = LinuxVolume(region, FileSystem.EXT4, "partition 1")
    with pytest.raises(UnreadableVolumeError, match="the volume continues beyond the end of the disk"):
        _content(volume, "/etc/fstab")
    volume.close()


SLOW = {
    "crash": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
    "loop": "while True: pass",
    "memory": "held = []\nwhile True: held.append(bytearray(1 << 24))",
    "reads": "while True: channel.request(0, 512)",
    "exit": "sys.exit(3)",
}


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("crash", "ended with status -11"),
        ("loop", "ended with status -(24|9)"),
        ("memory", "MemoryError"),
        ("reads", "does not stop reading"),
        ("exit", "ended with status 3"),
    ],
)
def test_a_library_that_fails_ends_its_process_and_nothing_else(
    way: str, words: str, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker as it is, with lower limits, and a command that does what a hostile volume might make a library do."""
    source = Path(reader_worker.__file__).read_text()
    body = SLOW[way].replace("\n", "\n        ")
    source = source.replace(
        "    def look(self, path: str) -> bytes:", f"    def look(self, path: str) -> bytes:\n        {body}"
    )
    source = source.replace("MAX_CPU_SECONDS = 60", "MAX_CPU_SECONDS = 1").replace("1 << 30", "1 << 28")
    worker = tmp_path / "worker.py"
    worker.write_text(
        source.replace("channel.request(0", "self._volume_file._channel.request(0").replace(
            "commands = Commands(volume)", "commands = Commands(volume); commands._volume_file = file"
        )
    )
    monkeypatch.setattr(reader_worker, "__file__", str(worker))
    monkeypatch.setattr(volume_process, "MAX_REQUESTS", 100)
    volume = LinuxVolume(region_of(small), FileSystem.EXT4, "partition 1")
    for _ in range(2):
        with pytest.raises(UnreadableVolumeError, match=words):
            volume.find("/etc")
    process = volume._process._process
    assert way == "memory" or process is None or process.poll() is not None
    volume.close()


def test_damaged_volumes_raise_nothing_else(small: Path, tmp_path: Path) -> None:
    dice = random.Random(6)  # noqa: S311 - no secret
    whole = small.read_bytes()[: 1 << 20]
    outcomes = set()
    for number in range(40):
        damaged = tmp_path / f"damaged{number}"
        shutil.copy(small, damaged)
        data = bytearray(whole)
        for _ in range(dice.choice([1, 5, 40])):
            at = dice.choice([dice.randrange(1024, 2048), dice.randrange(4096, 8192), dice.randrange(len(data))])
            data[at] = dice.randrange(256)
        with damaged.open("r+b") as file:
            file.write(data)
        volume = LinuxVolume(region_of(damaged), FileSystem.EXT4, "partition 1")
        try:
            _content(volume, "/etc/fstab")
            _content(volume, "/noise")
            outcomes.add("read")
        except UnreadableVolumeError:
            outcomes.add("unreadable")
        finally:
            volume.close()
    assert outcomes == {"read", "unreadable"}
