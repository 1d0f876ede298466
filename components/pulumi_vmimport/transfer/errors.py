"""What can go wrong on a transfer, as one tree; the facts are attributes.

TransferError
├── NotEnoughSpaceError      the staging directory cannot hold what is coming
├── SourceChangedError       a file gave more or fewer bytes than it had promised
├── SourceModifiedError      a disk image is no longer what it was when its reading began
├── UnreadableSourceError    there is no disk image to be read
├── InvalidMemberError       a name that an OVA cannot hold
├── InvalidMetadataError     metadata that no S3 object can carry
└── NotOursError             the object does not bear the mark of who wants it deleted

What S3 itself answers is raised as botocore raises it.
"""


class TransferError(Exception):
    """Anything that failed on a transfer."""


class NotEnoughSpaceError(TransferError):
    """The staging directory cannot hold what is coming."""

    def __init__(self, directory: str, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(
            f"staging directory {directory}: expected {_gib(needed_bytes)} free for the exported disks, got"
            f" {_gib(free_bytes)}; name another directory, or make room"
        )
        self.directory = directory
        self.needed_bytes = needed_bytes
        self.free_bytes = free_bytes


class SourceChangedError(TransferError):
    """A file gave more or fewer bytes than it had promised; `got_bytes` may stop short of all it has."""

    def __init__(self, name: str, *, expected_bytes: int, got_bytes: int) -> None:
        super().__init__(f"{name}: expected {expected_bytes} bytes, got {got_bytes}; start the transfer again")
        self.name = name
        self.expected_bytes = expected_bytes
        self.got_bytes = got_bytes


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


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / 2**30:.2f} GiB"
