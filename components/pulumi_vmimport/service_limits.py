"""The limits that AWS documents for images and machines. Each is defined here once, with its source."""

from typing import Final

MIB: Final = 1 << 20
GIB: Final = 1 << 30
TIB: Final = 1 << 40

MAX_IMPORT_VOLUMES: Final = 21
"""Volumes of one VM. Source: https://docs.aws.amazon.com/vm-import/latest/userguide/vmimport-image-import.html"""

IMAGE_DISK_LIMIT_BYTES: Final = 8 * TIB
"""ImportImage accepts disks smaller than this. A larger disk requires a manifest file, which only the withdrawn
ImportInstance and ImportVolume accept. Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html
"""

SNAPSHOT_DISK_LIMIT_BYTES: Final = 16 * TIB
"""VM Import/Export accepts disk images smaller than this.
Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html"""

BYOL_DISK_GIB: Final = 70
"""The root disk of a WorkSpaces BYOL image; AWS writes GB.
Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html"""

BYOL_CHECKER_DISK_GIB: Final = 80
"""BYOL Checker accepts larger disks than WorkSpaces documents.
Source: https://tools.amazonworkspaces.com/BYOLChecker.zip, version 2.13.25"""

BYOL_FREE_GIB: Final = 10
"""Free space on the root volume of a WorkSpaces BYOL image.
Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html"""

BYOL_FREE_WITH_OFFICE_GIB: Final = 20
"""The same where WorkSpaces adds Microsoft Office.
Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html"""

IMPORT_FREE_WINDOWS_GIB: Final = 6
"""Free space on the root volume of Windows for an import; AWS writes GB.
Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prepare-vm-image.html"""

IMPORT_FREE_MIB: Final = 250
"""Free space on the root volume of any other system for an import; AWS writes MB.
Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prepare-vm-image.html"""
