import pulumi
import pulumi_aws as aws

from pulumi_vmimport import DirectSnapshot

config = pulumi.Config()
server = aws.ec2.get_instance(instance_id=config.require("instanceId"))
snapshot = DirectSnapshot(
    "data",
    file=config.require("diskImage"),
    source_hash="1",  # change it with the image; a change replaces the volume and loses its data
)
data = aws.ebs.Volume(
    "data",
    availability_zone=server.availability_zone,  # a volume attaches only within its zone
    snapshot_id=snapshot.snapshot_id,
    type="gp3",
)
aws.ec2.VolumeAttachment(
    "data-on-server",
    device_name="/dev/sdf",
    instance_id=server.id,
    volume_id=data.id,
    opts=pulumi.ResourceOptions(delete_before_replace=True),  # a device holds one volume at a time
)
pulumi.export("volumeId", data.id)
