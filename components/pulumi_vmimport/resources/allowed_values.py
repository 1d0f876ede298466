"""Literals for type checkers: the values of shared arguments, and of arguments with many values.

The enumerations of the inputs accept the same values at run time (tests/contract/test_allowed_values.py).
"""

from typing import Literal

ApplicationValue = Literal["Microsoft_Office_2016", "Microsoft_Office_2019"]
BundleComputeTypeValue = Literal[
    "VALUE", "STANDARD", "PERFORMANCE", "POWER", "POWERPRO", "GENERALPURPOSE_4XLARGE", "GENERALPURPOSE_8XLARGE",
    "GRAPHICS", "GRAPHICSPRO", "GRAPHICS_G4DN", "GRAPHICSPRO_G4DN",
    "GRAPHICS_G6_XLARGE", "GRAPHICS_G6_2XLARGE", "GRAPHICS_G6_4XLARGE", "GRAPHICS_G6_8XLARGE", "GRAPHICS_G6_16XLARGE",
    "GRAPHICS_GR6_4XLARGE", "GRAPHICS_GR6_8XLARGE",
    "GRAPHICS_G6F_LARGE", "GRAPHICS_G6F_XLARGE", "GRAPHICS_G6F_2XLARGE", "GRAPHICS_G6F_4XLARGE",
    "GRAPHICS_GR6F_4XLARGE",
    "GRAPHICS_G7_2XLARGE", "GRAPHICS_G7_4XLARGE", "GRAPHICS_G7_8XLARGE", "GRAPHICS_G7_12XLARGE",
]  # fmt: skip
ExportFormatValue = Literal["VMDK", "RAW", "VHD"]
ImageProfileValue = Literal["ec2", "byol-workspaces", "workspaces-byol"]
IngestionProcessValue = Literal[
    "BYOL_REGULAR", "BYOL_GRAPHICS", "BYOL_GRAPHICSPRO", "BYOL_GRAPHICS_G4DN",
    "BYOL_REGULAR_WSP", "BYOL_GRAPHICS_G4DN_WSP",
    "BYOL_REGULAR_BYOP", "BYOL_GRAPHICS_G4DN_BYOP",
]  # fmt: skip
OsVersionValue = Literal["Windows_10", "Windows_11"]
PoweredOnValue = Literal["refuse", "shutDown", "powerOff", "wait"]
SseValue = Literal["AES256", "aws:kms", "aws:kms:dsse"]
UsageOperationValue = Literal[
    "RunInstances:0002", "RunInstances:0006", "RunInstances:0102", "RunInstances:0202", "RunInstances:0800",
    "RunInstances", "RunInstances:0004", "RunInstances:0100", "RunInstances:0200", "RunInstances:0010",
    "RunInstances:000g",
]  # fmt: skip
