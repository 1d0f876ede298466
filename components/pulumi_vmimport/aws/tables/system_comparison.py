"""Whether two texts name different operating systems: the one that a program states, and the one on a disk. Pure."""

import re

from pulumi_vmimport.aws.ec2.import_options import Platform
from pulumi_vmimport.aws.tables.supported_systems import Version
from pulumi_vmimport.aws.tables.system_identification import IdentifiedSystem, identify

# Windows 10 22H2, Windows 10 version 1809
_FEATURE_UPDATE = re.compile(r"\b(\d{2}h[12]|1[5-9]\d{2}|200[49])\b", re.IGNORECASE)
# A build without a name is no version: `Windows Server build 30000`.
_BUILD = re.compile(r"\bbuild\b", re.IGNORECASE)


def identify_detected(release: str | None, distribution: str | None, version: str | None) -> IdentifiedSystem | None:
    """The system that a disk holds, by the name of its release or by its distribution and version; None if unlisted."""
    if release is not None and not _BUILD.search(release) and (found := identify(release)):
        return found
    return identify(f"{distribution} {version}") if distribution and version else None


def is_contradiction(stated: str, detected: IdentifiedSystem, release: str) -> bool:
    """Whether a stated system is certainly another one than the detected one, whose release has this name.

    What the statement leaves open, such as the feature update of Windows 10, contradicts nothing.
    """
    named = identify(stated)
    if named is None:
        return False  # other rules report a system that AWS does not list
    if named.system.family != detected.system.family or _differ(named, detected.version):
        return True
    updates = [_FEATURE_UPDATE.search(text) for text in (stated, release)]
    return named.system.is_client and all(updates) and len({found[0].lower() for found in updates if found}) > 1


def _differ(named: IdentifiedSystem, version: Version) -> bool:
    if named.system.platform is Platform.WINDOWS:  # 2012 is not 2012 R2, 8 is not 8.1
        return named.version != version
    length = min(len(named.version), len(version))
    return named.version[:length] != version[:length]
