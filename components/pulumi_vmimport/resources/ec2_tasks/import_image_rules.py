"""The rules for the inputs of ImportImage, with and without access to AWS.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html
"""

from collections.abc import Collection, Iterator, Mapping

from pulumi_vmimport.aws.ec2.import_options import Architecture, BootMode, LicenseType, Platform
from pulumi_vmimport.aws.ec2.sysprep import Sysprep
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.resources.ec2_tasks import named_image
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs, ImportImageState
from pulumi_vmimport.resources.rules import (
    byol_image_rules,
    disk_container_rules,
    encryption_rules,
    operating_system_rules,
    service_role_rules,
)
from pulumi_vmimport.resources.rules.ignored_findings import ignored_finding_problems
from pulumi_vmimport.resources.rules.role_names import role_name_problems
from pulumi_vmimport.resources.rules.service_role_access import RequiredAccess
from pulumi_vmimport.resources.rules.tag_rules import MOST_TAGS, tag_problems
from pulumi_vmimport.service_limits import MAX_IMPORT_VOLUMES


def check(inputs: ImportImageInputs) -> Iterator[Problem]:
    """The problems of the inputs alone."""
    yield from _disk_problems(inputs)
    yield from _license_problems(inputs)
    yield from _boot_mode_problems(inputs)
    yield from operating_system_rules.problems(inputs)
    yield from byol_image_rules.problems(inputs)
    yield from ignored_finding_problems(inputs.ignored_findings)
    yield from encryption_rules.encryption_problems(inputs.encrypted, inputs.kms_key_id)
    yield from role_name_problems(inputs.role_name)
    yield from aws_input_problems(inputs)
    yield from named_image.name_problems(inputs.image_name)
    yield from _sysprep_problems(inputs)
    if is_known(inputs.tags):
        yield from tag_problems(inputs.tags, most=MOST_TAGS - is_set(inputs.sysprep))


def preflight(run: Run, inputs: ImportImageInputs) -> Iterator[Problem]:
    """The problems that AWS shows before the import: buckets, objects and their content, URLs, key, role."""
    unusable: set[int] = set()
    for i, container in enumerate(inputs.disk_containers if is_known(inputs.disk_containers) else ()):
        problems = list(
            disk_container_rules.look_up_container(run, "diskContainers", f"diskContainers[{i}]", container)
        )
        yield from problems
        if problems:
            unusable.add(i)
        elif not is_inspected_by_create(run) and is_known(inputs.ignored_findings, inputs.image_profile):
            yield from _inspect(run, inputs, i)
    operating_system_rules.warn(run, inputs)
    yield from named_image.look_up_name(run, inputs.image_name)
    yield from byol_image_rules.encryption_default_problems(run, "imageProfile", inputs.image_profile)
    key_problems = list(encryption_rules.look_up_key(run, inputs.kms_key_id))
    yield from key_problems
    if is_known(inputs.role_name) and not run.supplied_by_resource("roleName"):
        yield from role_problems(run, inputs, without=unusable, with_key=not key_problems)


def is_inspected_by_create(run: Run) -> bool:
    """Whether preview cannot inspect the images yet, so that create must."""
    return any(map(run.supplied_by_resource, ("diskContainers", "ignoredFindings", "imageProfile")))


def inspection_problems(run: Run, inputs: ImportImageInputs) -> Iterator[Problem]:
    """The errors found in all images."""
    for i in range(len(inputs.disk_containers)):
        yield from _inspect(run, inputs, i)


def _inspect(run: Run, inputs: ImportImageInputs, i: int) -> Iterator[Problem]:
    """The errors found in one image, and, with the first one, in the number of images."""
    # Most previews inspect no image, and importing the disk readers takes longer than all other imports together.
    from pulumi_vmimport.resources.rules import detected_guest_rules, image_inspection  # noqa: PLC0415

    purpose = image_inspection.Purpose(inputs.image_profile or ImageProfile.EC2, inputs.ignored_findings or ())
    if i == 0:
        yield from image_inspection.disk_count_problems(run, "diskContainers", len(inputs.disk_containers), purpose)
    container = inputs.disk_containers[i]
    yield from image_inspection.inspect_container(
        run,
        f"diskContainers[{i}]",
        container,
        purpose,
        is_root=i == 0,
        compare=lambda guest: detected_guest_rules.contradictions(inputs, guest),
    )


