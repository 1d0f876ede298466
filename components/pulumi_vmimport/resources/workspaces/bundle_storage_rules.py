"""Volume sizes of a WorkSpaces bundle. Makes no AWS call.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/modify-workspaces.html. The page lists the sizes for
WorkSpaces; that bundles allow the same sizes is an assumption, as is the minimum of 100 GiB for a root volume with GPU.
"""

from collections.abc import Iterator

from pulumi_vmimport.lifecycle.contract import Problem, is_known

_SMALL_ROOT_GIB = 80
_USER_GIB_WITH_SMALL_ROOT = (10, 50, 100)
_MIN_LARGE_ROOT_GIB, _MIN_ROOT_GIB_WITH_GPU = 175, 100
_MIN_USER_GIB_WITH_LARGE_ROOT = 100
_MAX_GIB = 2000


def storage_problems(root_gib: int | None, user_gib: int, *, has_gpu: bool | None) -> Iterator[Problem]:
    """The problems of the two volumes; `has_gpu` is None while the compute type is unknown."""
    if is_known(root_gib) and root_gib is not None:
        yield from _root_problems(root_gib, has_gpu=has_gpu)
    if is_known(root_gib, user_gib):
        yield from _user_problems(root_gib, user_gib)


def _root_problems(root_gib: int, *, has_gpu: bool | None) -> Iterator[Problem]:
    minimum = _MIN_LARGE_ROOT_GIB if has_gpu is False else _MIN_ROOT_GIB_WITH_GPU
    if root_gib != _SMALL_ROOT_GIB and not minimum <= root_gib <= _MAX_GIB:
        yield Problem("rootStorageGib", f"expected {_SMALL_ROOT_GIB} or {minimum} to {_MAX_GIB}, got {root_gib}")


def _user_problems(root_gib: int | None, user_gib: int) -> Iterator[Problem]:
    small = ", ".join(map(str, _USER_GIB_WITH_SMALL_ROOT))
    large = f"{_MIN_USER_GIB_WITH_LARGE_ROOT} to {_MAX_GIB}"
    fits_small = user_gib in _USER_GIB_WITH_SMALL_ROOT
    fits_large = _MIN_USER_GIB_WITH_LARGE_ROOT <= user_gib <= _MAX_GIB
    if root_gib is None:
        fits, expected = fits_small or fits_large, f"{small}, or {large}"
    elif root_gib == _SMALL_ROOT_GIB:
        fits, expected = fits_small, f"one of {small} with a root volume of {root_gib} GiB"
    else:
        fits, expected = fits_large, f"{large} with a root volume of {root_gib} GiB"
    if not fits:
        yield Problem("userStorageGib", f"expected {expected}, got {user_gib}")
