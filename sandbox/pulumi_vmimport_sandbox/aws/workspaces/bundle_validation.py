"""Validation of CreateWorkspaceBundle. Error codes are the service model's; messages are assumed."""

import re
from collections.abc import Mapping
from typing import Any

from pulumi_vmimport_sandbox.aws.workspaces.ingestion_validation import check_names, invalid

_COMPUTE_TYPES = frozenset({
    "VALUE", "STANDARD", "PERFORMANCE", "POWER", "POWERPRO", "GENERALPURPOSE_4XLARGE", "GENERALPURPOSE_8XLARGE",
    "GRAPHICS", "GRAPHICSPRO", "GRAPHICS_G4DN", "GRAPHICSPRO_G4DN",
    "GRAPHICS_G6_XLARGE", "GRAPHICS_G6_2XLARGE", "GRAPHICS_G6_4XLARGE", "GRAPHICS_G6_8XLARGE", "GRAPHICS_G6_16XLARGE",
    "GRAPHICS_GR6_4XLARGE", "GRAPHICS_GR6_8XLARGE", "GRAPHICS_GR6F_4XLARGE",
    "GRAPHICS_G6F_LARGE", "GRAPHICS_G6F_XLARGE", "GRAPHICS_G6F_2XLARGE", "GRAPHICS_G6F_4XLARGE",
    "GRAPHICS_G7_2XLARGE", "GRAPHICS_G7_4XLARGE", "GRAPHICS_G7_8XLARGE", "GRAPHICS_G7_12XLARGE",
})  # fmt: skip
_DESCRIPTION_LENGTH = 255
# The groups of https://docs.aws.amazon.com/workspaces/latest/adminguide/modify-workspaces.html, in GiB; assumed for
# bundles and for GPU compute types.
_SMALL_ROOT, _USERS_OF_SMALL_ROOT = 80, (10, 50, 100)
_LEAST_LARGE_ROOT, _LEAST_GPU_ROOT, _LEAST_LARGE_USER, _MOST = 175, 100, 100, 2000
_SIZE = re.compile(r"[1-9]\d{0,4}")


def check_bundle(request: Mapping[str, Any]) -> str:
    """Validate names, compute type and storage; returns the size of the root volume in GiB.

    Raises:
        ServiceError: The request is rejected.
    """
    description = request["BundleDescription"]
    check_names(request["BundleName"], description, "bundle", _DESCRIPTION_LENGTH)
    compute = request["ComputeType"].get("Name")
    if compute not in _COMPUTE_TYPES:
        raise invalid(
            f"The compute type {compute!r} is invalid: it must be one of {', '.join(sorted(_COMPUTE_TYPES))}."
        )
    user = str(request["UserStorage"]["Capacity"])
    # Assumed default: the smallest root volume for the user volume.
    smallest = _SMALL_ROOT if user in map(str, _USERS_OF_SMALL_ROOT) else _LEAST_LARGE_ROOT
    root = str((request.get("RootStorage") or {}).get("Capacity") or smallest)
    if not (_SIZE.fullmatch(root) and _SIZE.fullmatch(user) and _is_group(int(root), int(user), compute)):
        raise invalid(
            f"A root volume of {root} GB and a user volume of {user} GB cannot be combined: they must be 80 with 10, "
            f"50 or 100, or {_LEAST_LARGE_ROOT} to {_MOST} with {_LEAST_LARGE_USER} to {_MOST}."
        )
    return root


def _is_group(root: int, user: int, compute: str) -> bool:
    least = _LEAST_GPU_ROOT if compute.startswith("GRAPHICS") else _LEAST_LARGE_ROOT
    large = least <= root <= _MOST and _LEAST_LARGE_USER <= user <= _MOST
    return large or (root == _SMALL_ROOT and user in _USERS_OF_SMALL_ROOT)
