import errno
import os
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.transfer.local_image import LocalImage, fingerprint
from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError, UnreadableSourceError

MIB = 1 << 20


def test_a_local_image_returns_its_bytes_and_extents(tmp_path: Path) -> None:
    path = tmp_path / "data.raw"
    with path.open("wb") as file:
        file.write(b"first")
        file.seek(8 * MIB)
        file.write(b"second")
        file.truncate(20 * MIB)
    with LocalImage(str(path)) as image:
        assert (image.name, image.size_bytes, image.identity) == (str(path), 20 * MIB, fingerprint(str(path)))
        assert image.read_at(8 * MIB, 6) == b"second"
        assert image.read_at(20 * MIB - 2, 100) == bytes(2)
        found = list(image.extents())
    assert [offset for offset, _ in found] == [0, 8 * MIB]
    assert sum(length for _, length in found) < MIB


def test_a_sparse_file_without_data_has_no_extents(tmp_path: Path) -> None:
    path = tmp_path / "data.raw"
    with path.open("wb") as file:
        file.truncate(MIB)
    with LocalImage(str(path)) as image:
        assert list(image.extents()) == []


def test_the_whole_file_is_one_extent_if_the_file_system_does_not_report_holes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.raw"
    path.write_bytes(b"data")

    def lseek(*_: Any) -> int:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr("os.lseek", lseek)
    with LocalImage(str(path)) as image:
        assert list(image.extents()) == [(0, 4)]


@pytest.mark.parametrize("change", ["longer", "touched"])
def test_fails_if_the_file_was_modified(tmp_path: Path, change: str) -> None:
    path = tmp_path / "data.raw"
    path.write_bytes(b"data")
    with LocalImage(str(path)) as image:
        image.require_unmodified()
        if change == "longer":
            path.write_bytes(b"longer data")
        else:
            os.utime(path, ns=(1, 1))
        with pytest.raises(SourceModifiedError, match=r"data\.raw was modified while it was read"):
            image.require_unmodified()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("gone.raw", "No such file or directory"), (".", "not a regular file"), ("pipe", "not a regular file")],
)
def test_fails_for_a_path_that_is_not_a_regular_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnreadableSourceError, match=f"{tmp_path / name} .*: .*{reason}"):
        LocalImage(name)


def read_with(patch: pytest.MonkeyPatch, call: str, fail: Any, read: Any) -> None:
    with patch.context() as here:  # pytest itself uses fstat
        here.setattr(f"os.{call}", fail)
        read()


@pytest.mark.parametrize("call", ["pread", "fstat"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE, errno.EACCES])
def test_an_io_error_is_reported_as_unreadable_with_the_words_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    path = tmp_path / "data.raw"
    path.write_bytes(b"data")

    def fail(*_: Any) -> None:
        raise OSError(code, os.strerror(code))

    with LocalImage(str(path)) as image:
        read = {"pread": lambda: image.read_at(0, 4), "fstat": image.require_unmodified}[call]
        with pytest.raises(UnreadableSourceError) as failure:
            read_with(monkeypatch, call, fail, read)
    assert str(failure.value).startswith(f"{path} cannot be read: {os.strerror(code)}")
    assert not failure.value.is_missing
