"""The errors of a transfer; pulumi_vmimport.errors shows the tree. Errors of S3 are botocore's exceptions."""

from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.shown_value import shown_value


class TransferError(VmimportError):
    """A transfer failed."""


class SourceModifiedError(TransferError):
    """A disk image changed while it was read."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was modified while it was read; retry when no process writes to it")
        self.name = name


class UnreadableSourceError(TransferError):
    """A disk image cannot be read. `is_missing`: because it does not exist."""

    def __init__(self, name: str, reason: str, *, is_missing: bool = False) -> None:
        super().__init__(f"{name} cannot be read: {reason}")
        self.name = name
        self.reason = reason
        self.is_missing = is_missing


class EmptySourceError(UnreadableSourceError):
    """A disk image has no bytes."""

    def __init__(self, name: str, kind: str) -> None:
        """`kind` is file or object."""
        super().__init__(name, f"the {kind} is empty")


class InvalidMemberError(TransferError):
    """An OVA cannot contain a file of this name."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"OVA member {shown_value(name)}: {reason}")
        self.name = name
        self.reason = reason


class InvalidMetadataError(TransferError):
    """An S3 object cannot have this metadata."""

    def __init__(self, name: str, value: str, reason: str) -> None:
        super().__init__(f"S3 metadata {shown_value(name)}: {reason}, got {shown_value(name)}: {shown_value(value)}")
        self.name = name
        self.value = value
        self.reason = reason


class ObjectConflictError(TransferError):
    """Another process wrote or deleted the object before the upload completed.

    `expected_etag` is the ETag of the object to be replaced; None if no object was expected.
    """

    def __init__(self, uri: str, *, expected_etag: str | None) -> None:
        expected = "no object" if expected_etag is None else f"the object with ETag {expected_etag}"
        super().__init__(
            f"{uri}: expected {expected} when the upload completed, but another process wrote or deleted the object; "
            "nothing was overwritten; choose another key, or delete the object"
        )
        self.uri = uri
        self.expected_etag = expected_etag


class ObjectNotOwnedError(TransferError):
    """The object to delete belongs to another owner; `found` is the value of the metadata `name`."""

    def __init__(self, uri: str, name: str, *, expected: str, found: str | None) -> None:
        super().__init__(
            f"{uri}: expected metadata {name}={expected}, got {found or 'none'}; not deleted because another owner "
            "wrote it"
        )
        self.uri = uri
        self.name = name
        self.expected = expected
        self.found = found
