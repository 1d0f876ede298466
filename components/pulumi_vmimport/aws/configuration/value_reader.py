"""Reads configuration values, which Pulumi passes as strings, JSON or structures, and collects what is wrong."""

import json
import os
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pulumi_vmimport.aws.configuration.durations import seconds_of
from pulumi_vmimport.shown_value import shown_value

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class ValueReader:
    """The values of one configuration, or of one structure in it. An absent or empty value is None."""

    def __init__(self, values: Mapping[str, Any], spelling: Callable[[str], str], problems: list[str]) -> None:
        self._values = {camel_case(key): value for key, value in values.items()}
        self._spelling = spelling
        self.problems = problems

    def problem(self, key: str, reason: str) -> None:
        """Record that the value of a key is invalid."""
        self.problems.append(f"{self._spelling(key)}: {reason}")

    def only(self, allowed: Collection[str]) -> None:
        """Record every key that is not allowed."""
        unsupported = sorted(set(self._values) - set(allowed))
        if not unsupported:
            return
        from difflib import get_close_matches  # noqa: PLC0415 - only for a misspelled key

        for key in unsupported:
            expected = get_close_matches(key, allowed, 1) or sorted(allowed)
            self.problem(key, f"is not supported; expected {'one of ' * (len(expected) > 1)}{', '.join(expected)}")

    def text(self, key: str) -> str | None:
        """A string."""
        value = self._values.get(key)
        if _is_scalar(value):
            return _scalar_text(value) or None
        if value is not None:
            self.problem(key, f"expected a string, got {_kind(value)}")
        return None

    def file(self, key: str) -> str | None:
        """The path of a file that can be read."""
        value = self.text(key)
        return value and self.readable(key, value)

    def readable(self, key: str, file: str) -> str:
        """The absolute path of a file, which must be readable."""
        path = os.path.expanduser(file)  # noqa: PTH111 - botocore takes a string
        if not os.access(path, os.R_OK):
            self.problem(key, f"the file {path} does not exist or cannot be read")
        return path

    def choice(self, key: str, allowed: Collection[str]) -> str | None:
        """One of some strings."""
        value = self.text(key)
        if value is None or value.lower() in allowed:
            return value and value.lower()
        self.problem(key, f"expected one of {', '.join(allowed)}, got {shown_value(value)}")
        return None

    def flag(self, key: str) -> bool | None:
        """A Boolean."""
        value = self._values.get(key)
        if value is None or value == "" or isinstance(value, bool):
            return None if value == "" else value
        if isinstance(value, str) and value.lower() in _FLAGS:
            return _FLAGS[value.lower()]
        self.problem(key, f"expected true or false, got {shown_value(value)}")
        return None

    def number(self, key: str) -> int | None:
        """An integer that is not negative."""
        value = self._values.get(key)
        if value is None or value == "":
            return None
        if not isinstance(value, bool) and re.fullmatch(r"\d{1,9}(\.0)?", str(value)):
            return int(float(value))
        self.problem(key, f"expected a whole number, got {shown_value(value)}")
        return None

    def seconds(self, key: str, least: int, most: int) -> int | None:
        """A duration such as 1h30m, in seconds."""
        value = self.text(key)
        if value is None:
            return None
        found = seconds_of(value)
        if found is not None and least <= found <= most:
            return found
        expected = f"expected a duration of {least // 60} to {most // 60} minutes, such as {least // 60}m"
        self.problem(key, f"{expected}, got {shown_value(value)}")
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self._decoded(key)
        if value is None:
            return ()
        if not isinstance(value, (list, tuple)):
            self.problem(key, f"expected a list of strings, got {_kind(value)}")
            return ()
        for index, item in enumerate(value):
            if not _is_scalar(item):
                self.problem(f"{key}[{index}]", f"expected a string, got {_kind(item)}")
        return tuple(_scalar_text(item) for item in value if _is_scalar(item))

    def mapping(self, key: str) -> tuple[tuple[str, str], ...]:
        """A map of strings, as sorted pairs."""
        value = self._decoded(key)
        if value is None:
            return ()
        if not isinstance(value, Mapping):
            self.problem(key, f"expected a map of strings, got {_kind(value)}")
            return ()
        for name, item in value.items():
            if not _is_scalar(item):
                self.problem(f"{key}.{name}", f"expected a string, got {_kind(item)}")
        return tuple(sorted((name, _scalar_text(item)) for name, item in value.items() if _is_scalar(item)))

    def structure(self, key: str) -> "ValueReader | None":
        """A structure."""
        value = self._decoded(key)
        if value is None:
            return None
        if isinstance(value, Mapping):
            return self._inner(value, key)
        self.problem(key, f"expected an object, got {_kind(value)}")
        return None

    def structures(self, key: str) -> "list[ValueReader]":
        """A list of structures."""
        value = self._decoded(key)
        if value is None:
            return []
        if isinstance(value, (list, tuple)) and all(isinstance(item, Mapping) for item in value):
            return [self._inner(item, f"{key}[{index}]") for index, item in enumerate(value)]
        self.problem(key, f"expected a list of objects, got {_kind(value)}")
        return []

    def keys(self) -> frozenset[str]:
        """The keys that have a value."""
        return frozenset(key for key, value in self._values.items() if value not in (None, "", [], {}))

    def _inner(self, values: Mapping[str, Any], path: str) -> "ValueReader":
        return ValueReader(values, lambda key: self._spelling(f"{path}.{key}"), self.problems)

    def _decoded(self, key: str) -> Any:
        value = self._values.get(key)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value.strip() else None
        except ValueError:
            return value


def camel_case(key: str) -> str:
    """The name of a key in the configuration: pulumi-aws passes a dictionary of a program on as it is."""
    head, *rest = key.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def _is_scalar(value: Any) -> bool:
    """Whether the value stands for a string: `pulumi config set --path` records 123456789012 as a number."""
    return isinstance(value, (str, bool, int, float))


def _scalar_text(value: Any) -> str:
    """The string that was written: YAML spells Booleans in lower case, and Pulumi passes whole numbers as floats."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _kind(value: Any) -> str:
    # The value may be a secret.
    if value is None:
        return "none"
    kinds = {str: "a string", bool: "a Boolean", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return kinds.get(type(value), type(value).__name__)
