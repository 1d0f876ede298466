"""The values of ImportWorkspaceImage: kinds of BYOL images, Office versions, Windows releases."""

from enum import StrEnum


class IngestionProcess(StrEnum):
    """The kind of BYOL image: WSP is for DCV, BYOP for WorkSpaces Core, the others for PCoIP."""

    BYOL_REGULAR = "BYOL_REGULAR"
    BYOL_GRAPHICS = "BYOL_GRAPHICS"
    BYOL_GRAPHICSPRO = "BYOL_GRAPHICSPRO"
    BYOL_GRAPHICS_G4DN = "BYOL_GRAPHICS_G4DN"
    BYOL_REGULAR_WSP = "BYOL_REGULAR_WSP"
    BYOL_GRAPHICS_G4DN_WSP = "BYOL_GRAPHICS_G4DN_WSP"
    BYOL_REGULAR_BYOP = "BYOL_REGULAR_BYOP"
    BYOL_GRAPHICS_G4DN_BYOP = "BYOL_GRAPHICS_G4DN_BYOP"


class Application(StrEnum):
    """Microsoft Office with a subscription through AWS."""

    OFFICE_2016 = "Microsoft_Office_2016"
    OFFICE_2019 = "Microsoft_Office_2019"


class OsVersion(StrEnum):
    """The Windows releases of BYOL images."""

    WINDOWS_10 = "Windows_10"
    WINDOWS_11 = "Windows_11"
