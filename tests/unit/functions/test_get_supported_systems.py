"""getSupportedSystems returns the tables of the package, by the purpose of an image."""

from typing import Any

from tests.unit.functions.conftest import problems_of

from pulumi_vmimport.aws.tables import supported_systems
from pulumi_vmimport.functions.catalog import function_of
from pulumi_vmimport.lifecycle.property_bag import read_bag, write_bag
from pulumi_vmimport.windows_releases import WINDOWS_RELEASES


def systems(**bag: Any) -> Any:
    function = function_of("getSupportedSystems")
    return write_bag(function.call(None, read_bag(function.inputs_type, bag)[0]))  # type: ignore[arg-type] # it makes no call


def test_without_a_profile_it_returns_every_table_with_its_date() -> None:
    found, table = systems(), supported_systems.table()
    assert (found["checked"], found["source"]) == (table.checked, table.source)
    assert [system["family"] for system in found["systems"]] == [system.family for system in table.systems]
    assert [release["release"] for release in found["byolReleases"]] == list(WINDOWS_RELEASES)
    assert [format["name"] for format in found["formats"]] == ["OVA", "VMDK", "VHD", "VHDX", "RAW"]


def test_a_release_has_the_conditions_of_aws() -> None:
    (windows,) = [system for system in systems(imageProfile="ec2")["systems"] if system["family"] == "Windows"]
    (release,) = [release for release in windows["releases"] if release["versions"] == ["11"]]
    assert windows["licenseTypes"] == ["BYOL"]
    assert release["bootMode"] == "uefi"
    assert "cn-north-1" in release["notInRegions"]


def test_a_profile_leaves_out_what_its_images_cannot_be() -> None:
    shown = {
        profile: (bool(found["systems"]), bool(found["byolReleases"]), [f["name"] for f in found["formats"]])
        for profile in ("ec2", "snapshot", "byol-workspaces")
        for found in [systems(imageProfile=profile)]
    }
    every = ["OVA", "VMDK", "VHD", "VHDX", "RAW"]
    assert shown == {
        "ec2": (True, False, every),
        "snapshot": (False, False, ["VMDK", "VHD", "RAW"]),
        "byol-workspaces": (False, True, every),
    }


def test_fails_for_an_unknown_profile() -> None:
    assert problems_of("getSupportedSystems", imageProfile="ec3") == {
        "imageProfile": "expected one of ec2, snapshot, byol-workspaces, got 'ec3'"
    }
