"""The closed sets of exports.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ExportImage.html,
API_CreateInstanceExportTask.html and API_ExportToS3TaskSpecification.html.
"""

from pulumi_vmimport.aws.ec2.import_options import AnyCase


class ExportFormat(AnyCase):
    """Formats of an exported disk. RAW is for AMIs alone."""

    VMDK = "VMDK"
    RAW = "RAW"
    VHD = "VHD"


class ContainerFormat(AnyCase):
    """What holds the exported disk together with a description of the machine."""

    OVA = "ova"


class TargetEnvironment(AnyCase):
    """Where an exported instance is to run."""

    CITRIX = "citrix"
    VMWARE = "vmware"
    MICROSOFT = "microsoft"


FORMATS = {
    TargetEnvironment.CITRIX: ExportFormat.VHD,
    TargetEnvironment.MICROSOFT: ExportFormat.VHD,
    TargetEnvironment.VMWARE: ExportFormat.VMDK,
}
"""What an environment takes; EC2 refuses the others.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport-limits.html;
https://github.com/aws/aws-sdk/issues/535.
"""
