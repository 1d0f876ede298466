"""Deleting an object with a delete marker from a bucket whose versioning is suspended, which fails in moto."""

from typing import Any

from moto.s3.models import FakeDeleteMarker


def pop(keys: Any, name: str) -> None:
    """Remove all versions of an object.

    Replaces moto's `_VersionedKeyStore.pop`, which also disposes of delete markers, although they have no content.
    """
    for version in keys.getlist(name, []):
        if not isinstance(version, FakeDeleteMarker):
            version.dispose()
    dict.pop(keys, name)
