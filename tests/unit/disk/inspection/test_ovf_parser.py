from dataclasses import replace

import pytest
from tests.unit.disk.inspection.sample_descriptors import OVF_2, VIRTUALBOX_OVF, VSPHERE_OVF

from pulumi_vmimport.disk import ovf_writer
from pulumi_vmimport.disk.inspection.ovf_parser import read_ovf
from pulumi_vmimport.disk.inspection.ovf_xml import InvalidXmlError
from pulumi_vmimport.disk.inspection.package_facts import OvfAdapter, OvfDisk, OvfFacts, OvfFile

GIB = 1 << 30
STREAM_OPTIMIZED = "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"


def virtualbox(firmware: str = "") -> OvfFacts:
    return read_ovf(VIRTUALBOX_OVF.replace("{firmware}", firmware).encode())


def test_a_vsphere_descriptor_is_parsed() -> None:
    assert read_ovf(VSPHERE_OVF.encode()) == OvfFacts(
        version="1",
        virtual_systems=1,
        name="Windows 11 & more",
        operating_system_id="1",
        guest_id="windows11_64Guest",
        operating_system="Microsoft Windows 11 (64-bit)",
        firmware="efi",
        secure_boot=True,
        hardware_version="vmx-19",
        cpus=2,
        memory_mib=8192,
        files=(
            OvfFile("file1", "win11-1.vmdk", 0, None, None, "win11-1.vmdk"),
            OvfFile("file2", "win11-2.iso", 395264, None, None, "win11-2.iso"),
            OvfFile("file3", "win11-3.nvram", 270840, None, None, "win11-3.nvram"),
        ),
        disks=(
            OvfDisk("vmdisk1", "win11-1.vmdk", 70 * GIB, STREAM_OPTIMIZED, None, "lsilogicsas", "0"),
            OvfDisk("vmdisk2", None, 8 * GIB, STREAM_OPTIMIZED, None, "lsilogicsas", "1"),
        ),
        adapters=(OvfAdapter("Vmxnet3", "VM Network"),),
        cd_drives=1,
        cd_images=("win11-2.iso",),
        floppy_drives=1,
        controllers=("lsilogicsas", "vmware.sata.ahci"),
    )


def test_an_iso_among_the_disks_of_a_virtualbox_descriptor_is_a_cd_image() -> None:
    facts = virtualbox()
    assert [(disk.file, disk.controller, disk.capacity_bytes) for disk in facts.disks] == [
        ("deb-disk001.vmdk", "AHCI", 20 * GIB)
    ]
    assert facts.cd_images == ("deb-disk002.iso",)
    assert facts.cd_drives == 1
    assert facts.controllers == ("ide", "AHCI")
    assert (facts.name, facts.operating_system, facts.operating_system_id, facts.guest_id) == (
        "deb",
        "Debian_64",
        "96",
        "",
    )
    assert (facts.memory_mib, facts.cpus, facts.hardware_version) == (1024, 1, "virtualbox-2.2")
    assert facts.files[0].stated_bytes is None


@pytest.mark.parametrize(
    ("element", "firmware"),
    [
        ("", "bios"),
        ('<Firmware type="EFI"/>', "efi"),
        ('<Firmware type="EFI64"/>', "efi"),
        ('<Firmware type="BIOS"/>', "bios"),
    ],
)
def test_the_default_firmware_of_virtualbox_is_bios(element: str, firmware: str) -> None:
    assert virtualbox(element).firmware == firmware


@pytest.mark.parametrize(
    ("old", "new", "firmware", "secure_boot"),
    [
        ('"efi"', '"bios"', "bios", True),
        ('"firmware"', '"other"', None, True),
        ('"efi"', '"coreboot"', None, True),
        ('vmw:value="true"', 'vmw:value="FALSE"', "efi", False),
        ('"bootOptions.efiSecureBootEnabled"', '"uefi.secureBoot.enabled"', "efi", True),
        ('"bootOptions.efiSecureBootEnabled"', '"x"', "efi", None),
    ],
)
def test_the_firmware_of_vmware_is_in_its_config(
    old: str, new: str, firmware: str | None, secure_boot: bool | None
) -> None:
    facts = read_ovf(VSPHERE_OVF.replace(old, new).encode())
    assert (facts.firmware, facts.secure_boot) == (firmware, secure_boot)


def test_a_descriptor_of_version_2_is_read_in_its_default_configuration() -> None:
    facts = read_ovf(OVF_2.encode())
    assert (facts.version, facts.virtual_systems, facts.name) == ("2", 2, "one")
    assert (facts.cpus, facts.memory_mib) == (8, 16384)
    assert facts.files == (OvfFile("f", "disk.vmdk.gz", 9, 4, "gzip", "disk.vmdk.gz"),)
    assert facts.disks == (OvfDisk("d", "disk.vmdk.gz", 20_000_000_000, "x", "base", "ide", None),)
    assert facts.adapters == (OvfAdapter("E1000", "lan"),)
    assert facts.hardware_version == "vmx-13 vmx-14"


