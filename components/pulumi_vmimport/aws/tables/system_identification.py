"""Which operating system of the table a text such as "Windows Server 2019 Datacenter" names. Pure."""

import re
from dataclasses import dataclass

from pulumi_vmimport.aws.ec2.import_options import Platform
from pulumi_vmimport.aws.tables.supported_systems import Release, System, Version, table, version_numbers

_VERSION = re.compile(r"(?P<numbers>\d+(?:\.\d+)*)(?:\s*(?:sp|service pack)\s*(?P<pack>\d))?\s*(?P<r2>r2)?")
_IS_32_BIT = re.compile(r"\b(?:32[ -]?bit|i[3-6]86|x86)(?![\w-])")
_IS_ARM = re.compile(r"\b(?:arm64|aarch64)\b")
_EDITIONS = {
    "standard": "Standard", "datacenter": "Datacenter", "enterprise": "Enterprise", "web": "Web Server",
    "home": "Home", "pro": "Professional", "professional": "Professional", "ultimate": "Ultimate",
    "education": "Education", "essentials": "Essentials", "foundation": "Foundation", "nano": "Nano Server",
}  # fmt: skip
_MAX_SUGGESTIONS = 4
_LANGUAGE_TAG = re.compile(r"(?<![\w-])([a-z]{2})[-_]([a-z]{2})(?![\w-])")
_OTHER_ENGLISH = re.compile(r"\ben[-_](?!us\b)[a-z]{2}\b|united kingdom|\bbritish\b|\binternational\b")
_TAG_LENGTH = 2
_LAST_ASCII = 127


@dataclass(frozen=True)
class IdentifiedSystem:
    """The operating system that a text names."""

    system: System
    version: Version
    release: Release | None
    """None if the table has the family but not this version."""

    @property
    def point_releases(self) -> str:
        """The listed point releases of the version's major release; empty if there are none."""
        listed = [version for release in self.system.releases for version in release.versions]
        same_major = [v for v in listed if version_numbers(v.partition("-")[0])[:1] == self.version[:1]]
        return ", ".join(same_major) if self.system.point_releases else ""


def identify(operating_system: str) -> IdentifiedSystem | None:
    """The operating system that the text names; None if it contains no family of the table, or no version."""
    text = _normalized(operating_system)
    names = [(name, system) for system in table().systems for name in system.names]
    for name, system in sorted(names, key=lambda pair: -len(pair[0])):
        found = re.search(rf"\b{re.escape(name)}(?![a-z])", text)
        number = _VERSION.search(text, found.end()) if found else None
        if number:
            version = _version(number, has_service_packs=system.platform is Platform.LINUX)
            return IdentifiedSystem(system, version, system.find_release(version))
    return None


def is_arm(operating_system: str) -> bool:
    """Whether the text names an ARM64 system."""
    return _IS_ARM.search(operating_system.lower()) is not None


def is_32_bit(operating_system: str) -> bool:
    """Whether the text names a 32-bit system."""
    return _IS_32_BIT.search(operating_system.lower()) is not None


def foreign_language(operating_system: str) -> str | None:
    """The language other than English that the text names or is written in; None if it names English or no language."""
    text = operating_system.lower()
    words = set(re.findall(r"[^\W\d_]+", text))
    tags = dict(_LANGUAGE_TAG.findall(text))
    for language, names in table().languages.items():
        if words & {name for name in names if len(name) > _TAG_LENGTH} or tags.keys() & set(names):
            return language
    if any(ord(letter) > _LAST_ASCII for word in words for letter in word):
        return "letters other than A to Z"
    return None


def is_other_english(operating_system: str) -> bool:
    """Whether the text names the English of another country than the US."""
    return _OTHER_ENGLISH.search(operating_system.lower()) is not None


def editions(operating_system: str) -> set[str]:
    """The editions that the text names."""
    return {_EDITIONS[word] for word in re.findall(r"[a-z]+", operating_system.lower()) if word in _EDITIONS}


def suggestions(operating_system: str, identified: IdentifiedSystem | None) -> list[str]:
    """Supported systems with a similar name, and the latest of the family; without any, the latest of each family."""
    names = {
        f"{system.family} {version}": system
        for system in table().systems
        for release in system.releases
        for version in release.versions
    }
    from difflib import get_close_matches  # noqa: PLC0415 - only for a misspelled name

    by_normalized = {name.lower(): name for name in names}
    similar = get_close_matches(_normalized(operating_system), by_normalized, _MAX_SUGGESTIONS, cutoff=0.6)
    family = identified.system if identified else None
    latest = [name for name, system in names.items() if system is family][-_MAX_SUGGESTIONS:]
    found = list(dict.fromkeys([*(by_normalized[name] for name in similar), *latest]))
    return found or list({system.family: name for name, system in names.items()}.values())


def _normalized(text: str) -> str:
    return " ".join(re.sub(r"\bmicrosoft\b|\(r\)|[®™(),]", " ", text.lower()).split())


def _version(number: re.Match[str], *, has_service_packs: bool) -> Version:
    version = version_numbers(number["numbers"])
    if has_service_packs and number["pack"]:
        return (*version[:1], int(number["pack"]))
    return (*version, 2) if number["r2"] else version
