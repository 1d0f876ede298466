"""How a volume was left: $LogFile, hiberfil.sys and the dirty bit."""

import struct
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import missing, run
from tests.unit.disk.ntfs.windows_volume import HIBERNATION, StoredVolume, attribute_at, restart_page, stored_volume

from pulumi_vmimport.disk.ntfs.file_record import DATA

LOG, VOLUME, INFORMATION = 2, 3, 0x70
NO_CLIENT, CLEAN = 0xFFFF, 2
NOT_HIBERNATED = "\\hiberfil.sys holds no hibernated system"


@pytest.fixture
def volume() -> StoredVolume:
    return stored_volume()


def log(volume: StoredVolume, *pages: tuple[int, bytes]) -> None:
    """Store pages in $LogFile, which is otherwise all zeros."""
    place = volume.place_of(LOG)
    volume.write(place, bytes(9000))
    for offset, page in pages:
        volume.put_protected(place + offset, page)


def test_a_log_that_mkntfs_made_is_empty(volume: StoredVolume) -> None:
    shutdown = volume.opened().shutdown()
    assert (shutdown.is_clean, shutdown.is_dirty_flag) == (True, False)
    assert shutdown.reasons == ("\\$LogFile is empty: no change is pending", NOT_HIBERNATED)


@pytest.mark.parametrize(
    ("in_use", "flags", "is_clean", "words"),
    [
        (NO_CLIENT, 0, True, "flags 0000h, no client): the volume was dismounted"),
        (0, CLEAN, True, "flags 0002h, client 0 in use): the volume was dismounted"),
        (0, 0, False, "flags 0000h, client 0 in use): the volume was in use and changes may be pending"),
        (0, 1, False, "flags 0001h, client 0 in use): the volume was in use and changes may be pending"),
    ],
)
def test_the_log_says_whether_the_volume_was_dismounted(
    volume: StoredVolume, in_use: int, flags: int, is_clean: bool, words: str
) -> None:
    log(volume, (0, restart_page(5, in_use, flags)))
    shutdown = volume.opened().shutdown()
    assert shutdown.is_clean is is_clean
    assert shutdown.reasons == (f"\\$LogFile, restart page at 0 (log version 2.0, {words}", NOT_HIBERNATED)


CLEAN_PAGE, USED_PAGE = (NO_CLIENT, CLEAN), (0, 0)


@pytest.mark.parametrize(
    ("pages", "is_clean", "at"),
    [
        ([(0, restart_page(5, *CLEAN_PAGE)), (4096, restart_page(6, *USED_PAGE))], False, 4096),
        ([(0, restart_page(7, *CLEAN_PAGE)), (4096, restart_page(6, *USED_PAGE))], True, 0),
        ([(4096, restart_page(6, *USED_PAGE))], False, 4096),
        ([(512, restart_page(6, *USED_PAGE, page=512))], False, 512),
        ([(0, restart_page(9, *USED_PAGE)), (4096, restart_page(6, *CLEAN_PAGE, signature=b"CHKD"))], False, 0),
        ([(0, restart_page(9, *CLEAN_PAGE)), (2048, restart_page(10, *USED_PAGE))], True, 0),
    ],
    ids=["second-is-newer", "first-is-newer", "second-only", "pages-of-512", "chkdsk", "page-in-the-wrong-place"],
)
def test_the_newest_valid_restart_page_counts(
    volume: StoredVolume, pages: list[tuple[int, bytes]], is_clean: bool, at: int
) -> None:
    log(volume, *pages)
    shutdown = volume.opened().shutdown()
    assert shutdown.is_clean is is_clean
    assert f"restart page at {at} " in shutdown.reasons[0]


def test_a_torn_restart_page_does_not_count(volume: StoredVolume) -> None:
    log(volume, (0, restart_page(9, *CLEAN_PAGE)), (4096, restart_page(6, *USED_PAGE)))
    volume.write(volume.place_of(LOG) + 1022, b"\1\1")
    assert "restart page at 4096 " in volume.opened().shutdown().reasons[0]


@pytest.mark.parametrize("page", [b"", restart_page(1, 0, 0)[:64], b"RSTR"], ids=["none", "small", "cut"])
def test_without_a_valid_restart_page_it_is_unknown(volume: StoredVolume, page: bytes) -> None:
    log(volume)
    volume.write(volume.place_of(LOG), page)
    shutdown = volume.opened().shutdown()
    assert (shutdown.is_clean, shutdown.reasons) == (None, ("\\$LogFile has no valid restart page", NOT_HIBERNATED))


