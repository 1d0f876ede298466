"""EBS volumes and their attachments."""

import zlib
from collections.abc import Iterator
from typing import Any, ClassVar

from .aws_client import Aws
from .aws_images import set_tags
from .aws_shapes import from_tags, to_tags
from .resource_kind import NotFound, Rejected, ResourceKind
from .values import Properties


class EbsVolume(ResourceKind[Aws]):
    """aws:ebs/volume:Volume."""

    inputs = frozenset(
        {"availabilityZone", "encrypted", "finalSnapshot", "iops", "kmsKeyId", "multiAttachEnabled", "region", "size"}
        | {"snapshotId", "tags", "throughput", "type"}
    )
    required = frozenset({"availabilityZone"})
    replaces = frozenset({"availabilityZone", "encrypted", "kmsKeyId", "multiAttachEnabled", "region", "snapshotId"})
    defaults: ClassVar = {"tags": None}
    write_only = frozenset({"finalSnapshot"})

    _parameters: ClassVar = {
        "availabilityZone": "AvailabilityZone",
        "encrypted": "Encrypted",
        "iops": "Iops",
        "kmsKeyId": "KmsKeyId",
        "multiAttachEnabled": "MultiAttachEnabled",
        "size": "Size",
        "snapshotId": "SnapshotId",
        "throughput": "Throughput",
        "type": "VolumeType",
    }
    _modifiable: ClassVar = ("iops", "size", "throughput", "type")

    def problems(self, olds: Properties, news: Properties) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        if not {"size", "snapshotId"} & news.keys():
            yield "size", "expected one of size and snapshotId, got none"

    def create(self, service: Aws, inputs: Properties) -> str:
        params: dict[str, Any] = {m: inputs[name] for name, m in self._parameters.items() if name in inputs}
        if inputs.get("tags"):
            params["TagSpecifications"] = [{"ResourceType": "volume", "Tags": to_tags(inputs["tags"])}]
        return str(service.call("ec2", "CreateVolume", inputs.get("region"), **params)["VolumeId"])

    def read(self, service: Aws, id: str, state: Properties) -> Properties:
        region = state.get("region") or service.region
        volume = service.call("ec2", "DescribeVolumes", region, VolumeIds=[id])["Volumes"][0]
        partition, _ = service.partition(region)
        account = service.call("sts", "GetCallerIdentity")["Account"]
        tags = from_tags(volume.get("Tags", []))
        return {
            **{name: volume.get(member) for name, member in self._parameters.items()},
            "region": region,
            "arn": f"arn:{partition}:ec2:{region}:{account}:volume/{id}",
            "createTime": volume["CreateTime"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tags": tags,
            "tagsAll": tags,
        }

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:
        changed = [name for name in self._modifiable if name in news and news[name] != olds.get(name)]
        if changed:
            params = {self._parameters[name]: news[name] for name in changed}
            service.call("ec2", "ModifyVolume", news.get("region"), VolumeId=id, **params)
        set_tags(service, news.get("region"), id, news.get("tags") or {})

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        if state.get("finalSnapshot"):
            service.call("ec2", "CreateSnapshot", state.get("region"), VolumeId=id)
        service.call("ec2", "DeleteVolume", state.get("region"), VolumeId=id)


class VolumeAttachment(ResourceKind[Aws]):
    """aws:ec2/volumeAttachment:VolumeAttachment."""

    inputs = frozenset(
        {"deviceName", "forceDetach", "instanceId", "region", "skipDestroy", "stopInstanceBeforeDetaching", "volumeId"}
    )
    required = frozenset({"deviceName", "instanceId", "volumeId"})
    replaces = frozenset({"deviceName", "instanceId", "region", "volumeId"})
    write_only = frozenset({"forceDetach", "skipDestroy", "stopInstanceBeforeDetaching"})

    def create(self, service: Aws, inputs: Properties) -> str:
        region, named = inputs.get("region"), _attachment(inputs)
        service.call("ec2", "AttachVolume", region, **named)
        return f"vai-{zlib.crc32('-'.join(named.values()).encode())}"

    def read(self, service: Aws, id: str, state: Properties) -> Properties:
        if "volumeId" not in state:
            raise Rejected("the sandbox's stand-in for aws cannot import aws:ec2/volumeAttachment:VolumeAttachment")
        region, named = state.get("region") or service.region, _attachment(state)
        [volume] = service.call("ec2", "DescribeVolumes", region, VolumeIds=[state["volumeId"]])["Volumes"]
        if not any(named.items() <= attachment.items() for attachment in volume["Attachments"]):
            raise NotFound(f"EBS Volume Attachment ({id}) not found")
        return {**{name: state[name] for name in ("deviceName", "instanceId", "volumeId")}, "region": region}

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:
        """Do nothing: the inputs that can be changed apply only to the deletion."""

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        if state.get("skipDestroy"):
            return
        self.read(service, id, state)  # raises NotFound if the volume is no longer attached here
        if state.get("stopInstanceBeforeDetaching"):
            service.call("ec2", "StopInstances", state.get("region"), InstanceIds=[state["instanceId"]])
        force = bool(state.get("forceDetach"))
        service.call("ec2", "DetachVolume", state.get("region"), Force=force, **_attachment(state))


def _attachment(inputs: Properties) -> dict[str, str]:
    return {"Device": inputs["deviceName"], "InstanceId": inputs["instanceId"], "VolumeId": inputs["volumeId"]}
