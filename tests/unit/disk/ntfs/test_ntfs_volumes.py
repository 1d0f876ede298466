"""Whole volumes, by our reader and by libfsntfs: names, sizes and contents of all files."""

import random
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import missing
from tests.unit.disk.ntfs.oracle import TOOLS, listed, listed_by_oracle, listed_on_this_machine, make_volume

pytest.importorskip("pyfsntfs")
LARGE_CLUSTERS = {"clusters-of-64k", "clusters-of-2m"}
KIB = 1 << 10
OPTIONS = {
    "usual": "",
    "clusters-of-512": "-c 512",
    "clusters-of-64k": "-c 65536",
    "clusters-of-2m": "-c 2097152",
    "sectors-of-4k": "-s 4096",
    "compressed": "-C",
    "compressed-clusters-of-512": "-C -c 512",
}


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few thousand files: large directories, all kinds of names, contents in the record and outside."""
    top = tmp_path_factory.mktemp("tree")
    dice = random.Random(3)  # noqa: S311 - no secret
    large = top / "Windows" / "System32"
    large.mkdir(parents=True)
    for number in range(3000):
        (large / f"{dice.choice('aAbBzZ_')}{number:05d}-module.dll").write_bytes(dice.randbytes(number % 700))
    names = top / "names"
    names.mkdir()
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
        "Ω",
    ):
        (names / name).write_text(name)
    texts = top / "texts"
    texts.mkdir()
    for size in (0, 1, 700, 4095, 4096, 4097, 60 * KIB, 64 * KIB, 64 * KIB + 1, 700 * KIB):
        words = b"".join(dice.choice((b"registry ", b"hive ", b"the ", bytes(40))) for _ in range(size // 4 + 1))
        (texts / f"{size}.txt").write_bytes(words[:size])
        (texts / f"{size}.bin").write_bytes(dice.randbytes(size))
        half = dice.randbytes(size // 2)
        (texts / f"{size}.mixed").write_bytes(half + bytes(size // 4) + b"z" * (size - size // 4 - len(half)))
    deep = top
    for number in range(30):
        deep /= f"level {number}"
    deep.mkdir(parents=True)
    (deep / "bottom").write_bytes(b"\1\2\3")
    return top


@pytest.mark.parametrize("name", OPTIONS)
def test_every_file_is_the_one_that_was_written(name: str, tree: Path, tmp_path: Path) -> None:
    if tools := missing(*TOOLS):
        pytest.skip(f"not installed: {tools}")
    volume = make_volume(tmp_path / "volume", tree, *OPTIONS[name].split(), size_mib=20 << 10 if "2m" in name else 64)
    files = listed(volume)
    assert len(files) > 3000
    assert files == listed_on_this_machine(tree)
    if name not in LARGE_CLUSTERS:  # libfsntfs finds no names in index records that are smaller than a cluster
        assert files == listed_by_oracle(volume)
