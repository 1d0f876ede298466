"""Answer ISOs that a killed run left, and for which Pulumi has no record."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.resources.guest_installation.test_guest_installation import (
    READY,
    Guest,
    Inputs,
    NewRun,
    guest,
    guest_run,
    inputs,
    installed,
    leftovers,
    lifecycle,
    machine,
)

from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, RESOURCE_TAG, STACK_TAG, Identity
from pulumi_vmimport.vsphere.datastore_folder import DatastoreFolder
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine

__all__ = ["guest", "guest_run", "inputs", "machine"]  # the fixtures
HOURS = 3600


@pytest.fixture
def folder(machines: Any) -> Path:
    path: Path = machines.vcenter.folder_of("LocalDS_0") / "pulumi-vmimport"
    return path


@pytest.fixture
def killed(new_export_run: NewRun, inputs: Inputs, machines: Any, monkeypatch: pytest.MonkeyPatch) -> VSphereMachine:
    """Another machine, for which a run of the same resource was killed right after the upload."""
    other: VSphereMachine = machines.make("other", b"")
    write = DatastoreFolder.write

    def killing(datastore_folder: DatastoreFolder, name: str, content: bytes) -> Any:
        write(datastore_folder, name, content)
        if name.endswith(".iso"):
            raise RunInterruptedError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(DatastoreFolder, "write", killing)
        with pytest.raises(RunInterruptedError):
            lifecycle.create(new_export_run(), replace(inputs, uuid=other.facts().uuid))
    return other


def age(folder: Path, seconds: float) -> None:
    for file in folder.iterdir():
        os.utime(file, (time.time() - seconds,) * 2)


def test_a_file_without_secrets_names_the_owner_of_the_answer_iso(
    killed: VSphereMachine, folder: Path, machines: Any
) -> None:
    names = leftovers(machines)
    assert [name.partition(".")[2] for name in names] == ["iso", "owner.json"]
    text = (folder / names[1]).read_text()
    owner = json.loads(text)
    identity = Identity("urn:pulumi:dev::shop::vmimport:index:Thing::web")
    assert owner["tags"] == {IDENTITY_TAG: identity.key, STACK_TAG: "shop/dev", RESOURCE_TAG: "Thing::web"}
    assert owner["machine"] == killed.facts().uuid
    assert "Secret-" not in text


def test_the_next_installation_of_the_resource_deletes_it(
    killed: VSphereMachine, guest_run: NewRun, inputs: Inputs, folder: Path, machines: Any
) -> None:
    killed.delete(lambda _: None)
    machines.forget(killed)
    age(folder, 2 * HOURS)
    run = guest_run()
    installed(run, inputs)
    assert leftovers(machines) == []
    assert "which an interrupted run left" in run.warnings[0]


def test_a_file_that_is_new_or_of_another_resource_is_kept(
    killed: VSphereMachine, guest_run: NewRun, guest: Guest, inputs: Inputs, folder: Path, machines: Any
) -> None:
    installed(guest_run(), inputs)
    guest.lines = [READY]
    assert len(leftovers(machines)) == 2
    age(folder, 2 * HOURS)
    other = Identity("urn:pulumi:dev::shop::vmimport:index:Thing::other")
    installed(guest_run(identity=other), replace(inputs, overwrite_disk=True))
    assert len(leftovers(machines)) == 2


def test_a_file_in_a_cd_drive_is_kept(
    new_export_run: NewRun, guest_run: NewRun, inputs: Inputs, folder: Path, machines: Any
) -> None:
    other = machines.make("other", b"")
    with pytest.raises(RunInterruptedError):
        lifecycle.create(new_export_run(stop_after_waits=3), replace(inputs, uuid=other.facts().uuid))
    assert len(leftovers(machines)) >= 2
    age(folder, 2 * HOURS)
    before = leftovers(machines)
    installed(guest_run(), inputs)
    assert leftovers(machines) == before
    other.power_off(lambda _: None)
