"""Descriptors as other and older tools write them: other spellings, versions, encodings and values."""

import re
import subprocess
from pathlib import Path

import pytest
from tests.unit.disk.inspection.container_images import Memory, archive
from tests.unit.disk.inspection.sample_descriptors import VSPHERE_OVF

from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.inspection.ovf_parser import read_ovf
from pulumi_vmimport.disk.inspection.package_facts import OvfFacts
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.image_profile import ImageProfile

GIB = 1 << 30
ENCODING = "ovf-encoding"


def rules(text: bytes, name: str = "win11.ovf") -> dict[str, str]:
    facts = inspect_image(Memory(archive({name: text})))
    return {finding.rule: finding.evidence for finding in evaluate(facts, ImageProfile.EC2)}


def system(items: str, configurations: str = "", disk: str = 'ovf:capacity="1073741824"', file: str = "") -> OvfFacts:
    return read_ovf(
        f"""<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
        xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
        ><References><File ovf:id="f" ovf:href="a.vmdk" {file}/></References>
        <DiskSection><Disk ovf:diskId="d" {"" if "fileRef" in disk else 'ovf:fileRef="f"'} {disk}/></DiskSection>{configurations}
        <VirtualSystem ovf:id="vm"><ProductSection><Property ovf:key="size" ovf:value="2"/>
        <Property ovf:key="other"><Value ovf:value="3"/></Property></ProductSection>
        <VirtualHardwareSection>{items}</VirtualHardwareSection></VirtualSystem></Envelope>""".encode()
    )


@pytest.mark.parametrize("spelling", ["InstanceId", "InstanceID", "instanceID", "INSTANCEID"])
def test_the_id_of_an_item_is_read_in_any_capitalization(spelling: str) -> None:
    expected = read_ovf(VSPHERE_OVF.encode())
    assert read_ovf(VSPHERE_OVF.replace("rasd:InstanceID", f"rasd:{spelling}").encode()) == expected
    assert expected.disks[0].controller == "lsilogicsas"


def test_elements_and_attributes_are_read_in_any_capitalization() -> None:
    text = re.sub(r"(ovf|rasd|vmw):(\w+)(?==|>)", lambda m: f"{m[1]}:{m[2].upper()}", VSPHERE_OVF)
    assert read_ovf(text.encode()) == read_ovf(VSPHERE_OVF.encode())


def test_items_without_an_id_do_not_replace_each_other() -> None:
    item = "<Item{}><rasd:ResourceType>{}</rasd:ResourceType><rasd:VirtualQuantity>{}</rasd:VirtualQuantity></Item>"
    adapters = item.format("", 10, 1) * 2 + item.format(' ovf:configuration="small"', 10, 1)
    facts = system(
        item.format(' ovf:configuration="small"', 3, 4) + item.format("", 4, 512) + adapters,
        '<DeploymentOptionSection><Configuration ovf:id="small"/></DeploymentOptionSection>',
    )
    assert (facts.cpus, facts.memory_mib, len(facts.adapters)) == (4, 512, 3)


def test_the_parent_of_a_disk_is_a_controller_even_if_another_item_has_its_id() -> None:
    items = """<Item><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>lsilogicsas</rasd:ResourceSubType>
      <rasd:ResourceType>6</rasd:ResourceType></Item>
      <Item><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceType>10</rasd:ResourceType></Item>
      <Item><rasd:InstanceID>4</rasd:InstanceID><rasd:HostResource>ovf:/disk/d</rasd:HostResource>
      <rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>"""
    assert system(items).disks[0].controller == "lsilogicsas"


DRAFT = b"""<?xml version="1.0"?>
<ovf:Envelope xmlns:ovf="%s" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ovf:version="%s">
<References><File ovf:href="d.vmdk" ovf:id="f"/></References>
<Section xsi:type="ovf:DiskSection_Type"><Disk ovf:capacity="1048576" ovf:diskId="k" ovf:fileRef="f"/></Section>
<Content xsi:type="ovf:VirtualSystem_Type" ovf:id="vm"><Info/></Content></ovf:Envelope>"""


@pytest.mark.parametrize(
    ("namespace", "version"),
    [
        (b"http://www.vmware.com/schema/ovf/1/envelope", b"0.9"),
        (b"http://schemas.dmtf.org/ovf/envelope/1", b"1.0"),
        (b"http://schemas.dmtf.org/ovf/envelope/3", b"3.0"),
        (b"urn:x", b"7"),
    ],
)
def test_another_version_has_its_own_rule(namespace: bytes, version: bytes) -> None:
    found = rules(DRAFT % (namespace, version))
    assert found["ovf-version"] == f"version {version.decode()}, namespace {namespace.decode()}"
    assert not found.keys() & {"ova-without-disk", "ovf-not-one-machine", "damaged"}


