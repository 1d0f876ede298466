"""Which volumes a WorkSpaces bundle can have. Pure.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/modify-workspaces.html, whose groups are those of
WorkSpaces; that bundles have the same is assumed, as are the 100 GiB that a root volume beside a GPU may have.
"""

from collections.abc import Iterator

from pulumi_vmimport.lifecycle.contract import Problem, is_known

_SMALL_ROOT = 80
_BESIDE_SMALL_ROOT = (10, 50, 100)
_LEAST_LARGE_ROOT, _LEAST_ROOT_WITH_GPU = 175, 100
_LEAST_BESIDE_LARGE_ROOT = 100
_MOST = 2000


def storage_problems(root_gib: int | None, user_gib: int, *, has_gpu: bool | None) -> Iterator[Problem]:
    """The problems of the two volumes; `has_gpu` is None where the machine is not known yet."""
    least = _LEAST_LARGE_ROOT if has_gpu is False else _LEAST_ROOT_WITH_GPU
    if is_known(root_gib) and root_gib is not None and root_gib != _SMALL_ROOT and not least <= root_gib <= _MOST:
        yield Problem("rootStorageGib", f"expected {_SMALL_ROOT} or {least} to {_MOST}, got {root_gib}")
    if not is_known(root_gib, user_gib):
        return
    is_large = root_gib is None or root_gib != _SMALL_ROOT
    fits_large = is_large and _LEAST_BESIDE_LARGE_ROOT <= user_gib <= _MOST
    fits_small = root_gib in {None, _SMALL_ROOT} and user_gib in _BESIDE_SMALL_ROOT
    if not fits_large and not fits_small:
        large = f"{_LEAST_BESIDE_LARGE_ROOT} to {_MOST}"
        small = ", ".join(map(str, _BESIDE_SMALL_ROOT))
        allowed = {None: f"{small}, or {large}", _SMALL_ROOT: f"one of {small}"}.get(root_gib, large)
        beside = f" beside a root volume of {root_gib} GiB" if root_gib is not None else ""
        yield Problem("userStorageGib", f"expected {allowed}{beside}, got {user_gib}")