def test_a_written_descriptor_parses_to_the_same_facts() -> None:
    machine = ovf_writer.Machine(
        name="web",
        guest_id="windows9_64Guest",
        firmware=ovf_writer.Firmware.BIOS,
        hardware_version="vmx-13",
        cpus=4,
        memory_mib=2048,
        controllers=(
            ovf_writer.Controller(1000, ovf_writer.ControllerSubtype.PVSCSI, 0),
            ovf_writer.Controller(200, ovf_writer.ControllerSubtype.IDE, 0),
        ),
        disks=(ovf_writer.Disk("a.vmdk", 5, GIB, 1000, 0), ovf_writer.Disk("b.vmdk", 6, 2 * GIB, 200, 1)),
    )
    facts = read_ovf(ovf_writer.descriptor(machine))
    assert [(d.file, d.capacity_bytes, d.controller, d.unit_number) for d in facts.disks] == [
        ("a.vmdk", GIB, "VirtualSCSI", "0"),
        ("b.vmdk", 2 * GIB, "ide", "1"),
    ]
    assert [file.stated_bytes for file in facts.files] == [5, 6]
    assert (facts.firmware, facts.cpus, facts.memory_mib, facts.guest_id) == ("bios", 4, 2048, "windows9_64Guest")


@pytest.mark.parametrize(
    ("capacity", "unit", "expected"),
    [
        ("70", "byte * 2^30", 70 * GIB),
        ("70", "byte*2^30", 70 * GIB),
        ("70", "byte * 10^9", 70 * 10**9),
        ("70", "byte", 70),
        ("70", "", 70),
        ("70", "GigaBytes", 70 * GIB),
        ("70", "MegaBytes", 70 << 20),
        ("70", "furlongs", None),
        ("${size}", "byte * 2^30", None),
        ("-5", "byte", None),
        ("9" * 400, "byte * 2^30", None),
        ("70", "byte * 2^99", None),
        ("70", "byte * 2^" + "9" * 1000, None),
        ("\u0667\u0660", "byte", None),
    ],
)
def test_a_capacity_is_converted_from_its_unit(capacity: str, unit: str, expected: int | None) -> None:
    text = VSPHERE_OVF.replace('ovf:capacity="70"', f'ovf:capacity="{capacity}"')
    disk = read_ovf(text.replace('"byte * 2^30"', f'"{unit}"').encode()).disks[0]
    assert disk.capacity_bytes == expected


def test_utf_16_descriptors_are_read() -> None:
    text = VSPHERE_OVF.replace("Windows 11 &amp; more", "Größe").replace('encoding="UTF-8"', 'encoding="UTF-16"')
    assert read_ovf(text.encode("utf-16")).name == "Größe"


def test_an_envelope_with_nothing_in_it_has_no_facts() -> None:
    facts = read_ovf(b'<Envelope xmlns="urn:x"/>')
    empty = OvfFacts("", 0, "", "", "", "", None, None, "", None, None, (), (), (), 0, (), 0)
    assert facts == replace(empty, other_version="version not stated, namespace urn:x")


def test_control_characters_in_names_are_replaced() -> None:
    facts = read_ovf(VSPHERE_OVF.replace("Windows 11 &amp; more", "a&#x9b;31m&#x202e;b").encode())
    assert facts.name == "a?31m?b"
    assert len(read_ovf(VSPHERE_OVF.replace("Windows 11 &amp; more", "a" * 9999).encode()).name) == 256


BILLION_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Envelope>&b;</Envelope>'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(BILLION_LAUGHS, "document type", id="entities"),
        pytest.param('<!DOCTYPE x SYSTEM "file:///etc/passwd"><Envelope/>', "document type", id="external"),
        pytest.param("<Envelope>&b;</Envelope>", "undefined entity", id="undefined"),
        pytest.param("<Envelope>" + "<a>" * 100, "more than 50000 elements or 64 levels", id="deep"),
        pytest.param("<Envelope>" + "<a/>" * 60_000 + "</Envelope>", "more than 50000 elements", id="many"),
        pytest.param("<Envelope " + " ".join(f'a{n}=""' for n in range(65)) + "/>", "64 attributes", id="attributes"),
        pytest.param("<Envelope", "unclosed token", id="cut"),
        pytest.param("", "no element found", id="empty"),
        pytest.param("<html/>", "expected the element Envelope, got 'html'", id="other"),
        pytest.param('<?xml version="1.0" encoding="utf-7"?><Envelope/>', "multi-byte", id="encoding"),
        pytest.param('<?xml version="1.0" encoding="punycode"?><Envelope/>', "codec", id="odd-encoding"),
    ],
)
def test_fails_for_unsupported_xml(text: str, words: str) -> None:
    with pytest.raises(InvalidXmlError, match=words):
        read_ovf(text.encode())


def test_a_bounded_number_of_items_is_read() -> None:
    item = "<Item><InstanceID>{0}</InstanceID><ResourceType>17</ResourceType><HostResource>ovf:/disk/d{0}</HostResource><Parent>{0}</Parent></Item>"
    many = "".join(item.format(number) for number in range(9000))
    disks = "".join(f'<Disk diskId="d{number}" fileRef="file1"/>' for number in range(9000))
    text = VSPHERE_OVF.replace("</DiskSection>", disks + "</DiskSection>")
    text = text.replace("</VirtualHardwareSection>", many + "</VirtualHardwareSection>")
    with pytest.raises(InvalidXmlError, match="50000 elements"):
        read_ovf(text.encode())
    facts = read_ovf(
        text.replace(
            many, many[: len(many) // 3 // len(item.format(100)) * len(item.format(100))].rpartition("<Item>")[0]
        ).encode()
    )
    assert len(facts.disks) == 1000


def test_namespace_prefixes_do_not_matter() -> None:
    renamed = VSPHERE_OVF.replace("rasd:", "r:").replace("xmlns:rasd", "xmlns:r").replace("xmlns:r:", "xmlns:r")
    assert replace(read_ovf(renamed.encode()), name="") == replace(read_ovf(VSPHERE_OVF.encode()), name="")