@pytest.mark.parametrize(
    "namespace", ["http://schemas.dmtf.org/ovf/envelope/1", "http://schemas.dmtf.org/ovf/envelope/1/"]
)
def test_versions_1_and_2_are_read(namespace: str) -> None:
    text = VSPHERE_OVF.replace('"http://schemas.dmtf.org/ovf/envelope/1"', f'"{namespace}"')
    assert read_ovf(text.encode()).version == "1"
    assert "ovf-version" not in rules(text.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("declared", ['encoding="UTF-8"', 'encoding="UTF-16"', "encoding='utf-16'", ""])
def test_a_descriptor_is_one_in_any_encoding(encoding: str, declared: str) -> None:
    text = VSPHERE_OVF.replace('encoding="UTF-8"', declared).replace("Windows 11", "Büro")
    data = text.encode(encoding)
    for facts in (inspect_image(Memory(data, "win11.ovf")), inspect_image(Memory(archive({"win11.ovf": data})))):
        assert facts.ova
        assert facts.ova.ovf
        assert facts.ova.ovf.name == "Büro & more"
    assert ("ovf-encoding" in rules(data)) == (encoding != "utf-8-sig" or "16" in declared)


def test_an_encoding_of_several_bytes_is_read() -> None:
    data = VSPHERE_OVF.replace("UTF-8", "GBK").replace("Windows 11", "虚拟机").encode("gbk")
    assert read_ovf(data).name == "虚拟机 & more"
    assert "stored as GBK" in rules(data)["ovf-encoding"]


@pytest.mark.parametrize("declaration", ['<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0"?>'])
def test_a_descriptor_with_bytes_of_another_encoding_is_read_and_reported(declaration: str) -> None:
    text = VSPHERE_OVF.replace('<?xml version="1.0" encoding="UTF-8"?>', declaration).replace("Windows 11", "Büro")
    data = text.encode("cp1252")
    assert read_ovf(data).name == "Büro & more"
    assert "byte fc at" in rules(data)["ovf-encoding"]
    assert "damaged" not in rules(data)


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "us-ascii"])
def test_an_encoding_of_one_byte_is_read_and_reported(encoding: str) -> None:
    text = VSPHERE_OVF.replace("UTF-8", encoding).replace(
        "Windows 11", "B\u00fcro" if "ascii" not in encoding else "Buro"
    )
    assert read_ovf(text.encode(encoding)).name.startswith("B")
    assert ("ovf-encoding" in rules(text.encode(encoding))) == (encoding != "us-ascii")


