"""What an AMI adds to the state of ImportImage."""

from dataclasses import replace

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.ec2.import_options import BootMode, ImdsSupport, LicenseType, Platform
from pulumi_vmimport.aws.ec2.sysprep import Sysprep
from pulumi_vmimport.aws.tables import clone_runbook, post_import
from pulumi_vmimport.aws.tables.system_identification import identify
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageState

# Observed: `AWS-VMImport service: Windows - Microsoft Windows 10 ...`.
_EC2_DESCRIPTION = "AWS-VMImport service:"


def with_image(state: ImportImageState, image: images.Image) -> ImportImageState:
    """The state with what the AMI shows; an input that is set stays as it is."""
    return replace(
        state,
        image_name=image.name if state.image_name is None else state.image_name,
        description=image.description if state.description is None else state.description,
        imds_support=state.imds_support or imds_support(image),
        detected_platform=image.platform_details,
        detected_boot_mode=image.boot_mode,
        billed_usage_operation=image.usage_operation,
        post_import_report=_report(state, image),
        clone_runbook=clone_runbook.text() if _may_be_cloned(state, image) else None,
    )


def is_client(state: ImportImageState) -> bool:
    """Whether the AMI is for WorkSpaces, or a client edition of Windows, as far as the inputs say."""
    identified = identify(state.operating_system) if state.operating_system else None
    is_client_edition = identified is not None and identified.system.is_client
    return is_client_edition or state.image_profile is ImageProfile.BYOL_WORKSPACES


def _may_be_cloned(state: ImportImageState, image: images.Image) -> bool:
    is_windows = Platform(image.platform or Platform.LINUX) is Platform.WINDOWS
    return is_windows and not is_client(state) and state.sysprep in {None, Sysprep.NONE}


def _report(state: ImportImageState, image: images.Image) -> tuple[str, ...]:
    return post_import.report(
        Platform(image.platform or Platform.LINUX),  # EC2 returns a platform only for Windows
        license_type=LicenseType(state.detected_license_type) if state.detected_license_type else state.license_type,
        boot_mode=BootMode(image.boot_mode) if image.boot_mode in set(BootMode) else None,
        encrypted=state.encrypted,
        operating_system=state.operating_system,
        is_generalized=state.sysprep in {Sysprep.BEFORE_EXPORT, Sysprep.AFTER_IMPORT},
    )


def imds_support(image: images.Image) -> ImdsSupport | None:
    """The version of the instance metadata service that the AMI sets."""
    return ImdsSupport(image.imds_support) if image.imds_support in set(ImdsSupport) else None


def is_chosen_by_aws(image_name: str | None, description: str | None) -> tuple[bool, bool]:
    """Whether EC2 chose the name and the description of an imported AMI."""
    return (
        image_name is not None and images.is_imported_name(image_name),
        description is not None and description.startswith(_EC2_DESCRIPTION),
    )