def detected_guest(run: Run, state: ImportImageState) -> Mapping[str, str] | None:
    """What the root disk holds, or why that is unknown; None if a later run may read it."""
    from pulumi_vmimport.resources.rules import guest_detection  # noqa: PLC0415 - only if the state lacks it

    return guest_detection.detect_guest(run, state.disk_containers, state.source_hash)


def role_problems(
    run: Run,
    inputs: ImportImageInputs,
    *,
    without: Collection[int] = (),
    with_key: bool = True,
    fresh: bool = False,
) -> Iterator[Problem]:
    """Why the service role is insufficient for these disks, key and license configurations.

    A container in `without` has a problem of its own, which says nothing about the role. With `fresh`, no answer of
    AWS is reused.
    """
    containers = inputs.disk_containers if is_known(inputs.disk_containers) else ()
    usable = [container for i, container in enumerate(containers) if i not in without]
    access = RequiredAccess(
        import_objects=disk_container_rules.objects_of(usable),
        kms_key_arns=encryption_rules.key_arns(run, inputs.encrypted, inputs.kms_key_id) if with_key else (),
        license_manager=is_set(inputs.license_specifications),
    )
    yield from service_role_rules.role_problems(run, inputs.role_name, access, fresh=fresh)


def _disk_problems(inputs: ImportImageInputs) -> Iterator[Problem]:
    if not is_known(inputs.disk_containers):
        return
    count = len(inputs.disk_containers)
    if not 1 <= count <= MAX_IMPORT_VOLUMES:
        yield Problem(
            "diskContainers",
            f"expected 1 to {MAX_IMPORT_VOLUMES} disks, root disk first, got {count}"
            + ("; import the others with ImportSnapshot" if count else ""),
        )
    for i, container in enumerate(inputs.disk_containers):
        if not is_known(container):
            continue
        path = f"diskContainers[{i}]"
        yield from disk_container_rules.container_problems(path, container)
        if (
            is_known(container.format)
            and container.format is not None
            and container.format.value == "OVA"
            and count > 1
        ):
            yield Problem(f"{path}.format", f"expected an OVA as the only container, got {count} containers")


def _boot_mode_problems(inputs: ImportImageInputs) -> Iterator[Problem]:
    if inputs.boot_mode is not BootMode.UEFI:
        return
    # Without the check of the system; with it, no 32-bit system is accepted.
    if inputs.architecture is Architecture.I386 and inputs.skip_operating_system_check:
        yield Problem("architecture", "expected x86_64 for bootMode uefi, got i386")
    containers = inputs.disk_containers if is_known(inputs.disk_containers) else ()
    if inputs.platform is None and any(is_known(c) and is_set(c.snapshot_id) for c in containers):
        yield Problem("platform", "is required for bootMode uefi and an EBS snapshot, expected Windows or Linux")


def _sysprep_problems(inputs: ImportImageInputs) -> Iterator[Problem]:
    if is_set(inputs.sysprep) and inputs.platform is Platform.LINUX:
        yield Problem("sysprep", f"applies to Windows only, got {inputs.sysprep} for platform Linux; remove it")
    if inputs.sysprep is Sysprep.BEFORE_EXPORT and inputs.image_profile is ImageProfile.BYOL_WORKSPACES:
        yield Problem(
            "sysprep",
            "expected none for imageProfile byol-workspaces, because WorkSpaces requires a machine that was exported "
            "before Sysprep, got before-export",
        )


def _license_problems(inputs: ImportImageInputs) -> Iterator[Problem]:
    license_type, usage, platform = inputs.license_type, inputs.usage_operation, inputs.platform
    if is_set(license_type) and is_set(usage):
        yield Problem("usageOperation", "cannot be combined with licenseType; remove one of them")
    if license_type is LicenseType.AWS and platform is Platform.LINUX:
        yield Problem("licenseType", "expected BYOL for platform Linux, got AWS")
    if is_known(usage, platform) and usage is not None and platform is not None:
        system = _usage_platform(usage.name)
        if system is not platform:
            yield Problem(
                "usageOperation",
                f"expected an operation for platform {platform}, got {usage.value} for {system}; correct one of them",
            )


def _usage_platform(name: str) -> Platform:
    return Platform.WINDOWS if name.startswith("WINDOWS") else Platform.LINUX
