import typing
from typing import Any, get_type_hints

import pulumi
import pulumi_vsphere

from pulumi_vmimport.components.source_virtual_machine import SourceVirtualMachineArgs
from pulumi_vmimport.plugin import wire_arguments
from pulumi_vmimport.plugin.wire_arguments import arguments_of


def machine(**given: Any) -> Any:
    """The arguments of SourceVirtualMachine for these arguments of pulumi-vsphere."""
    return arguments_of(SourceVirtualMachineArgs, {"virtualMachineArgs": given})["virtual_machine_args"]


def test_structures_of_arguments_have_the_names_of_python() -> None:
    given = {
        "windowsRelease": "11-23H2",
        "guest": {"staticIp": True},
        "windowsReleases": {"myRelease": {"guestId": "g"}},
    }
    assert arguments_of(SourceVirtualMachineArgs, given) == {
        "windows_release": "11-23H2",
        "guest": {"static_ip": True},
        "windows_releases": {"myRelease": {"guest_id": "g"}},
    }


def test_arguments_of_pulumi_vsphere_have_the_names_of_python_at_every_depth() -> None:
    found = machine(numCpus=4, disks=[{"label": "disk0", "unitNumber": 1}], clone={"templateUuid": "u"}, guest_id="g")
    assert found == {
        "num_cpus": 4,
        "disks": [{"label": "disk0", "unit_number": 1}],
        "clone": {"template_uuid": "u"},
        "guest_id": "g",
    }


def test_names_that_the_user_chooses_stay_as_they_are() -> None:
    chosen = {"guestinfo.userData": "x", "someKey": "y"}
    found = machine(extraConfig=chosen, vapp={"properties": chosen})
    assert found == {"extra_config": chosen, "vapp": {"properties": chosen}}


def _maps(of: Any, seen: set[Any]) -> set[str]:
    """The arguments with names that the user chooses, in a class of pulumi-vsphere and the structures in it."""
    if of in seen:
        return set()
    seen.add(of)
    found = set()
    for name, hint in get_type_hints(of.__init__, localns={"Output": pulumi.Output, "T": Any}).items():
        text = str(hint)
        if "Mapping[str" in text:
            found.add(name)
        for inner in _classes(hint):
            found |= _maps(inner, seen)
    return found


def _classes(hint: Any) -> list[Any]:
    inner = [found for argument in typing.get_args(hint) for found in _classes(argument)]
    is_structure = (
        isinstance(hint, type) and hint.__module__ == "pulumi_vsphere._inputs" and hint.__name__.endswith("Args")
    )
    return [hint, *inner] if is_structure else inner


def test_every_argument_of_pulumi_vsphere_with_chosen_names_is_known() -> None:
    assert _maps(pulumi_vsphere.VirtualMachineArgs, set()) == wire_arguments._MAPS_OF_VSPHERE