@pytest.mark.parametrize("name", ["web.ovf.txt", "web.vmdk", "web.xml", "web"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_descriptor_without_its_extension_is_one_error(name: str, encoding: str) -> None:
    facts = inspect_image(Memory(VSPHERE_OVF.encode(encoding), name))
    for profile in ImageProfile:
        (finding,) = evaluate(facts, profile)
        assert finding.rule == "ovf-name"
        assert "rename it to web.ovf" in finding.remedy


@pytest.mark.parametrize(
    ("codec", "mark", "declared", "encoding"),
    [
        ("utf-16-le", "\ufeff", "UTF-16", "UTF-16LE"),
        ("utf-16-be", "\ufeff", "utf-16", "UTF-16BE"),
        ("utf-16-be", "", "UTF-8", "UTF-16BE"),
        ("utf-32-le", "\ufeff", "UTF-32", "UTF-32LE"),
        ("utf-32-be", "", "UTF-32", "UTF-32BE"),
        ("latin-1", "", "ISO-8859-1", "ISO-8859-1"),
        ("cp1252", "", "windows-1252", "windows-1252"),
        ("gbk", "", "GBK", "GBK"),
    ],
)
def test_the_remedy_for_an_encoding_converts_it(
    codec: str, mark: str, declared: str, encoding: str, tmp_path: Path
) -> None:
    name = "虚拟机" if codec == "gbk" else "Büro"
    text = VSPHERE_OVF.replace("UTF-8", declared).replace("Windows 11", name)
    data = (mark + text).encode(codec)
    (tmp_path / "web.ovf").write_bytes(data)
    assert f"is stored as {encoding}" in rules(data)["ovf-encoding"]
    (finding,) = [f for f in evaluate(inspect_image(Memory(data, "web.ovf")), ImageProfile.EC2) if f.rule == ENCODING]
    subprocess.run(["/bin/bash", "-c", f"set -eo pipefail; {finding.remedy.split('`')[1]}"], cwd=tmp_path, check=True)
    converted = (tmp_path / "utf8.ovf").read_bytes()
    assert converted == text.replace(declared, "UTF-8").encode()
    assert ENCODING not in rules(converted)


def test_a_descriptor_that_starts_with_long_comments_is_recognized() -> None:
    text = VSPHERE_OVF.replace("<!--Generated", f"<!-- <html> {'license ' * 2000} -->\n<!--Generated")
    assert inspect_image(Memory(text.encode(), "win11.ovf")).container == "ovf"


@pytest.mark.parametrize(
    ("unit", "bytes"),
    [
        ("", 2), ("byte", 2), ("byte * 2^30", 2 * GIB), ("byte * 2 ^ 30", 2 * GIB), ("byte*1024*1024", 2 << 20),
        ("byte*2^20*1024", 2 * GIB), ("bytes * 10^9", 2 * 10**9), ("GigaBytes", 2 * GIB), ("GB", 2 * GIB),
    ],
)  # fmt: skip
def test_a_capacity_has_a_unit(unit: str, bytes: int) -> None:
    facts = system("", disk=f'ovf:capacity="2" ovf:capacityAllocationUnits="{unit}"')
    assert (facts.disks[0].capacity_bytes, facts.invalid_values) == (bytes, ())


@pytest.mark.parametrize(("key", "value"), [("size", 2), ("other", 3)])
def test_a_capacity_may_be_a_property(key: str, value: int) -> None:
    facts = system("", disk=f'ovf:capacity="${{{key}}}" ovf:capacityAllocationUnits="byte * 2^30"')
    assert (facts.disks[0].capacity_bytes, facts.invalid_values) == (value * GIB, ())


QUANTITY = "<Item><rasd:ResourceType>{}</rasd:ResourceType><rasd:VirtualQuantity>{}</rasd:VirtualQuantity></Item>"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (system("", disk='ovf:capacity="-1"'), "capacity of disk d: '-1'"),
        (system("", disk='ovf:capacity="0"'), "capacity of disk d: '0'"),
        (system("", disk=""), "capacity of disk d: ''"),
        (system("", disk='ovf:capacity="${missing}"'), "capacity of disk d: '${missing}'"),
        (system("", disk=f'ovf:capacity="{"9" * 30}"'), "capacity of disk d: '999"),
        (system("", disk='ovf:capacity="70" ovf:capacityAllocationUnits="furlong"'), "'70' in 'furlong'"),
        (system("", disk='ovf:capacity="70" ovf:capacityAllocationUnits="byte * 2^60"'), "'70' in 'byte * 2^60'"),
        (system("", file='ovf:size="abcd"'), "size of a.vmdk: 'abcd'"),
        (system("", file='ovf:size="-2"'), "size of a.vmdk: '-2'"),
        (system("", file='ovf:chunkSize="0"'), "chunkSize of a.vmdk: '0'"),
        (system(QUANTITY.format(3, "many")), "CPU count: 'many'"),
        (system(QUANTITY.format(3, 0)), "CPU count: '0'"),
        (system(QUANTITY.format(3, 99999)), "CPU count: '99999'"),
        (system(QUANTITY.format(4, "Thousand")), "memory: 'Thousand' in 'MegaBytes'"),
        (system(QUANTITY.format(4, 9 * 10**18)), "memory: '9000000000000000000'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_absurd_value_is_reported(facts: OvfFacts, words: str) -> None:
    assert len(facts.invalid_values) == 1
    assert words in facts.invalid_values[0]


def test_usual_values_are_not_reported() -> None:
    assert read_ovf(VSPHERE_OVF.encode()).invalid_values == ()
    assert system(QUANTITY.format(3, 2) + QUANTITY.format(4, 4096) + QUANTITY.format(3, "")).invalid_values == ()


def test_one_of_several_controller_types_is_enough() -> None:
    def found(subtype: str) -> set[str]:
        text = VSPHERE_OVF.replace("lsilogicsas", subtype).encode()
        facts = inspect_image(Memory(archive({"win11.ovf": text, "win11-1.vmdk": b"\0" * 512})))
        return {finding.rule for finding in evaluate(facts, ImageProfile.BYOL_WORKSPACES)}

    assert "byol-controller" not in found("buslogic, lsilogicsas")
    assert "byol-controller" in found("buslogic, lsilogic")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(VSPHERE_OVF.replace("&amp; more", "& more"), "invalid token", id="ampersand"),
        pytest.param(VSPHERE_OVF.replace("&amp; more", "&nbsp; more"), "undefined entity", id="entity-of-html"),
        pytest.param(f"\n{VSPHERE_OVF}", "not at start of entity", id="line-before-the-declaration"),
        pytest.param(VSPHERE_OVF[:-200], "line", id="cut-short"),
        pytest.param(f"{VSPHERE_OVF}<!-- -->x", "junk after document element", id="text-behind-the-end"),
        pytest.param("<!DOCTYPE Envelope [<!ENTITY a 'b'>]><Envelope>&a;</Envelope>", "document type", id="entities"),
        pytest.param("", "it is empty", id="empty"),
        pytest.param(" " * (2 << 20) + VSPHERE_OVF, "expected at most 2097152", id="too-large"),
    ],
)
def test_a_descriptor_that_is_not_xml_is_corrected_and_not_copied_again(text: str, words: str) -> None:
    facts = inspect_image(Memory(archive({"win11.ovf": text.encode()})))
    (finding,) = evaluate(facts, ImageProfile.EC2)
    assert finding.rule == "ovf-unreadable"
    assert finding.evidence.startswith("win11.ovf: ")
    assert words in finding.evidence
    assert "DiskImageUpload" in finding.remedy


def test_a_disk_that_refers_to_no_file_states_the_missing_id() -> None:
    facts = system("", disk='ovf:capacity="1073741824" ovf:fileRef="g"').disks
    assert [(disk.file, disk.missing_file_id) for disk in facts] == [(None, "g")]
