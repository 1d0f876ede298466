"""Why an import task failed and what to do: the service's words matched against known ones (TR-*)."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """One known failure. `id` is the row of the troubleshooting table of the requirements."""

    id: str
    pattern: str
    cause: str
    remedy: str


# The texts are AWS's English ones, matched as parts, any case.
# Source: https://docs.aws.amazon.com/vm-import/latest/userguide/troubleshooting.html and requirements.md, section 14.
KNOWN = (
    Explanation(
        "TR-16",
        r"FirstBootFailure",
        "Windows did not boot on EC2, did not install the network and disk drivers, got no DHCP address or was not "
        "activated",
        "switch antivirus, antispyware and firewall off, leave one boot partition, enable DHCP, apply no hardening "
        "before the import",
    ),
    Explanation(
        "TR-35",
        r"Unsupported VMDK File Format",
        "the VMDK is not stream-optimized",
        "export it from vSphere as OVF/OVA, or convert it: qemu-img convert -O vmdk -o subformat=streamOptimized",
    ),
    Explanation(
        "TR-34",
        r"chunked disk files",
        "a disk of the OVA is split into several files",
        "export again with every disk in one file",
    ),
    Explanation(
        "TR-03",
        r"service role .* does not exist or does not have sufficient permissions",
        "the role is missing, does not trust vmie.amazonaws.com, or may not read the bucket",
        "create it with VmimportRole, or compare trust and policy with docs/permissions.md",
    ),
    Explanation(
        "TR-10",
        r"not local to the region",
        "the bucket is in another Region than the import",
        "put the image into a bucket of the import's Region",
    ),
    Explanation(
        "TR-22",
        r"No bootable partition found",
        "the disk has no active partition, or its boot partition is on another disk",
        "import the disk that boots, with one active partition (MBR) or an EFI system partition",
    ),
    Explanation(
        "TR-05",
        r"Footers not identical",
        "the VHD is a differencing disk or damaged",
        "export it again as a fixed or dynamic VHD",
    ),
    Explanation(
        "TR-36",
        r"Unsupported kernel version|Unknown OS|Missing OS files|grub/menu\.lst|BLSC-style|Hyper-V role",
        "the operating system or its boot loader is not one that VM Import/Export takes",
        "see the supported systems: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html",
    ),
    Explanation(
        "TR-30",
        r"cancel",
        "the task was cancelled outside of this stack",
        "run `pulumi up` again to start a new one",
    ),
)


def explain(words: str) -> str:
    """Cause and remedy of a failure in one clause; says so when the words are not known."""
    for known in KNOWN:
        if re.search(known.pattern, words, re.IGNORECASE):
            return f"{known.cause} ({known.id}); {known.remedy}"
    return "the cause is not in the catalogue; see https://docs.aws.amazon.com/vm-import/latest/userguide/troubleshooting.html"
