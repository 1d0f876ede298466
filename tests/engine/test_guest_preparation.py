"""GuestPreparation on the engine: stable files, secrets encrypted in the state, an ISO image only on request."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from tests.engine.installed_machine import GUEST_ARGS, PASSWORDS

from pulumi_vmimport import GuestPreparation

NewStack = Callable[..., Any]


@pytest.fixture
def arguments() -> dict[str, Any]:
    return dict(GUEST_ARGS)


@pytest.fixture
def stack(new_stack: NewStack, arguments: dict[str, Any]) -> Any:
    def program() -> None:
        args: Any = arguments
        prepared = GuestPreparation("guest", args)
        for name in ("label", "files", "secret_files", "iso_sha256"):
            pulumi.export(name, getattr(prepared, name))

    return new_stack(program)


def secret_file(stack: Any, name: str) -> str:
    text: str = stack.outputs()["secret_files"][name]
    return text


@pytest.mark.both_hosts
def test_the_files_stay_the_same_until_an_argument_changes(stack: Any, arguments: dict[str, Any]) -> None:
    assert set(stack.preview()) == {"create"}
    stack.up()
    first = stack.outputs()
    assert "$Prep" in first["files"]["vmimport/prepare.ps1"]
    assert set(stack.up()) == {"same"}
    assert set(stack.refresh()) == {"same"}
    assert stack.outputs() == first
    arguments["administrator_password"] = "Other-administrator-1"
    assert set(stack.up()) == {"same", "update"}
    assert json.loads(secret_file(stack, "secrets/secrets.json"))["administrator"] == "Other-administrator-1"
    arguments["kms_host"] = "kms.example.com"
    assert set(stack.up()) == {"same", "replace"}
    assert "kms.example.com" in stack.outputs()["files"]["vmimport/settings.json"]
    stack.destroy()


@pytest.mark.both_hosts
def test_passwords_are_encrypted_in_the_state_and_in_no_output_of_a_command(stack: Any, tmp_path: Path) -> None:
    stack.preview(diff=True)
    stack.up(diff=True)
    once = secret_file(stack, "autounattend.xml")
    state = json.dumps(stack.state())
    for place in (state, "\n".join(stack.output)):
        assert not any(password in place for password in PASSWORDS)
        assert "AdministratorPassword" not in place
    assert "AdministratorPassword" in once
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in files if any(word.encode() in file.read_bytes() for word in PASSWORDS)] == []


def test_the_iso_image_is_written_on_request_again_if_it_is_lost_and_deleted(
    stack: Any, arguments: dict[str, Any], tmp_path: Path
) -> None:
    iso = tmp_path / "answer.iso"
    arguments["iso_path"] = str(iso)
    assert set(stack.preview()) == {"create"}
    assert not iso.exists()
    stack.up()
    first = iso.read_bytes()
    iso.unlink()
    assert "update" in stack.refresh()
    assert set(stack.up()) == {"same", "update"}
    assert iso.stat().st_size == len(first)
    arguments["computer_name"] = "golden"
    stack.up()
    assert b"golden" in iso.read_bytes()
    stack.destroy()
    assert not iso.exists()


def test_every_problem_is_in_preview_with_its_path(stack: Any, arguments: dict[str, Any], tmp_path: Path) -> None:
    arguments |= {"edition": "Home", "byol_account_password": None, "iso_path": str(tmp_path / "no" / "answer.iso")}
    printed = stack.fails(stack.preview)
    for words in ("edition: expected one of", "byol_account_password: is required", "iso_path: expected the path of"):
        assert words in printed
    assert "Traceback" not in printed
