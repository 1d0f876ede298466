import subprocess
from pathlib import Path

import pytest

from pulumi_vmimport.guest import answer_iso
from pulumi_vmimport.guest.answer_file import OneTimePasswords, PartitionLayout, WindowsSetup
from pulumi_vmimport.guest.answer_files import answer_files
from pulumi_vmimport.guest.answer_iso import LABEL, MissingIsoWriterError, iso_image
from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.guest.windows_preparation import ExtraScript, WindowsPreparation

SECRETS = {"administrator": "Secret-1", "byol": "Secret-2"}


def files() -> dict[str, bytes]:
    return answer_files(
        WindowsSetup(
            profile=GuestProfile.BYOL_WORKSPACES, layout=PartitionLayout.ONE_VOLUME, image_name="Windows 10 Pro"
        ),
        WindowsPreparation(extra_scripts=(ExtraScript("install-agent", "exit 0\n"),)),
        OneTimePasswords("once-1", "once-2"),
        SECRETS,
    )


def read_back(image: bytes, folder: Path) -> dict[str, bytes]:
    """The files as xorriso, another reader, finds them by their Joliet names."""
    (folder / "answer.iso").write_bytes(image)
    target = folder / "read"
    subprocess.run(
        ["xorriso", "-read_fs", "norock", "-osirrox", "on", "-indev", folder / "answer.iso", "-extract", "/", target],
        check=True,
        capture_output=True,
    )
    return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def test_another_reader_finds_every_file_under_its_joliet_name_byte_for_byte(tmp_path: Path) -> None:
    assert read_back(iso_image(files()), tmp_path) == files()


def test_the_label_is_the_one_that_the_scripts_search_for(tmp_path: Path) -> None:
    (tmp_path / "answer.iso").write_bytes(iso_image(files()))
    listed = subprocess.run(
        ["xorriso", "-indev", tmp_path / "answer.iso", "-pvd_info"], check=True, capture_output=True, text=True
    ).stdout
    assert f"Volume Id    : {LABEL}" in listed
    assert f"Label = '{LABEL}'" in files()["vmimport/prepare.ps1"].decode()


def test_secrets_are_in_one_file_that_setup_does_not_copy_to_the_disk() -> None:
    holders = [path for path, content in files().items() if b"Secret-" in content]
    assert holders == ["secrets/secrets.json"]
    assert not any(b"once-" in content for content in files().values())


def test_files_of_the_same_short_name_remain_distinct(tmp_path: Path) -> None:
    several = {f"folder/a-very-long-name-{number}.txt": str(number).encode() for number in range(12)}
    assert read_back(iso_image(several), tmp_path) == several


def test_a_name_that_joliet_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 64 characters"):
        iso_image({"x" * 65: b""})


def test_without_pycdlib_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_iso, "find_spec", lambda _: None)
    with pytest.raises(MissingIsoWriterError, match="pip install 'pulumi-vmimport\\[guest\\]'"):
        iso_image({})
