"""Whole volumes, by our reader and by libfsntfs: names, sizes and contents of all files."""

import random
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import MIB, missing, run, sparse_file
from tests.unit.disk.ntfs.oracle import (
    TOOLS,
    fill,
    listed,
    listed_by_oracle,
    listed_on_this_machine,
    opened,
    take_clusters,
)

from pulumi_vmimport.disk.ntfs.file_record import DATA
from pulumi_vmimport.disk.ntfs.streams import CompressedStream

KIB = 1 << 10
OPTIONS = {
    "clusters-of-512": "-c 512",
    "clusters-of-64k": "-c 65536",
    "clusters-of-2m": "-c 2097152",
    "sectors-of-4k": "-s 4096",
}
LARGE_CLUSTERS = {"clusters-of-64k", "clusters-of-2m"}


@pytest.fixture(autouse=True)
def tools() -> None:
    pytest.importorskip("pyfsntfs")
    if tools := missing(*TOOLS):
        pytest.skip(f"not installed: {tools}")


def formatted(path: Path, *options: object, size_mib: int = 64) -> Path:
    run("mkntfs", "-F", "-Q", "-q", "-T", *options, sparse_file(path, size_mib * MIB))
    return path


def write_tree(top: Path, names: int) -> Path:
    """A large directory, all kinds of names, contents in the record and outside."""
    dice = random.Random(3)  # noqa: S311 - no secret
    large = top / "Windows" / "System32"
    large.mkdir(parents=True)
    for number in range(names):
        (large / f"{dice.choice('aAbBzZ_')}{number:05d}-module.dll").write_bytes(dice.randbytes(number % 900))
    others = top / "names"
    others.mkdir()
    for name in (
        "straße",
        "STRASSE",
        "ǅungla",
        "\u017fmall",
        "\u0131I",
        "ÿ",
        "𐐨",
        "日本語",
        "a" * 255,
        "~1",
        "a.b.c",
        " x",
    ):
        (others / name).write_text(name)
    deep = top
    for number in range(30):
        deep /= f"level {number}"
    deep.mkdir(parents=True)
    (deep / "bottom").write_bytes(b"\1\2\3")
    write_texts(top)
    return top


def write_texts(top: Path) -> Path:
    """Contents that compress well, not at all, and in part."""
    dice = random.Random(5)  # noqa: S311 - no secret
    top.mkdir(exist_ok=True)
    for size in (0, 1, 700, 4095, 4096, 4097, 60 * KIB, 64 * KIB, 64 * KIB + 1, 300 * KIB):
        words = b"".join(dice.choice((b"registry ", b"hive ", b"the ", bytes(40))) for _ in range(size // 4 + 1))
        (top / f"{size}.txt").write_bytes(words[:size])
        (top / f"{size}.bin").write_bytes(dice.randbytes(size))
        half = dice.randbytes(size // 2)
        (top / f"{size}.mixed").write_bytes(half + bytes(size // 4) + b"z" * (size - size // 4 - len(half)))
    return top


def test_thousands_of_files_are_those_of_libfsntfs(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", 3000)
    volume = fill(formatted(tmp_path / "volume"), tree)
    files = listed(volume)
    assert len(files) > 3000
    assert files == listed_by_oracle(volume) == listed_on_this_machine(tree)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_files_of_every_kind_of_volume_are_read(name: str, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", 300)
    size = 2 << 10 if name == "clusters-of-2m" else 64
    volume = fill(formatted(tmp_path / "volume", *OPTIONS[name].split(), size_mib=size), tree)
    files = listed(volume)
    assert files == listed_on_this_machine(tree)
    if name not in LARGE_CLUSTERS:  # libfsntfs finds no names in index records that are smaller than a cluster
        assert files == listed_by_oracle(volume)


@pytest.mark.parametrize("cluster", [512, 1024, 4096])
def test_compressed_files_are_those_of_libfsntfs(cluster: int, tmp_path: Path) -> None:
    tree = write_texts(tmp_path / "tree")
    volume = formatted(tmp_path / "volume", "-C", "-c", cluster)
    for file in sorted(tree.iterdir()):
        run("ntfscp", "-q", volume, file, file.name)
    files = listed(volume)
    assert files == listed_by_oracle(volume) == listed_on_this_machine(tree)
    large = opened(volume).find(f"{300 * KIB}.txt")
    assert large
    assert isinstance(large._content, CompressedStream)


def test_a_file_table_in_hundreds_of_fragments_is_read(tmp_path: Path) -> None:
    volume = formatted(tmp_path / "volume", "-c", 512)
    take_clusters(volume, b"\xff\x00")
    tree = tmp_path / "tree"
    for number in range(2200):
        folder = tree / f"{number % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:05}.txt").write_bytes(b"%d" % number)
    files = listed(fill(volume, tree))
    table = opened(volume)._table
    assert len(table._extensions(table.record(0), DATA, "")) >= 2
    assert files == listed_by_oracle(volume) == listed_on_this_machine(tree)


def test_hives_in_hundreds_of_fragments_are_read(tmp_path: Path) -> None:
    volume = formatted(tmp_path / "volume")
    take_clusters(volume, b"\xff\x00")
    tree = tmp_path / "tree"
    tree.mkdir()
    for number, size in enumerate((1, 2, 5, 8)):
        (tree / f"hive{number}").write_bytes(random.Random(number).randbytes(size << 20))  # noqa: S311 - no secret
    files = listed(fill(volume, tree))
    assert files == listed_by_oracle(volume) == listed_on_this_machine(tree)
    assert len(opened(volume)._table.attributes(opened(volume).find("hive3")._record.number, DATA)) > 1  # type: ignore[union-attr]
