"""The entries of GRUB's configuration, and the default one.

Sources: https://www.gnu.org/software/grub/manual/grub/grub.html,
https://uapi-group.org/specifications/specs/boot_loader_specification/
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_ENTRY = re.compile(r"""(menuentry|submenu)\s+(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s{'"]+))(.*)""")
_ID = re.compile(r"""(?:\$\{?menuentry_id_option\}?|--id[= ])\s*['"]?([^'"\s{]+)""")
_DEFAULT = re.compile(r"""set\s+default=["']?(.*?)["']?$""")
_DEVICE = re.compile(r"^\([^)]*\)")
_KERNEL = re.compile(r"(?:linux(?:16|efi)?|kernel)\s+(.*)")
_INITRAMFS = re.compile(r"initrd(?:16|efi)?\s+(.*)")
_DIGITS = re.compile(r"\d+|[A-Za-z]+|~")
_SEPARATOR = ">"
_MAX_DEPTH = 8


@dataclass(frozen=True)
class BootEntry:
    """An entry of a menu."""

    title: str
    id: str = ""
    kernel: str = ""
    """As the file names it, without the device in parentheses"""
    arguments: str = ""
    initramfs: tuple[str, ...] = ()
    entries: "tuple[BootEntry, ...]" = ()
    """Of a submenu"""


def parse_grub2(text: str) -> tuple[BootEntry, ...]:
    """The menu of grub.cfg."""
    return tuple(_menu(map(str.strip, text.splitlines()), 0))


def _menu(lines: Iterator[str], depth: int) -> Iterator[BootEntry]:
    """The entries up to the brace that closes the menu."""
    for line in lines:
        if line == "}" and depth:
            return
        match = _ENTRY.match(line)
        if match is None:
            if line.endswith("{"):
                _block(lines)  # a function
            continue
        id = _ID.search(match[5])
        title, name = next(filter(None, match.group(2, 3, 4)), ""), id[1] if id else ""
        if match[1] == "submenu" and depth < _MAX_DEPTH:
            yield BootEntry(title, name, entries=tuple(_menu(lines, depth + 1)))
        else:
            yield _entry(title, name, _block(lines))


def _block(lines: Iterator[str]) -> list[str]:
    """The lines up to the brace that closes the block, with those of blocks in it."""
    found, depth = [], 1
    for line in lines:
        depth += line.endswith("{") - (line == "}")
        if not depth:
            break
        found.append(line)
    return found


def _entry(title: str, id: str, lines: Sequence[str]) -> BootEntry:
    kernel = next((match[1].split() for line in lines if (match := _KERNEL.match(line))), [])
    initramfs = [path for line in lines if (match := _INITRAMFS.match(line)) for path in match[1].split()]
    return BootEntry(
        title,
        id,
        kernel=_without_device(kernel[0]) if kernel else "",
        arguments=" ".join(kernel[1:]),
        initramfs=tuple(map(_without_device, initramfs)),
    )


def _without_device(path: str) -> str:
    return _DEVICE.sub("", path.strip("\"'"))


def parse_legacy(text: str) -> tuple[BootEntry, ...]:
    """The menu of menu.lst or grub.conf of GRUB Legacy."""
    entries: list[tuple[str, list[str]]] = []
    for line in map(str.strip, text.splitlines()):
        word, _, rest = line.partition(" ")
        if word == "title":
            entries.append((rest.strip(), []))
        elif entries and not line.startswith("#"):
            entries[-1][1].append(line)
    return tuple(_entry(title, "", lines) for title, lines in entries)


def legacy_default(text: str) -> str:
    """The number of the default entry of GRUB Legacy."""
    found = re.search(r"^\s*default(?:\s*=\s*|\s+)(\d+)", text, re.MULTILINE)
    return found[1] if found else "0"


def parse_environment(text: str) -> dict[str, str]:
    """The variables of grubenv."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {name: value for name, separator, value in pairs if separator}


def grub2_default(text: str, environment: Mapping[str, str]) -> str:
    """What grub.cfg sets as the default: a number, a title or an id, with `>` between those of submenus."""
    if environment.get("next_entry"):
        return environment["next_entry"]
    stated = [match[1] for line in text.splitlines() if (match := _DEFAULT.match(line.strip()))]
    settled = [value for value in stated if "next_entry" not in value]
    default = settled[-1] if settled else "0"
    return environment.get("saved_entry", "0") if "saved_entry" in default else default


def parse_boot_loader_entry(name: str, text: str, environment: Mapping[str, str]) -> BootEntry:
    """An entry of the Boot Loader Specification, with the name of its file as id."""
    fields: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, _, value = line.strip().partition(" ")
        fields.setdefault(key, []).append(value.strip())
    options = " ".join(fields.get("options", ()))
    arguments = re.sub(r"\$(\w+)", lambda match: environment.get(match[1], ""), options)
    initramfs = [path for value in fields.get("initrd", ()) for path in value.split() if not path.startswith("$")]
    return BootEntry(
        fields.get("title", [""])[0],
        name.removesuffix(".conf"),
        kernel=_without_device(fields.get("linux", [""])[0]),
        arguments=arguments.strip(),
        initramfs=tuple(map(_without_device, initramfs)),
    )


def newest_first(entries: Sequence[BootEntry]) -> tuple[BootEntry, ...]:
    """Entries of the Boot Loader Specification in the order of GRUB's menu: by version of their names."""
    return tuple(sorted(entries, key=lambda entry: _version(entry.id), reverse=True))


def _version(name: str) -> list[tuple[int, int, str]]:
    pieces = _DIGITS.findall(name)
    return [(2, int(piece[:18]), "") if piece.isdigit() else (0 if piece == "~" else 1, 0, piece) for piece in pieces]


def choose(entries: Sequence[BootEntry], default: str) -> BootEntry | None:
    """The entry that GRUB boots: the default, or the first one if there is none of that name."""
    chosen: BootEntry | None = None
    menu = entries
    for name in default.split(_SEPARATOR):
        chosen = _named(menu, name.strip())
        menu = chosen.entries if chosen else ()
    if chosen is None:
        chosen = _named(entries, default) or next(iter(entries), None)
    while chosen is not None and chosen.entries:
        chosen = chosen.entries[0]
    return chosen


def _named(entries: Sequence[BootEntry], name: str) -> BootEntry | None:
    if name.isdecimal() and len(name) <= 4:  # noqa: PLR2004 - more than any menu has
        return entries[int(name)] if int(name) < len(entries) else None
    return next((entry for entry in entries if name and name in {entry.id, entry.title}), None)
