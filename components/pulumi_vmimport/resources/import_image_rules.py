"""What makes an image import impossible, told before it is started."""

import re
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pulumi_vmimport.aws import import_tasks, s3_locations, service_role
from pulumi_vmimport.aws.errors import error_message, is_aws_error
from pulumi_vmimport.aws.import_options import BootMode, LicenseType, Platform
from pulumi_vmimport.aws.import_request import DiskContainer
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_given, known
from pulumi_vmimport.lifecycle.identity import TAG_PREFIX
from pulumi_vmimport.lifecycle.scope import scope_problems

if TYPE_CHECKING:
    from pulumi_vmimport.resources.import_image import ImportImageInputs

DEFAULT_ROLE = "vmimport"
MOST_DISKS = 21  # IMG-04; https://docs.aws.amazon.com/vm-import/latest/userguide/vmimport-image-import.html
# A resource carries 50 tags; four are this library's. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
MOST_TAGS = 46
_TAG_KEY_LENGTH = 127
TAG_VALUE_LENGTH = 256
ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}")
_SUFFIXES = {"OVA": ".ova", "VHD": ".vhd", "VHDX": ".vhdx", "VMDK": ".vmdk"}
# IAM is eventually consistent; a role is usable everywhere some seconds after it was written, rarely minutes.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
_PROPAGATION_SECONDS = 300.0


def check(inputs: "ImportImageInputs") -> Iterator[Problem]:
    """The problems of the inputs alone."""
    yield from _disks(inputs)
    yield from _licence(inputs)
    if known(inputs.kms_key_id, inputs.encrypted) and inputs.kms_key_id is not None and not inputs.encrypted:
        yield Problem("kmsKeyId", "needs encrypted = true, got a key without encryption; set encrypted or drop the key")
    if known(inputs.role_name) and inputs.role_name is not None and not ROLE_NAME.fullmatch(inputs.role_name):
        yield Problem("roleName", f"expected 1 to 64 of letters, digits and _+=,.@-, got {inputs.role_name!r}")
    yield from scope_problems(inputs)
    if known(inputs.tags):
        yield from tag_problems(inputs.tags, most=MOST_TAGS, longest_value=TAG_VALUE_LENGTH)


def tag_problems(tags: Mapping[str, str] | None, *, most: int, longest_value: int) -> Iterator[Problem]:
    """The problems of a map of tags."""
    for key, value in (tags or {}).items():
        if key.startswith((TAG_PREFIX, "aws:")):
            yield Problem(f"tags.{key}", f"expected a key that does not start with aws: or {TAG_PREFIX}, got {key!r}")
        if not 1 <= len(key) <= _TAG_KEY_LENGTH:
            yield Problem(f"tags.{key}", f"expected a key of 1 to {_TAG_KEY_LENGTH} characters, got {len(key)}")
        if known(value) and len(value) > longest_value:
            yield Problem(f"tags.{key}", f"expected at most {longest_value} characters, got {len(value)}")
    if len(tags or {}) > most:
        yield Problem("tags", f"expected at most {most} tags, got {len(tags or {})}")


def look_up(run: Run, inputs: "ImportImageInputs") -> Iterator[Problem]:
    """The problems that AWS shows before the import: bucket, object, role."""
    buckets = []
    for i, container in enumerate(inputs.disk_containers if known(inputs.disk_containers) else ()):
        location = _location(container)
        if location is None:
            continue
        path, bucket, key = f"diskContainers[{i}].{location[0]}", *location[1:]
        region = s3_locations.bucket_region(run.aws, bucket)
        if region is None:
            if not run.promised("diskContainers"):
                yield Problem(path, f"there is no bucket {bucket!r}; create it, or take the bucket from its resource")
            continue
        buckets.append(bucket)
        if region != run.aws.region:
            yield Problem(
                path,
                f"bucket {bucket!r} is in {region}, expected {run.aws.region}, the Region of the import; copy the "
                "image to a bucket there or import in the bucket's Region",
            )
        elif not run.promised("diskContainers") and not s3_locations.object_exists(run.aws, bucket, key):
            yield Problem(path, f"there is no object {key!r} in bucket {bucket!r}; upload it first")
    if known(inputs.role_name) and not run.promised("roleName"):
        yield from _role(run, inputs.role_name or DEFAULT_ROLE, buckets)


