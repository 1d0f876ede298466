"""The ISO image with the answer file, the preparation and its secrets, for the second CD drive of a VM."""

import io
import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from pulumi_vmimport.errors import VmimportError

LABEL = "VMIMPORT"
"""The label by which the scripts find the drive"""
ANSWER_FILE = "autounattend.xml"
"""Setup searches the root of removable media for it"""
SCRIPTS = "vmimport"
"""The folder that is copied to the disk"""
SECRETS = "secrets/secrets.json"
"""Read from the drive, never copied to the disk"""
_JOLIET_LEVEL, _UDF_VERSION, _INTERCHANGE_LEVEL = 3, "2.60", 1
_MAX_JOLIET_NAME = 64
_DESCRIPTOR_OFFSET, _LABEL_IN_DESCRIPTOR = 16 * 2048, slice(40, 72)  # ECMA-119, 8.4


class MissingIsoWriterError(VmimportError):
    """The package that writes ISO images is not installed."""

    def __init__(self) -> None:
        super().__init__("ISO images require the package pycdlib; run: pip install 'pulumi-vmimport[guest]'")


def require_iso_writer() -> None:
    """Raises: MissingIsoWriterError."""
    if find_spec("pycdlib") is None:
        raise MissingIsoWriterError


def iso_image(files: Mapping[str, bytes], label: str = LABEL) -> bytes:
    """An ISO 9660 image with Joliet and UDF. Paths are separated by /; folders are created as needed.

    Raises: MissingIsoWriterError; ValueError if a name is longer than Joliet allows.
    """
    require_iso_writer()
    from pycdlib import PyCdlib  # noqa: PLC0415 - the extra guest

    iso = PyCdlib()
    iso.new(interchange_level=_INTERCHANGE_LEVEL, vol_ident=label, joliet=_JOLIET_LEVEL, udf=_UDF_VERSION)
    short_names: dict[str, str] = {"": ""}
    for path in sorted(files):
        *folders, name = path.split("/")
        parent = ""
        for folder in folders:
            child = f"{parent}/{folder}"
            if child not in short_names:
                short_names[child] = f"{short_names[parent]}/D{len(short_names)}"
                iso.add_directory(short_names[child], joliet_path=child, udf_path=child)
            parent = child
        if len(name) > _MAX_JOLIET_NAME:
            raise ValueError(f"{path}: expected a name of at most {_MAX_JOLIET_NAME} characters")
        full = f"{parent}/{name}"
        short_names[full] = f"{short_names[parent]}/F{len(short_names)}.;1"
        content = files[path]
        iso.add_fp(io.BytesIO(content), len(content), short_names[full], joliet_path=full, udf_path=full)
    image = io.BytesIO()
    iso.write_fp(image)
    iso.close()
    return image.getvalue()


def secrets_json(secrets: Mapping[str, str]) -> bytes:
    """The content of secrets.json: administrator, byol, product_key."""
    return json.dumps(dict(secrets)).encode()


def is_answer_iso(path: Path, label: str = LABEL) -> bool:
    """Whether a file is an ISO 9660 image with this label. Raises: OSError."""
    with path.open("rb") as file:
        file.seek(_DESCRIPTOR_OFFSET)
        descriptor = file.read(_LABEL_IN_DESCRIPTOR.stop)
    return descriptor[1:6] == b"CD001" and descriptor[_LABEL_IN_DESCRIPTOR].rstrip() == label.encode()
