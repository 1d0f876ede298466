import pytest

from pulumi_vmimport.disk.disk_errors import InvalidDescriptorError
from pulumi_vmimport.disk.ovf_references import MAX_BYTES, FileEntry, referenced_files, with_files

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!-- <File href="no"/> --><Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">'
TAIL = '<Section><File ovf:href="elsewhere"/></Section></Envelope>\n'


def descriptor(references: str) -> bytes:
    return f"{HEAD}<References>{references}</References>{TAIL}".encode()


def sizes(**sizes: int) -> dict[str, FileEntry]:
    return {f"{name}.vmdk": FileEntry(f"{name}.vmdk", size) for name, size in sizes.items()}


@pytest.mark.parametrize(
    ("tag", "corrected"),
    [
        ('<File ovf:href="a.vmdk" ovf:id="f1" ovf:size="0"/>', '<File ovf:href="a.vmdk" ovf:id="f1" ovf:size="123"/>'),
        ("<File ovf:size = '7'\n ovf:href='a.vmdk' />", "<File ovf:size = \"123\"\n ovf:href='a.vmdk' />"),
        ('<File ovf:id="f1" ovf:href="a.vmdk"/>', '<File ovf:id="f1" ovf:href="a.vmdk" ovf:size="123"/>'),
        ('<File href="a.vmdk"></File>', '<File href="a.vmdk" size="123"></File>'),
        ('<o:File xmlns:o="o" o:id="size=\'1\' >" o:href="a.vmdk" o:size="0"/>', '<o:File xmlns:o="o" o:id="size=\'1\' >" o:href="a.vmdk" o:size="123"/>'),
        ('<File ovf:id="ä" ovf:href="a.vmdk" ovf:size="0"/>', '<File ovf:id="ä" ovf:href="a.vmdk" ovf:size="123"/>'),
    ],
    ids=["wrong", "spaced", "missing", "without prefix", "words in values", "not ASCII"],
)  # fmt: skip
def test_correcting_a_size_changes_nothing_else(tag: str, corrected: str) -> None:
    other = '<File ovf:href="b.iso" ovf:size="5"/>'
    assert with_files(descriptor(tag + other), sizes(a=123)) == descriptor(corrected + other)


def test_correct_sizes_leave_the_descriptor_unchanged() -> None:
    right = descriptor('<File ovf:href="a.vmdk" ovf:size="5"/><File ovf:href="b.vmdk" ovf:size="6"/>')
    assert with_files(right, sizes(a=5, b=6)) == right


def test_the_files_are_those_of_the_references_in_order() -> None:
    files = referenced_files(
        descriptor(
            '<File ovf:href="b&amp;c.vmdk"/><File ovf:href="a.vmdk" ovf:chunkSize="7"/>'
            '<File ovf:href="z.vmdk" ovf:compression="gzip"/><File ovf:href="y.vmdk" ovf:compression="identity"/>'
        )
    )
    references = [(file.href, file.is_chunked, file.is_compressed) for file in files]
    assert references == [
        ("b&c.vmdk", False, False), ("a.vmdk", True, False), ("z.vmdk", False, True), ("y.vmdk", False, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "XML: expected well-formed XML, got no element found.*; correct it in an editor, or export"),
        (b"\0" * 100, "XML: expected well-formed XML"),
        (b"QFI\xfb", "XML: expected well-formed XML"),
        (descriptor("")[:-20], "XML: expected well-formed XML"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "XML: expected well-formed XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "XML: expected no DOCTYPE, got one"),
        (descriptor(""), "References: expected 1 to 1000 files, got none"),
        (descriptor('<File ovf:href="x"/>' * 1001), "References: expected 1 to 1000 files, got 1001"),
        (b"<a>" + b" " * MAX_BYTES + b"</a>", "size: expected at most 2 MiB"),
        (b"<a>" * 100_000, "XML: expected at most 64 levels, got more"),
    ],
    ids=["empty", "zeros", "no XML", "cut off", "encoding", "doctype", "no files", "too many files", "too large", "deep"],
)  # fmt: skip
def test_fails_for_a_file_that_is_not_a_descriptor(text: bytes, words: str) -> None:
    with pytest.raises(InvalidDescriptorError, match=f"OVF descriptor: {words}"):
        referenced_files(text)


def test_a_name_is_corrected_with_its_size() -> None:
    text = descriptor('<File ovf:href="disks/B%C3%BCro.vmdk" ovf:size="0"/><File ovf:href="disks/b.vmdk"/>')
    packed = with_files(text, {"disks/B%C3%BCro.vmdk": FileEntry("Buro.vmdk", 7)})
    assert packed == descriptor('<File ovf:href="Buro.vmdk" ovf:size="7"/><File ovf:href="disks/b.vmdk"/>')


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("declared", ["UTF-8", "UTF-16"])
def test_a_descriptor_in_another_encoding_of_unicode_becomes_utf_8(encoding: str, declared: str) -> None:
    right = descriptor('<File ovf:href="a.vmdk" ovf:id="ä" ovf:size="5"/>')
    text = right.decode().replace("UTF-8", declared).encode(encoding)
    assert with_files(text, sizes(a=5)) == right


def test_the_content_decides_the_encoding_not_the_declaration() -> None:
    right = descriptor('<File ovf:href="a.vmdk" ovf:id="ä" ovf:size="5"/>')
    assert with_files(right.replace(b"UTF-8", b"utf-16"), sizes(a=5)) == right


def test_an_encoding_of_several_bytes_becomes_utf_8() -> None:
    right = descriptor('<File ovf:href="虚拟机.vmdk" ovf:size="5"/>')
    text = right.decode().replace("UTF-8", "gb2312").encode("gb2312")
    assert with_files(text, {"虚拟机.vmdk": FileEntry("虚拟机.vmdk", 5)}) == right
