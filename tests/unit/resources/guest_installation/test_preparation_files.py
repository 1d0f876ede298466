"""The files of a GuestPreparation, and the ISO image that a path asks for."""

import io
import json
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.guest.windows_preparation import Sysprep
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError, Condition
from pulumi_vmimport.resources.guest_installation.preparation_files import PreparationFilesInputs, PreparationFilesState
from pulumi_vmimport.resources.guest_installation.preparation_files_lifecycle import PreparationFilesLifecycle
from pulumi_vmimport_sandbox.unattended_guest import joliet_files
from pulumi_vmimport_sandbox.windows.unattended import AnswerIso, prepared_guest

NewRun = Callable[..., Any]
lifecycle = PreparationFilesLifecycle()
BYOL = PreparationFilesInputs(
    guest_profile=GuestProfile.BYOL_WORKSPACES,
    windows_release="10-22H2",
    administrator_password="Final-administrator-1",
    byol_account_password="Final-byol-1",
)
LINUX = PreparationFilesInputs(guest_profile=GuestProfile.EC2_LINUX, ssh_public_key="ssh-ed25519 AAAA admin")
SECRET_FILES = {"autounattend.xml", "secrets/secrets.json"}


@pytest.fixture
def made(new_run: NewRun) -> Callable[..., PreparationFilesState]:
    """The state after the create with these inputs."""
    return lambda inputs=BYOL, **changes: lifecycle.create(new_run(), replace(inputs, **changes)).state


@pytest.fixture
def iso(tmp_path: Path) -> Path:
    return tmp_path / "answer.iso"


def problems(**changes: Any) -> dict[str, str]:
    return {problem.path: problem.reason for problem in lifecycle.check(replace(BYOL, **changes))}


def test_the_files_are_those_with_which_a_guest_installs_and_prepares_itself(made: Any) -> None:
    state = made()
    assert state.label == "VMIMPORT"
    assert state.secret_files.keys() == SECRET_FILES
    files = {path: text.encode() for path, text in {**state.files, **state.secret_files}.items()}
    assert prepared_guest(AnswerIso(files)).accounts
    assert json.loads(state.secret_files["secrets/secrets.json"])["byol"] == BYOL.byol_account_password


def test_no_file_outside_the_secret_ones_has_a_password(made: Any) -> None:
    state = made(product_key="AAAAA-BBBBB-CCCCC-DDDDD-EEEEE")
    public = "".join(state.files.values())
    once = json.loads(state.secret_files["secrets/secrets.json"])
    assert [value for value in once.values() if value in public] == []


def test_the_layout_is_that_of_the_release(made: Any) -> None:
    assert "<Type>EFI</Type>" in made(windows_release="11-23H2").secret_files["autounattend.xml"]
    assert "<Type>EFI</Type>" not in made().secret_files["autounattend.xml"]


def test_a_server_that_sysprep_generalizes_has_its_answer_file(made: Any) -> None:
    server = replace(BYOL, guest_profile=GuestProfile.EC2_WINDOWS, windows_release="2022", byol_account_password=None)
    assert "vmimport/unattend.xml" in made(server, sysprep=Sysprep.BEFORE_EXPORT).files
    assert "vmimport/unattend.xml" not in made(server).files


def test_linux_has_the_script_and_the_data_of_cloud_init(made: Any) -> None:
    state = made(LINUX)
    assert (state.label, state.secret_files) == ("CIDATA", {})
    assert state.files.keys() == {"user-data", "meta-data", "prepare.sh"}
    assert state.files["user-data"].startswith("#cloud-config\n")


def test_the_iso_image_has_the_same_files_and_only_its_owner_may_read_it(made: Any, iso: Path) -> None:
    state = made(iso_path=str(iso))
    texts = {path: content.decode() for path, content in joliet_files(iso.read_bytes())}
    assert texts == {**state.files, **state.secret_files}
    assert stat.S_IMODE(iso.stat().st_mode) == 0o600
    assert list(iso.parent.iterdir()) == [iso]


