"""Copies of AMIs, and launch permissions."""

import re
import time
from collections.abc import Iterator
from typing import Any, ClassVar

from .aws_client import Aws
from .aws_shapes import from_tags, property_name, to_tags
from .resource_kind import NotFound, Rejected, ResourceKind
from .values import Properties

_POLL_SECONDS = 0.25
# Members of DescribeImages with the name of the output. `read` maps the others.
_SAME_NAME = (
    "Architecture", "BootMode", "Description", "EnaSupport", "Hypervisor", "ImageLocation", "ImageOwnerAlias",
    "ImageType", "ImdsSupport", "KernelId", "Name", "OwnerId", "Platform", "PlatformDetails", "Public", "RamdiskId",
    "RootDeviceName", "SriovNetSupport", "TpmSupport", "UsageOperation", "VirtualizationType",
)  # fmt: skip


class AmiCopy(ResourceKind[Aws]):
    """aws:ec2/amiCopy:AmiCopy."""

    inputs = frozenset(
        {"description", "encrypted", "kmsKeyId", "name", "region", "sourceAmiId", "sourceAmiRegion", "tags"}
    )
    required = frozenset({"sourceAmiId", "sourceAmiRegion"})
    identity_inputs = frozenset({"name"})
    replaces = inputs - {"description", "tags"}
    auto_name = "name"
    defaults: ClassVar = {"description": None, "tags": None}
    write_only = frozenset({"encrypted", "kmsKeyId", "sourceAmiId", "sourceAmiRegion"})

    _parameters: ClassVar = {
        "description": "Description",
        "encrypted": "Encrypted",
        "kmsKeyId": "KmsKeyId",
        "name": "Name",
        "sourceAmiId": "SourceImageId",
        "sourceAmiRegion": "SourceRegion",
    }

    def create(self, service: Aws, inputs: Properties) -> str:
        params: dict[str, Any] = {m: inputs[name] for name, m in self._parameters.items() if name in inputs}
        if inputs.get("tags"):
            params["TagSpecifications"] = [{"ResourceType": "image", "Tags": to_tags(inputs["tags"])}]
        return str(service.call("ec2", "CopyImage", inputs.get("region"), **params)["ImageId"])

    def configure(self, service: Aws, id: str, inputs: Properties) -> None:
        while (image := _image(service, id, inputs.get("region")))["State"] == "pending":
            time.sleep(_POLL_SECONDS)
        if image["State"] != "available":
            why = image.get("StateReason", {}).get("Message", "")
            raise Rejected(f"waiting for EC2 AMI ({id}) create: unexpected state '{image['State']}': {why}")

    def read(self, service: Aws, id: str, state: Properties) -> Properties:
        region = state.get("region") or service.region
        image = _image(service, id, region)
        partition, _ = service.partition(region)
        tags = from_tags(image.get("Tags", []))
        return {
            **{property_name(member): image.get(member) for member in _SAME_NAME},
            "region": region,
            "arn": f"arn:{partition}:ec2:{region}::image/{id}",
            "manageEbsSnapshots": True,
            "rootSnapshotId": next(iter(_snapshots(image)), ""),
            "tags": tags,
            "tagsAll": tags,
        }

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:  # noqa: ARG002
        region = news.get("region")
        description = {"Value": news.get("description", "")}
        service.call("ec2", "ModifyImageAttribute", region, ImageId=id, Description=description)
        set_tags(service, region, id, news.get("tags") or {})

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        region = state.get("region")
        snapshots = _snapshots(_image(service, id, region))
        service.call("ec2", "DeregisterImage", region, ImageId=id)
        for snapshot in snapshots:
            service.call("ec2", "DeleteSnapshot", region, SnapshotId=snapshot)


class AmiLaunchPermission(ResourceKind[Aws]):
    """aws:ec2/amiLaunchPermission:AmiLaunchPermission; its id contains all inputs, as in the real provider."""

    inputs = frozenset({"accountId", "group", "imageId", "organizationArn", "organizationalUnitArn", "region"})
    required = frozenset({"imageId"})
    replaces = inputs

    _grantees: ClassVar = {
        "accountId": "UserId",
        "group": "Group",
        "organizationArn": "OrganizationArn",
        "organizationalUnitArn": "OrganizationalUnitArn",
    }
    _id: ClassVar = re.compile(
        r"(?P<value>.+?)(?:-(?P<kind>group|organizationArn|organizationalUnitArn))?-(?P<image>ami-\w+)"
    )

    def problems(self, olds: Properties, news: Properties) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        names = sorted(self._grantees.keys() & news.keys())
        if len(names) != 1:
            yield "accountId", f"expected exactly one of {', '.join(self._grantees)}, got {', '.join(names) or 'none'}"

    def create(self, service: Aws, inputs: Properties) -> str:
        [name] = self._grantees.keys() & inputs.keys()
        self._modify(service, "Add", inputs["imageId"], inputs.get("region"), {self._grantees[name]: inputs[name]})
        kind = "" if name == "accountId" else f"-{name}"
        return f"{inputs[name]}{kind}-{inputs['imageId']}"

    def read(self, service: Aws, id: str, state: Properties) -> Properties:
        name, value, image = self._parts(id)
        found = service.call(
            "ec2", "DescribeImageAttribute", state.get("region"), ImageId=image, Attribute="launchPermission"
        )
        if {self._grantees[name]: value} not in found["LaunchPermissions"]:
            raise NotFound(f"EC2 AMI Launch Permission ({id}) not found")
        return {"imageId": image, name: value, "region": state.get("region") or service.region}

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:
        """Do nothing: a change of any input replaces the resource."""

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        name, value, image = self._parts(id)
        self._modify(service, "Remove", image, state.get("region"), {self._grantees[name]: value})

    def _parts(self, id: str) -> tuple[str, str, str]:
        found = self._id.fullmatch(id)
        if found is None:
            raise Rejected(f"expected <account id>-<AMI id> as the id of a launch permission, got {id!r}")
        return found["kind"] or "accountId", found["value"], found["image"]

    @staticmethod
    def _modify(service: Aws, change: str, image: str, region: str | None, grantee: dict[str, str]) -> None:
        grant = {change: [grantee]}
        service.call("ec2", "ModifyImageAttribute", region, ImageId=image, LaunchPermission=grant)


def set_tags(service: Aws, region: str | None, id: str, tags: dict[str, str]) -> None:
    """Replace all tags of an EC2 resource."""
    named = [{"Name": "resource-id", "Values": [id]}]
    live = from_tags(
        [
            {"Key": tag["Key"], "Value": tag["Value"]}
            for tag in service.call("ec2", "DescribeTags", region, Filters=named)["Tags"]
        ]
    )
    if stale := sorted(live.keys() - tags.keys()):
        service.call("ec2", "DeleteTags", region, Resources=[id], Tags=[{"Key": key} for key in stale])
    if tags:
        service.call("ec2", "CreateTags", region, Resources=[id], Tags=to_tags(tags))


def _image(service: Aws, id: str, region: str | None) -> dict[str, Any]:
    found = service.call("ec2", "DescribeImages", region, ImageIds=[id])["Images"]
    if not found:  # for some time after an AMI is deregistered, EC2 returns an empty list instead of an error
        raise NotFound(f"EC2 AMI ({id}) not found")
    return dict(found[0])


def _snapshots(image: dict[str, Any]) -> list[str]:
    return [mapping["Ebs"]["SnapshotId"] for mapping in image["BlockDeviceMappings"] if "Ebs" in mapping]
