"""Files whose content is not, or not only, in their unnamed stream: links, and files of file system filters.

Sources: [MS-FSCC] section 2.1.2 (reparse tags) and 2.6 (file attributes); Microsoft's documentation of the Windows
Overlay Filter (FILE_PROVIDER_EXTERNAL_INFO) and of the Cloud Files API.
"""

from pulumi_vmimport.disk.disk_region import unpack_padded
from pulumi_vmimport.disk.ntfs.file_record import REPARSE_POINT, STANDARD_INFORMATION
from pulumi_vmimport.disk.ntfs.file_table import FileTable

_FILE_ATTRIBUTES_AT, _RECALL_ON_DATA_ACCESS = 32, 0x00400000
_WOF, _WOF_ALGORITHM_AT = 0x80000017, 20
_ALGORITHMS = ("XPRESS4K", "LZX", "XPRESS8K", "XPRESS16K")
_CLOUD, _CLOUD_MASK = 0x9000001A, 0xFFFF0FFF
_OTHERS = {
    0xA0000003: "it is a mount point or junction, which is not followed",
    0xA000000C: "it is a symbolic link, which is not followed",
    0x80000013: "data deduplication stores its content",
}


def why_filtered(table: FileTable, number: int, where: str) -> str | None:
    """Why the unnamed stream, or the index, of a file is not its content; None if it is.

    Raises: UnreadableVolumeError; DiskImageError; what the source raises.
    """
    if _is_remote(table, number, where):
        return "its content is in the cloud, not on the disk"
    stream = table.stream(number, where, REPARSE_POINT)
    if stream is None:
        return None
    data = stream.read(0, 24)
    (tag,), (algorithm,) = unpack_padded("<I", data), unpack_padded("<I", data, _WOF_ALGORITHM_AT)
    if tag & _CLOUD_MASK == _CLOUD:  # a file that is also on the disk
        return None
    if tag == _WOF:
        name = _ALGORITHMS[algorithm] if algorithm < len(_ALGORITHMS) else f"algorithm {algorithm}"
        return f"its content is compressed by the Windows Overlay Filter (CompactOS, {name}), which is not decompressed"
    return _OTHERS.get(tag, f"its content is provided by a file system filter (reparse tag {tag:08X}h)")


def _is_remote(table: FileTable, number: int, where: str) -> bool:
    stream = table.stream(number, where, STANDARD_INFORMATION)
    data = stream.read(0, _FILE_ATTRIBUTES_AT + 4) if stream else b""
    return bool(unpack_padded("<I", data, _FILE_ATTRIBUTES_AT)[0] & _RECALL_ON_DATA_ACCESS)
