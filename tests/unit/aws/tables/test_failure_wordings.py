"""Further wordings of the known failures: words swapped, passive and active, singular and plural."""

import re
from collections.abc import Callable

import pytest

from pulumi_vmimport.aws.tables.known_failures import KnownFailure, find, matching, table

FAILURES = table().failures

# AWS's messages vary between services, Regions and years.
WORDINGS: dict[str, Callable[[str], str]] = {
    "as documented": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "no articles": lambda words: re.sub(r"\b(?:an?|the) ", "", words, flags=re.IGNORECASE),
    "no punctuation": lambda words: re.sub(r"[\[\]().,;'\"/]+", " ", words),
    "no brackets": lambda words: re.sub(r"[\[\](),;'\"]", "", words).rstrip("."),
    "wrapped": lambda words: words.replace(" ", "\n  "),
    "other values": lambda words: re.sub(r"[0-9a-f]{17}", "f" * 17, re.sub(r"\b\d+\b", "7", words)),
}

SECOND_WORDINGS = {
    "TR-01": ("Invalid format of parameter disk-image-size=0", "Parameter disk-image-size=0 is of invalid format"),
    "TR-02": ("Syntax error in the policy", "The policy contains syntax errors", "The policy has a syntax error"),
    "TR-03": (
        "The service role vmimport does not have sufficient permissions",
        "Insufficient permissions of the service role vmimport",
        "The provided service role doesn't exist",
    ),
    "TR-04": ("Unsupported: A bootable partition was not found.", "Unsupported: Could not find a bootable partition"),
    "TR-05": ("The footers are not identical", "Non-identical footers", "Footers differ"),
    "TR-06": (
        "Decompressed data has invalid length",
        "uncompressed data has an invalid size",
        "Invalid length of the uncompressed data",
        "The size of uncompressed data is invalid",
    ),
    "TR-07": ("Bucket images isn't located in the Region eu-west-1", "Bucket images is not in Region eu-west-1"),
    "TR-08": ("Compression algorithm 0 is not supported", "Compression algorithm is unsupported"),
    "TR-09": ("The S3 source location is invalid", "S3 source location is not valid", "Invalid source location in S3"),
    "TR-10": ("The given S3 objects are not local to the region", "The S3 bucket images isn't local to the region"),
    "TR-11": ("Cannot combine UsageOperation with LicenseType", "Unsupported license type AWS for this system"),
    "TR-12": ("Multiple volumes are attached to this instance", "This instance has more than one volume"),
    "TR-13": (
        "Cannot export this instance",
        "Export of the instance is not supported",
        "The instance isn't exportable",
    ),
    "TR-14": ("Instance has no volume attached at root", "No volume is attached at root (/dev/sda1)"),
    "TR-15": ("Booter networking failed", "Failure of booter networking"),
    "TR-16": ("The first boot failed", "The Windows instance could not boot"),
    "TR-22": (
        "Bootable partition not found",
        "No bootable partitions were found",
        "No partition is bootable",
    ),
    "TR-23": ("fstab could not be read", "Unable to read /etc/fstab", "Can't read the fstab", "Reading fstab failed"),
    "TR-24": (
        "Activation of the logical volume group failed",
        "Failed to activate the logical volume group",
        "The logical volume groups could not be activated",
    ),
    "TR-25": ("Found multiple directories", "Multiple directories were found", "More than one directory was found"),
    "TR-26": ("The requested instance does not support Linux", "Linux is unsupported on the requested instance"),
    "TR-27": ("At most 21 volumes are supported", "Too many volumes", "The VM has more than 21 disks"),
    "TR-29": ("The instance's image ID (ami-1) does not exist.", "Snapshot snap-1 of the instance no longer exists"),
    "TR-30": ("Can't cancel the export task", "The export task could not be cancelled"),
    "TR-32": ("Other resources are associated with the image", "The image is associated with another resource"),
    "TR-34": ("The disk files are chunked", "An OVA with a chunked disk file is unsupported"),
    "TR-35": ("VMDK file format is not supported", "Unsupported file format of the VMDK", "Unsupported VMDK format"),
    "TR-36": ("Found multiple different grub menu.lst files", "More than one menu.lst"),
    "TR-51": ("The limit of active import tasks is 5", "The number of concurrent import image tasks exceeds 5"),
    "TR-52": ("User arn:aws:iam::1:user/ops is not allowed to perform ec2:ImportImage", "Unauthorized to perform this"),
    "TR-53": ("You aren't subscribed to this service", "There is no subscription to this service"),
    "TR-54": ("This idempotent request is inconsistent with a previous request",),
    "TR-55": (
        "User doesn't have access to S3 bucket images",
        "No access to the S3 object",
        "Access to the S3 object (images/web.ova) was denied",
        "The S3 object (images/web.ova) cannot be accessed",
    ),
    "TR-56": ("The request is expired", "Expired presigned URL", "The URL has expired"),
    "TR-57": (
        "Access to the given resource was denied",
        "No access to the given resources",
        "The given resource can't be accessed",
    ),
    "TR-58": ("Platform is required for a UEFI image", "A UEFI image requires a value for Platform"),
    "TR-59": ("The snapshot 'snap-0123456789abcdef0' was not found",),
    "TR-60": ("The export task 'export-ami-0123456789abcdef0' could not be found",),
    "TR-61": ("The specified file format is not supported", "Unsupported file format", "VHDX format is unsupported"),
    "TR-62": ("No valid partition", "The partitions are not valid", "The volume is not valid"),
    "TR-63": (
        "The key alias/images of KMS cannot be used",
        "The customer managed key is disabled",
        "KMS.DisabledException: off",
    ),
    "TR-64": ("The HyperV role is installed",),
    "TR-65": ("The default kernel could not be detected", "Could not detect the default kernel"),
    "TR-66": ("The initrd could not be read", "Could not read the initramfs of your import"),
    "TR-67": ("Kernel version 4.15.0-1021-aws is not supported", "The kernel is unsupported", "Unsupported kernel"),
    "TR-68": ("OS files are missing", "The operating system is unknown", "Unknown operating system", "Missing OS file"),
    "TR-69": (
        "Cancellation was initiated by the user",
        "The user canceled the task",
        "The task was cancelled by a user",
    ),
    "TR-70": ("An internal server error occurred",),
    "TR-71": ("ami-0123456789abcdef0 uses the snapshot snap-0123456789abcdef0",),
    "TR-72": ("The image is protected against deregistration",),
    "TR-73": ("The same S3 account must own the bucket: WRITE and READ_ACL permissions are required",),
    "TR-74": ("You are not authorized for the images ami-1, ami-2", "Unauthorized for image ami-1"),
    "TR-75": ("The snapshot has neither been imported through VMIE nor is it owned by the current user",),
    "TR-76": ("The EBS block devices are encrypted", "The image has an encrypted EBS block device"),
    "TR-77": ("Exports do not support buckets that are encrypted with SSE-KMS",),
    "TR-78": ("The image is already being exported", "export-ami-1 is already exporting the image"),
    "TR-79": ("Could not write to the bucket exports", "The bucket exports is not writable"),
    "TR-80": ("You have exceeded your resource limit", "The resource limit was exceeded"),
    "TR-81": ("The service control policy explicitly denies it", "explicitly denied by a service control policy"),
    "TR-82": ("denied explicitly by a permissions boundary", "no permissions boundaries allow it"),
    "TR-83": ("explicitly denied by a session policy", "no session policies allow it"),
    "TR-84": ("explicitly denied by a VPC endpoint policy", "no VPC endpoint policies allow it"),
    "TR-85": ("A resource-based policy explicitly denies it", "denied explicitly in the resource-based policy"),
    "TR-86": ("An identity-based policy explicitly denies it", "explicitly denied by an identity-based policy"),
    "TR-87": ("no resource-based policies allow it",),
    "TR-88": ("The request was explicitly denied", "denied explicitly"),
    "TR-96": ("Object Lock protects the object", "The object is protected by S3 Object Lock"),
    "TR-97": (
        "PendingSnapshotLimitExceeded: too many",
        "The number of pending EBS snapshots exceeds 100",
        "ConcurrentSnapshotLimitExceeded",
    ),
    "TR-98": ("Not valid for the storage class GLACIER", "The storage class of the object does not allow it"),
    "TR-91": (
        "Unsupported OVA",
        "[OVA format unsupported]",
        "The OVA is not supported",
        "Unsupported format of the OVA file",
        "OVA files are not supported",
        "The OVA's format is unsupported",
        "The format of the OVA isn't supported",
    ),
    "TR-92": (
        "Detected EFI partition",
        "Detected an EFI partition on the root volume",
        "EFI partitions are not supported",
        "UEFI boot mode is not supported",
        "EC2 does not support UEFI booting",
        "EFI system partitions were found",
        "Unsupported boot mode: UEFI",
        "EFI boot unsupported",
        "The disk has an EFI system partition",
    ),
    "TR-93": (
        "The image is corrupted",
        "The provided image was corrupt",
        "Disk files are corrupted",
        "The disk has been damaged",
        "Corrupt disk",
        "The VMDK was found to be corrupt",
        "Image corruption detected",
        "Images appear to be damaged",
    ),
    "TR-94": (
        "Activation of Windows failed",
        "Windows could not be activated",
        "Failure of Windows activation",
        "Windows hasn't been activated",
        "Cannot activate Windows",
        "Windows activation was unsuccessful",
    ),
    "TR-95": ("The export task was canceled automatically", "The export task has expired"),
}
GENERAL = frozenset({"TR-88", "TR-22"})
"""Any explicit denial, and a partition that neither an image nor an instance import finds; special failures come first"""
_CASES = [pytest.param(id, words, id=f"{id}-{n}") for id, all in SECOND_WORDINGS.items() for n, words in enumerate(all)]


