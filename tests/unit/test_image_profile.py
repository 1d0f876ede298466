from typing import Any

import pytest

from pulumi_vmimport.image_profile import ImageProfile, profile_named
from pulumi_vmimport.lifecycle.input_digest import digest
from pulumi_vmimport.lifecycle.property_bag import read_bag, write_bag
from pulumi_vmimport.lifecycle.schema import wire_fields
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadInputs
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import VirtualMachineExportInputs

EVERY = (DiskImageUploadInputs, ImportImageInputs, VirtualMachineExportInputs)
BAG = {"region": "eu-west-1", "bucket": "images", "key": "web.ova", "path": "web.ova", "uuid": "4206"}


def read(of: type, profile: Any) -> tuple[Any, dict[str, str]]:
    bag = {name: value for name, value in BAG.items() if name in wire_fields(of)}
    if of is ImportImageInputs:
        bag["diskContainers"] = []  # type: ignore[assignment] # a bag's values have no type
    inputs: Any
    inputs, problems = read_bag(of, {**bag, "imageProfile": profile})
    return inputs, {problem.path: problem.reason for problem in problems}


@pytest.mark.parametrize("name", ["byol-workspaces", "workspaces-byol"])
def test_both_spellings_name_the_byol_profile(name: str) -> None:
    assert profile_named(name) is ImageProfile(name) is ImageProfile.BYOL_WORKSPACES


@pytest.mark.parametrize("name", ["byol", "EC2", "", None, 1])
def test_fails_for_a_name_of_no_profile(name: Any) -> None:
    assert profile_named(name) is None
    with pytest.raises(ValueError, match=repr(name)):
        ImageProfile(name)


@pytest.mark.parametrize("of", EVERY)
def test_every_resource_accepts_both_spellings_and_records_one(of: type) -> None:
    inputs, problems = read(of, "workspaces-byol")
    assert problems == {}
    assert write_bag(inputs)["imageProfile"] == "byol-workspaces"
    assert digest(inputs) == digest(read(of, "byol-workspaces")[0])


@pytest.mark.parametrize("of", [ImportImageInputs, VirtualMachineExportInputs])
def test_fails_for_profile_snapshot_where_a_whole_machine_is_expected(of: type) -> None:
    assert read(of, "snapshot")[1] == {"imageProfile": "expected one of ec2, byol-workspaces, got 'snapshot'"}


def test_an_upload_accepts_profile_snapshot() -> None:
    assert read(DiskImageUploadInputs, "snapshot")[1] == {}
