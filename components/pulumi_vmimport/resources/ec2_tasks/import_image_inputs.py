"""The inputs of ImportImage, which the resource and its rules share."""

from dataclasses import dataclass

from pulumi_vmimport.aws.ec2.import_options import (
    Architecture,
    BootMode,
    Hypervisor,
    ImdsSupport,
    LicenseType,
    Platform,
    UsageOperation,
)
from pulumi_vmimport.aws.ec2.import_request import ClientData, ImageDiskContainer, LicenseSpecification
from pulumi_vmimport.image_profile import MachineProfile
from pulumi_vmimport.lifecycle.schema import nested, updatable
from pulumi_vmimport.resources.disk_url import DISK_URL
from pulumi_vmimport.resources.ec2_tasks.conversion_state import ConversionInputs


@dataclass(frozen=True, kw_only=True)
class ImportImageInputs(ConversionInputs):
    disk_containers: tuple[ImageDiskContainer, ...] = nested(url=DISK_URL)
    architecture: Architecture | None = None
    boot_mode: BootMode | None = None
    client_data: ClientData | None = None
    description: str | None = updatable(chosen_by_aws=True)
    encrypted: bool | None = None
    hypervisor: Hypervisor | None = None
    ignored_findings: tuple[str, ...] | None = updatable()
    image_profile: MachineProfile | None = updatable()
    image_name: str | None = updatable(preflight=True, chosen_by_aws=True)
    imds_support: ImdsSupport | None = updatable(chosen_by_aws=True)
    kms_key_id: str | None = None
    license_specifications: tuple[LicenseSpecification, ...] | None = None
    license_type: LicenseType | None = None
    operating_system: str | None = updatable()
    platform: Platform | None = None
    role_name: str | None = updatable(in_digest=True)
    skip_operating_system_check: bool | None = updatable()
    source_hash: str | None = None
    usage_operation: UsageOperation | None = None