def test_without_a_path_nothing_is_written(made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert made().iso_sha256 is None
    assert list(tmp_path.iterdir()) == []


def test_a_deleted_iso_image_is_written_again_with_the_same_passwords(made: Any, iso: Path, new_run: NewRun) -> None:
    state = made(iso_path=str(iso))
    iso.unlink()
    found = lifecycle.read(new_run(), "id", state)
    assert found is not None
    assert lifecycle.condition(found) is Condition.UNFINISHED
    again = lifecycle.update(new_run(), "id", found, lifecycle.inputs_of(state))
    assert iso.is_file()
    assert lifecycle.condition(again) is Condition.READY
    assert again.secret_files == state.secret_files


def test_a_changed_password_generates_the_files_again(made: Any, iso: Path, new_run: NewRun) -> None:
    state = made(iso_path=str(iso))
    inputs = replace(lifecycle.inputs_of(state), administrator_password="Other-1")
    changed = lifecycle.update(new_run(), "id", state, inputs)
    assert changed.secret_files is not None
    assert json.loads(changed.secret_files["secrets/secrets.json"])["administrator"] == "Other-1"
    assert b"Other-1" in iso.read_bytes()


def test_another_timeout_changes_no_file(made: Any, new_run: NewRun) -> None:
    state = made()
    changed = lifecycle.update(new_run(), "id", state, replace(lifecycle.inputs_of(state), timeout_minutes=5))
    assert changed == replace(state, timeout_minutes=5)


def test_delete_removes_the_iso_image_but_not_the_one_of_a_replacement(made: Any, iso: Path, new_run: NewRun) -> None:
    first = made(iso_path=str(iso))
    second = made(iso_path=str(iso), computer_name="other")
    lifecycle.delete(new_run(), "id", first)
    assert iso.is_file()
    lifecycle.delete(new_run(), "id", second)
    assert not iso.exists()
    lifecycle.delete(new_run(), "id", second)


def test_byol_checker_is_on_the_iso_image_and_not_in_the_state(made: Any, iso: Path, tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("BYOLChecker/BYOLChecker.ps1", b"\xff")
    (tmp_path / "checker.zip").write_bytes(content.getvalue())
    state = made(iso_path=str(iso), byol_checker=str(tmp_path / "checker.zip"))
    path = "vmimport/checker/BYOLChecker/BYOLChecker.ps1"
    assert dict(joliet_files(iso.read_bytes()))[path] == b"\xff"
    assert path not in (state.files or {})
    assert "checker\\\\BYOLChecker" in state.files["vmimport/settings.json"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "expected the path of a file in an existing folder, got ''"),
        ("{folder}", "expected the path of a file in an existing folder"),
        ("{folder}/no/answer.iso", "expected the path of a file in an existing folder"),
        ("{folder}/notes.txt", "exists and is not an answer ISO"),
        ("a\0b", "expected the path of a file"),
    ],
)
def test_fails_for_a_path_that_must_not_be_written(tmp_path: Path, path: str, words: str) -> None:
    (tmp_path / "notes.txt").write_text("keep")
    assert words in problems(iso_path=path.replace("{folder}", str(tmp_path)))["isoPath"]


def test_an_iso_image_of_an_earlier_run_is_replaced(made: Any, iso: Path) -> None:
    made(iso_path=str(iso))
    assert problems(iso_path=str(iso)) == {}
    assert "is not an answer ISO" in {
        problem.path: problem.reason for problem in lifecycle.check(replace(LINUX, iso_path=str(iso)))
    }.get("isoPath", "")


def test_fails_with_all_problems_at_once(tmp_path: Path) -> None:
    (tmp_path / "checker.zip").touch()
    found = problems(edition="Home", byol_account_password=None, byol_checker=str(tmp_path / "checker.zip"))
    assert found.keys() == {"edition", "byolAccountPassword", "byolChecker"}
    assert "requires isoPath" in found["byolChecker"]


def test_unknown_inputs_are_not_checked() -> None:
    assert problems(iso_path=UNKNOWN, byol_checker=UNKNOWN) == {}


def test_fails_if_the_iso_image_cannot_be_written(made: Any, tmp_path: Path) -> None:
    with pytest.raises(CleanFailureError, match=r"iso_path: .* cannot be written"):
        made(iso_path=str(tmp_path / "no" / "answer.iso"))