@pytest.mark.parametrize("change", WORDINGS.values(), ids=WORDINGS)
@pytest.mark.parametrize("failure", [pytest.param(f, id=f.id) for f in FAILURES if f.message])
def test_a_message_matches_its_failure_before_all_others_in_any_wording(
    failure: KnownFailure, change: Callable[[str], str]
) -> None:
    words = f"{failure.code}: {failure.message} (in SomeCall)" if failure.code else str(failure.message)
    assert find(change(words)) is failure


@pytest.mark.parametrize("change", WORDINGS.values(), ids=WORDINGS)
@pytest.mark.parametrize(("id", "words"), _CASES)
def test_another_wording_is_the_same_failure(id: str, words: str, change: Callable[[str], str]) -> None:
    found = find(change(words))
    assert found is not None
    assert found.id == id


@pytest.mark.parametrize(("id", "words"), _CASES)
def test_another_wording_matches_only_its_failure(id: str, words: str) -> None:
    found = {failure.id for failure in matching(words)}
    assert found - GENERAL == {id} - GENERAL


def test_every_failure_whose_message_varies_has_another_wording() -> None:
    # WorkSpaces names every operation that it does not support in the same words, so only the code identifies it.
    assert {f.id for f in FAILURES if f.pattern} - set(SECOND_WORDINGS) == {"TR-33"}


@pytest.mark.parametrize(
    "words",
    [
        "No EFI partition found",
        "The image is being validated",
        "Windows is activated",
        "The image is not corrupted",
        "OVA is supported",
        "Uncompressed data has a length of 7 bytes",
    ],
)
def test_the_opposite_is_no_failure(words: str) -> None:
    assert find(words) is None
