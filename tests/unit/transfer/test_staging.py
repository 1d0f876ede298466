import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.transfer.errors import NotEnoughSpaceError
from pulumi_vmimport.transfer.staging import StagingArea

CONTENT = bytes(range(256)) * 10_000


def pieces(data: bytes, size: int = 70_000) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def test_a_staged_file_has_its_size_its_digest_and_all_its_bytes(tmp_path: Path) -> None:
    with StagingArea(tmp_path) as area:
        staged = area.stage("disk1.vmdk", pieces(CONTENT))
        assert (staged.name, staged.size_bytes) == ("disk1.vmdk", len(CONTENT))
        assert staged.sha256 == hashlib.sha256(CONTENT).hexdigest()
        assert b"".join(staged.open()) == CONTENT


def test_a_staged_file_can_be_read_twice_and_in_turns(tmp_path: Path) -> None:
    with StagingArea(tmp_path) as area:
        staged = area.stage("disk1.vmdk", pieces(CONTENT))
        first, second = staged.open(), staged.open()
        assert next(first) + next(second) == CONTENT[: 1 << 20] * 2
        assert b"".join(first) == b"".join(second) == CONTENT[1 << 20 :]


def test_several_files_do_not_mix(tmp_path: Path) -> None:
    with StagingArea(tmp_path) as area:
        files = [area.stage(f"disk{number}", [bytes([number]) * number]) for number in range(4)]
        assert [b"".join(file.open()) for file in files] == [b"", b"\1", b"\2\2", b"\3\3\3"]


def test_a_staged_file_has_no_name_that_a_killed_process_could_leave_behind(tmp_path: Path) -> None:
    with StagingArea(tmp_path) as area:
        staged = area.stage("disk1.vmdk", pieces(CONTENT))
        assert list(tmp_path.iterdir()) == []
        assert stat.S_IMODE(os.fstat(staged._file.fileno()).st_mode) == 0o600


def test_leaving_closes_the_files(tmp_path: Path) -> None:
    with StagingArea(tmp_path) as area:
        staged = area.stage("disk1.vmdk", pieces(CONTENT))
    assert staged._file.closed


def test_fails_with_what_the_chunks_raise_and_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = _opened(monkeypatch)

    def broken() -> Iterator[bytes]:
        yield CONTENT
        raise ConnectionResetError("reset")

    with StagingArea(tmp_path) as area:
        with pytest.raises(ConnectionResetError):
            area.stage("disk1.vmdk", broken())
        assert [file.closed for file in opened] == [True]


def test_fails_before_anything_is_read_when_the_directory_is_too_small(tmp_path: Path) -> None:
    needed = shutil.disk_usage(tmp_path).free + (1 << 40)
    with pytest.raises(
        NotEnoughSpaceError, match=r"staging directory .*: expected .* GiB free .*; name another"
    ) as caught:
        StagingArea(tmp_path, expected_bytes=needed)
    assert (caught.value.directory, caught.value.needed_bytes) == (str(tmp_path), needed)
    assert 0 < caught.value.free_bytes < needed


def test_fails_with_the_space_that_is_left_when_the_directory_fills_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("r+b", buffering=0) as full:
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: full)
        with StagingArea(tmp_path) as area, pytest.raises(NotEnoughSpaceError) as caught:
            area.stage("disk1.vmdk", pieces(CONTENT))
    assert caught.value.needed_bytes == 70_000


def test_fails_as_the_system_says_when_it_is_not_for_lack_of_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/zero").open("rb", buffering=0) as read_only:
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: read_only)
        with StagingArea(tmp_path) as area, pytest.raises(OSError, match="not open for writing"):
            area.stage("disk1.vmdk", pieces(CONTENT))


def _opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    opened = []
    make = tempfile.TemporaryFile

    def remember(**kwargs: Any) -> Any:
        opened.append(make(**kwargs))
        return opened[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", remember)
    return opened
