import base64
import xml.etree.ElementTree as ET

import pytest

from pulumi_vmimport.guest.answer_file import (
    OneTimePasswords,
    PartitionLayout,
    WindowsSetup,
    autounattend_xml,
    sysprep_unattend_xml,
)
from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.guest.unattend_xml import Architecture

NS = "{urn:schemas-microsoft-com:unattend}"
ADD = "{http://schemas.microsoft.com/WMIConfig/2002/State}action"
PASSWORDS = OneTimePasswords(administrator="One&time<1>", byol="Byol-2")
PASSES = ["windowsPE", "specialize", "oobeSystem"]


def setup(
    layout: PartitionLayout = PartitionLayout.ONE_VOLUME, profile: str = "byol-workspaces", **more: object
) -> WindowsSetup:
    return WindowsSetup(profile=GuestProfile(profile), layout=layout, **({"image_name": "Windows 10 Pro"} | more))  # type: ignore[arg-type]


def parsed(answer: WindowsSetup) -> ET.Element:
    return ET.fromstring(autounattend_xml(answer, PASSWORDS))  # noqa: S314 - our own text


def texts(root: ET.Element, path: str) -> list[str | None]:
    return [element.text for element in root.findall(".//" + "/".join(NS + name for name in path.split("/")))]


@pytest.mark.parametrize("layout", PartitionLayout)
@pytest.mark.parametrize("profile", ["byol-workspaces", "ec2-windows"])
def test_passes_are_in_order_and_every_component_has_the_attributes_of_the_schema(
    layout: PartitionLayout, profile: str
) -> None:
    root = parsed(setup(layout, profile))
    assert [settings.get("pass") for settings in root] == PASSES
    for component in root.iter(NS + "component"):
        assert component.attrib == {
            "name": component.get("name"),
            "processorArchitecture": "amd64",
            "publicKeyToken": "31bf3856ad364e35",
            "language": "neutral",
            "versionScope": "nonSxS",
        }


@pytest.mark.parametrize("layout", PartitionLayout)
def test_every_item_of_a_list_is_added_in_the_order_of_its_number(layout: PartitionLayout) -> None:
    root = parsed(setup(layout, is_windows_11=True, bypass_tpm=True))
    for parent in root.iter():
        orders = [int(order.text or "") for item in parent if (order := item.find(NS + "Order")) is not None]
        assert orders == list(range(1, len(orders) + 1))
        for item in parent:
            has_number = item.find(NS + "Order") is not None
            assert not has_number or item.get(ADD) == "add"


def test_a_path_of_a_command_is_at_most_259_characters_long() -> None:
    root = parsed(setup(PartitionLayout.GPT, is_windows_11=True, bypass_tpm=True))
    paths = texts(root, "RunSynchronousCommand/Path")
    assert len(paths) > 5
    assert all(path and len(path) <= 259 for path in paths)


@pytest.mark.parametrize(
    ("layout", "partitions", "windows"),
    [
        (PartitionLayout.ONE_VOLUME, ["Primary"], "1"),
        (PartitionLayout.SYSTEM_RESERVED, ["Primary", "Primary"], "2"),
        (PartitionLayout.GPT, ["EFI", "MSR", "Primary"], "3"),
    ],
)
def test_windows_is_installed_on_the_last_partition_which_takes_the_rest_of_the_disk(
    layout: PartitionLayout, partitions: list[str], windows: str
) -> None:
    root = parsed(setup(layout))
    assert texts(root, "CreatePartition/Type") == partitions
    assert texts(root, "InstallTo/PartitionID") == [windows]
    assert texts(root, "CreatePartition/Extend") == ["true"]
    assert texts(root, "CreatePartition/Size") == {"1": [], "2": ["500"], "3": ["260", "16"]}[windows]


@pytest.mark.parametrize("layout", PartitionLayout)
def test_a_bios_disk_has_one_active_partition_and_a_gpt_disk_none(layout: PartitionLayout) -> None:
    active = texts(parsed(setup(layout)), "ModifyPartition/Active")
    assert active == ([] if layout is PartitionLayout.GPT else ["true"])


def test_every_partition_except_the_reserved_one_is_formatted() -> None:
    for layout, formats in (
        (PartitionLayout.ONE_VOLUME, ["NTFS"]),
        (PartitionLayout.SYSTEM_RESERVED, ["NTFS", "NTFS"]),
        (PartitionLayout.GPT, ["FAT32", "NTFS"]),
    ):
        assert texts(parsed(setup(layout)), "ModifyPartition/Format") == formats


def test_passwords_are_encoded_with_the_name_of_their_element() -> None:
    root = parsed(setup())
    decoded = [
        base64.b64decode(value or "").decode("utf-16-le")
        for name in ("AdministratorPassword", "LocalAccount/Password", "AutoLogon/Password")
        for value in texts(root, f"{name}/Value")
    ]
    assert decoded == ["One&time<1>AdministratorPassword", "Byol-2Password", "Byol-2Password"]
    assert "One&time" not in autounattend_xml(setup(), PASSWORDS)


def test_byol_logs_on_once_as_workspaces_byol_and_a_server_as_administrator() -> None:
    byol, server = parsed(setup()), parsed(setup(profile="ec2-windows"))
    assert texts(byol, "AutoLogon/Username") == texts(byol, "LocalAccount/Name") == ["WorkSpaces_BYOL"]
    assert texts(server, "AutoLogon/Username") == ["Administrator"]
    assert texts(server, "LocalAccount/Name") == []
    assert texts(byol, "AutoLogon/LogonCount") == texts(server, "AutoLogon/LogonCount") == ["1"]


def test_there_is_exactly_one_command_of_the_first_logon() -> None:
    assert len(texts(parsed(setup()), "FirstLogonCommands/SynchronousCommand/CommandLine")) == 1


def test_the_edition_is_selected_by_name_or_by_index() -> None:
    by_name, by_index = parsed(setup()), parsed(setup(image_name=None, image_index=6))
    assert texts(by_name, "MetaData/Key") + texts(by_name, "MetaData/Value") == ["/IMAGE/NAME", "Windows 10 Pro"]
    assert texts(by_index, "MetaData/Key") + texts(by_index, "MetaData/Value") == ["/IMAGE/INDEX", "6"]


def test_setup_checks_tpm_and_secure_boot_unless_the_bypass_is_requested() -> None:
    assert "LabConfig" not in autounattend_xml(setup(PartitionLayout.GPT, is_windows_11=True), PASSWORDS)
    assert "LabConfig" in autounattend_xml(setup(PartitionLayout.GPT, is_windows_11=True, bypass_tpm=True), PASSWORDS)


def test_text_of_the_user_is_escaped() -> None:
    assert texts(parsed(setup(owner='A & B <"C">')), "UserData/FullName") == ['A & B <"C">']


@pytest.mark.parametrize("architecture", Architecture)
def test_the_answer_file_of_sysprep_skips_oobe_in_the_locale(architecture: Architecture) -> None:
    text = sysprep_unattend_xml(architecture, "en-GB")
    root = ET.fromstring(text)  # noqa: S314 - our own text
    assert "http://schemas.microsoft.com/WMIConfig/2002/State" in text
    assert [component.get("processorArchitecture") for component in root.iter(NS + "component")] == [
        architecture.value
    ] * 2
    assert texts(root, "UserLocale") == ["en-GB"]
    assert texts(root, "OOBE/SkipMachineOOBE") == ["true"]
