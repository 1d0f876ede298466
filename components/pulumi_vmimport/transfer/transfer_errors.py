"""What can go wrong on a transfer, as one tree; the facts are attributes.

TransferError
├── SourceModifiedError      a disk image is no longer what it was when its reading began
├── UnreadableSourceError    there is no disk image to be read
├── InvalidMemberError       a name that an OVA cannot hold
├── InvalidMetadataError     metadata that no S3 object can carry
├── ObjectTakenError         somebody else wrote the object that was to be written
└── NotOursError             the object does not bear the mark of who wants it deleted

What S3 itself answers is raised as botocore raises it.
"""


class TransferError(Exception):
    """Anything that failed on a transfer."""


class SourceModifiedError(TransferError):
    """A disk image is no longer what it was when its reading began."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was modified while it was read; start again when nothing writes to it any more")
        self.name = name


class UnreadableSourceError(TransferError):
    """There is no disk image to be read."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} cannot be read: {reason}")
        self.name = name
        self.reason = reason


class InvalidMemberError(TransferError):
    """A name that an OVA cannot hold."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"OVA member {name!r}: {reason}")
        self.name = name
        self.reason = reason


class InvalidMetadataError(TransferError):
    """Metadata that no S3 object can carry."""

    def __init__(self, name: str, value: str, reason: str) -> None:
        super().__init__(f"S3 metadata {name!r}: {reason}, got {name!r}: {value!r}")
        self.name = name
        self.value = value
        self.reason = reason


class ObjectTakenError(TransferError):
    """Somebody else wrote the object meanwhile: there was to be none, or the one with this etag."""

    def __init__(self, url: str, *, expected_etag: str | None) -> None:
        expected = "no object there" if expected_etag is None else f"the object with etag {expected_etag}"
        super().__init__(
            f"{url}: expected {expected} when the upload was complete, but somebody else wrote or deleted it meanwhile;"
            " nothing was overwritten: choose another key, or delete the object"
        )
        self.url = url
        self.expected_etag = expected_etag


class NotOursError(TransferError):
    """The object does not bear the mark of who wants it deleted: `found` is what its metadata says under `name`."""

    def __init__(self, url: str, name: str, *, expected: str, found: str | None) -> None:
        super().__init__(
            f"{url}: expected {name} {expected} in its metadata, got {found or 'none'}; it is not deleted, as somebody"
            " else put it there"
        )
        self.url = url
        self.name = name
        self.expected = expected
        self.found = found
