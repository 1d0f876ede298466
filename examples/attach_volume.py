import pulumi
import pulumi_aws as aws

from pulumi_vmimport import DirectSnapshot

config = pulumi.Config()
server = aws.ec2.get_instance(instance_id=config.require("instanceId"))
snapshot = DirectSnapshot(
    "data",
    {
        "file": config.require("diskImage"),
        "source_hash": "1",  # another one for another image: it makes the volume anew, whatever was written to it since
    },
)
data = aws.ebs.Volume(
    "data",
    availability_zone=server.availability_zone,  # a volume can be attached in its own zone alone
    snapshot_id=snapshot.snapshot_id,
    type="gp3",
)
aws.ec2.VolumeAttachment(
    "data-on-server",
    device_name="/dev/sdf",
    instance_id=server.id,
    volume_id=data.id,
    opts=pulumi.ResourceOptions(delete_before_replace=True),  # a device takes one volume at a time
)
pulumi.export("volumeId", data.id)
