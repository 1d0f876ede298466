"""The formats of the disk images that this library reads."""

from enum import StrEnum


class ImageFormat(StrEnum):
    """The formats that this library reads."""

    RAW = "RAW"
    VMDK = "VMDK"
    VHD = "VHD"
    VHDX = "VHDX"

    @classmethod
    def _missing_(cls, value: object) -> "ImageFormat | None":
        return next((m for m in cls if isinstance(value, str) and m.value.lower() == value.lower()), None)