def test_an_unreadable_log_is_unknown(volume: StoredVolume) -> None:
    record = volume.record(LOG)
    record[attribute_at(record, DATA) + 34] = 5
    struct.pack_into("<H", record, attribute_at(record, DATA) + 12, 3)
    volume.put_record(LOG, record)
    shutdown = volume.opened().shutdown()
    assert shutdown.is_clean is None
    assert shutdown.reasons[0] == "\\$LogFile is unreadable: compression method 3 is unknown"


def hibernation(volume: StoredVolume, content: bytes) -> None:
    volume.write(volume.place_of(volume.number_of(HIBERNATION)), content)


@pytest.mark.parametrize(
    ("content", "is_clean", "words"),
    [
        (
            b"HIBR",
            False,
            "\\hiberfil.sys starts with HIBR: Windows is hibernated, or fast startup ended it; run `powercfg /h off`",
        ),
        (b"hibr", False, "\\hiberfil.sys starts with hibr: Windows is hibernated"),
        (b"HORM", False, "\\hiberfil.sys starts with HORM: Windows is hibernated"),
        (b"", True, "\\hiberfil.sys holds no hibernated system"),
        (b"WAKE", None, "\\hiberfil.sys starts with 'WAKE': a system that was resumed"),
        (bytes(4000) + b"x", None, "something else than a hibernated system"),
    ],
)
def test_hiberfil_sys_counts_by_its_content(
    volume: StoredVolume, content: bytes, is_clean: bool | None, words: str
) -> None:
    hibernation(volume, content)
    shutdown = volume.opened().shutdown()
    assert shutdown.is_clean is is_clean
    assert words in shutdown.reasons[1]


def test_without_hiberfil_sys_windows_is_not_hibernated(volume: StoredVolume) -> None:
    place, record = volume.index_record("/")
    volume.put_protected(place, record.replace("hiberfil.sys".encode("utf-16-le"), "hiberfil.old".encode("utf-16-le")))
    shutdown = volume.opened().shutdown()
    assert shutdown.is_clean is True
    assert shutdown.reasons[1] == "\\hiberfil.sys does not exist: Windows is not hibernated"


def test_an_unreadable_hiberfil_sys_is_unknown(volume: StoredVolume) -> None:
    number = volume.number_of(HIBERNATION)
    record = volume.record(number)
    struct.pack_into("<H", record, 22, 0)
    volume.put_record(number, record)
    shutdown = volume.opened().shutdown()
    assert shutdown.is_clean is None
    assert shutdown.reasons[1].startswith("\\hiberfil.sys is unreadable: file record ")


@pytest.mark.parametrize(
    ("page", "header", "is_clean"),
    [(CLEAN_PAGE, b"", True), (USED_PAGE, b"", False), (CLEAN_PAGE, b"HIBR", False), (CLEAN_PAGE, b"hibr", False)],
)
def test_ntfs_3g_writes_only_to_what_is_clean(
    volume: StoredVolume, page: tuple[int, int], header: bytes, is_clean: bool, tmp_path: Path
) -> None:
    if tools := missing("ntfscp"):
        pytest.skip(f"not installed: {tools}")
    log(volume, (0, restart_page(5, *page, version=(1, 1))), (4096, restart_page(4, *CLEAN_PAGE, version=(1, 1))))
    hibernation(volume, header)
    assert volume.opened().shutdown().is_clean is is_clean
    path = volume.stored_in(tmp_path / "volume")
    run("ntfscp", "-q", path, __file__, "new.txt", status=0 if is_clean else 1)


def test_what_is_certain_wins_over_what_is_unknown(volume: StoredVolume) -> None:
    log(volume)
    hibernation(volume, b"HIBR")
    assert volume.opened().shutdown().is_clean is False


def test_the_dirty_bit_is_reported_and_does_not_count(volume: StoredVolume) -> None:
    record = volume.record(VOLUME)
    at = attribute_at(record, INFORMATION)
    (value,) = struct.unpack_from("<H", record, at + 20)
    struct.pack_into("<H", record, at + value + 10, 0x0080)  # which Windows sets on healthy volumes
    volume.put_record(VOLUME, record)
    assert volume.opened().shutdown().is_dirty_flag is False
    struct.pack_into("<H", record, at + value + 10, 0x0081)
    volume.put_record(VOLUME, record)
    shutdown = volume.opened().shutdown()
    assert (shutdown.is_dirty_flag, shutdown.is_clean) == (True, True)
    struct.pack_into("<I", record, at, 0x71)
    volume.put_record(VOLUME, record)
    assert volume.opened().shutdown().is_dirty_flag is None
