import pulumi
import pulumi_aws as aws

config = pulumi.Config()
server = aws.ec2.get_instance(instance_id=config.require("instanceId"))
data = aws.ebs.Volume(
    "data",
    availability_zone=server.availability_zone,  # a volume can be attached in its own zone alone
    snapshot_id=config.require("snapshotId"),
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