class Refusals:
    """Which refusals of ImportImage pass by themselves: the quota, and a role that IAM has not spread yet."""

    def __init__(self, run: Run, inputs: "ImportImageInputs") -> None:
        self._run = run
        self._role_name = inputs.role_name or DEFAULT_ROLE
        self._buckets = [location[1] for c in inputs.disk_containers if (location := _location(c))]
        self._first_role_refusal: float | None = None

    def pass_by_themselves(self, error: Exception) -> bool:
        """Whether to ask again after a while; shows what is waited for."""
        if import_tasks.is_over_quota(error):
            self._run.status(f"waiting for one of the Region's import tasks to end: {error_message(error)}")
            return True
        if not service_role.ROLE_REFUSED.search(str(error)):
            return False
        if self._first_role_refusal is None:
            self._first_role_refusal = time.monotonic()
            if any(_role(self._run, self._role_name, self._buckets)):
                return False
        self._run.status(f"waiting for IAM to spread role {self._role_name}")
        return time.monotonic() - self._first_role_refusal < _PROPAGATION_SECONDS


def _disks(inputs: "ImportImageInputs") -> Iterator[Problem]:
    if not known(inputs.disk_containers):
        return
    count = len(inputs.disk_containers)
    if not 1 <= count <= MOST_DISKS:
        yield Problem("diskContainers", f"expected 1 to {MOST_DISKS} disks, root disk first, got {count}")
    for i, container in enumerate(inputs.disk_containers):
        if not known(container):
            continue
        path = f"diskContainers[{i}]"
        sources = (container.user_bucket, container.url, container.snapshot_id)
        given = sum(map(is_given, sources))
        if given > 1 or (given == 0 and known(*sources)):
            yield Problem(path, f"expected exactly one of userBucket, url and snapshotId, got {given}")
        if known(container.url) and container.url is not None and not container.url.startswith(("s3://", "https://")):
            yield Problem(f"{path}.url", f"expected s3://bucket/key or an https URL, got {container.url!r}")
        if known(container.format) and container.format is not None and container.format.value == "OVA" and count > 1:
            yield Problem(f"{path}.format", "an OVA holds all disks: expected it as the only container")
        yield from _suffix(path, container)
        if (
            known(container.snapshot_id, inputs.boot_mode, inputs.platform)
            and container.snapshot_id is not None
            and inputs.boot_mode is BootMode.UEFI
            and inputs.platform is None
        ):
            yield Problem("platform", "is required for a UEFI machine from an EBS snapshot, expected Windows or Linux")


def _suffix(path: str, container: DiskContainer) -> Iterator[Problem]:
    location = _location(container)
    if location is None or not known(container.format) or container.format is None:
        return
    suffix = next((s for s in _SUFFIXES.values() if location[2].lower().endswith(s)), None)
    if suffix is not None and suffix != _SUFFIXES.get(container.format.value):
        yield Problem(f"{path}.format", f"{container.format} does not fit the key {location[2]!r}; correct one of them")


def _licence(inputs: "ImportImageInputs") -> Iterator[Problem]:
    licence, usage, platform = inputs.license_type, inputs.usage_operation, inputs.platform
    if is_given(licence) and is_given(usage):
        yield Problem(
            "usageOperation", "licenseType and usageOperation exclude each other (IMG-07); give one of the two"
        )
    if licence is LicenseType.AWS and platform is Platform.LINUX:
        yield Problem("licenseType", "expected BYOL for Linux, got AWS; Linux can only keep its own licence (IMG-08)")
    if known(usage, platform) and usage is not None and platform is not None:
        system = _usage_platform(usage.name)
        if system is not platform:
            yield Problem("usageOperation", f"{usage.value} is for {system}, but platform is {platform}; align the two")


def _usage_platform(name: str) -> Platform:
    return Platform.WINDOWS if name.startswith("WINDOWS") else Platform.LINUX


def _location(container: DiskContainer) -> tuple[str, str, str] | None:
    """(input, bucket, key) of a container that is an object in S3 and known."""
    source = container.user_bucket if known(container) else None
    if source is not None and known(source) and known(source.s3_bucket, source.s3_key):
        return "userBucket", source.s3_bucket, source.s3_key
    if known(container) and known(container.url) and container.url is not None:
        split = s3_locations.split_s3_uri(container.url)
        return ("url", *split) if split else None
    return None


def _role(run: Run, name: str, buckets: list[str]) -> Iterator[Problem]:
    try:
        role = service_role.find(run.aws, name)
    except Exception as error:
        if not is_aws_error(error):
            raise
        run.warn(f"role {name} not checked before the run: {error_message(error)}")
        return
    if role is None:
        yield Problem("roleName", f"there is no role {name!r} in the account; create it with VmimportRole")
        return
    missing = "; ".join(role.lacks(import_buckets=buckets, partition=run.aws.partition))
    if missing:
        yield Problem("roleName", f"role {name!r} lacks {missing}; add it, or let VmimportRole make a role of its own")
