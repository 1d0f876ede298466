"""The lines of an OVF manifest, `SHA256(name)= digest`.

Source: DMTF DSP0243 1.1.1, section 5.1; ISO/IEC 17203:2017 (SHA-256).
"""

import re
from dataclasses import dataclass

# Digests of other algorithms are no damage of the file, but no reader of OVF packages compares them.
_ALGORITHM = rb"SHA(?:2-|-)?\d{1,3}|SHA3-\d{3}|MD[245]|RMD160|RIPEMD160|BLAKE2[bs]\d{0,3}"
_LINE = re.compile(
    rb"(" + _ALGORITHM + rb")[ \t]{0,8}\(([^\r\n]{1,1024})\)[ \t]{0,8}=[ \t]{0,8}([0-9a-fA-F]{1,256})", re.IGNORECASE
)


@dataclass(frozen=True)
class ManifestLine:
    """The digest of one file."""

    name: str
    algorithm: str
    """In upper case without hyphen, such as SHA256"""
    digest: str
    """In lower-case hexadecimal digits"""
    stated_algorithm: str = ""
    """As in the manifest, such as SHA2-256"""

    def __bytes__(self) -> bytes:
        return f"{self.algorithm}({self.name})= {self.digest}\n".encode("ascii", "replace")


def parse_manifest_line(line: bytes) -> ManifestLine | None:
    """The digest in a line; None if it is not a line of a manifest."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        return None
    algorithm, digest = found[1].decode(), found[3].decode()
    try:
        name = found[2].decode()
    except UnicodeDecodeError:  # older exporters on Windows
        name = found[2].decode("latin-1")
    usual = algorithm.upper().replace("SHA2-", "SHA").replace("-", "")
    return ManifestLine(name, usual, digest.lower(), algorithm)
