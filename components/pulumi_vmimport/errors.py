"""The base of every exception that this package raises on purpose."""


class VmimportError(Exception):
    """A failure that this library foresees; its text says what failed, why, and what to do."""
