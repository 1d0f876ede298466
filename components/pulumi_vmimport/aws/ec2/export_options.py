"""The closed sets of exports.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ExportImage.html,
API_CreateInstanceExportTask.html and API_ExportToS3TaskSpecification.html.
"""

from pulumi_vmimport.aws.ec2.import_options import CaseInsensitiveEnum


class ExportFormat(CaseInsensitiveEnum):
    """Formats of an exported disk. RAW is for AMIs only."""

    VMDK = "VMDK"
    RAW = "RAW"
    VHD = "VHD"


class ContainerFormat(CaseInsensitiveEnum):
    """The container of the exported disk and its description."""

    OVA = "ova"


class TargetEnvironment(CaseInsensitiveEnum):
    """The virtualization environment that an instance is exported for."""

    CITRIX = "citrix"
    VMWARE = "vmware"
    MICROSOFT = "microsoft"


FORMAT_BY_ENVIRONMENT = {
    TargetEnvironment.CITRIX: ExportFormat.VHD,
    TargetEnvironment.MICROSOFT: ExportFormat.VHD,
    TargetEnvironment.VMWARE: ExportFormat.VMDK,
}
"""The disk format of each environment; EC2 rejects the others.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport-limits.html;
https://github.com/aws/aws-sdk/issues/535.
"""
