from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.input_digest import digest
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.lifecycle.schema import StateHandling, nested, updatable
from pulumi_vmimport.resources.catalog import lifecycle_of

SIGNED_URL = StateHandling(is_secret=lambda _: True, comparable=lambda url: url.partition("?")[0])
PRESIGNED = "https://b.s3.amazonaws.com/web.vmdk?X-Amz-Signature={}&X-Amz-Date=20260101T000000Z"


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Disk:
    s3_key: str
    size: int | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class ThingInputs:
    disks: tuple[Disk, ...] = nested(url=SIGNED_URL)
    colour: Colour | None = None
    ratio: float | None = None
    big: bool | None = None
    tags: Mapping[str, str] | None = updatable()
    minutes: int | None = updatable(default=60)


THING = ThingInputs(disks=(Disk("a.ova", 3, "s3?sig=1"),), colour=Colour.RED, ratio=2.0, big=True, tags={"k": "v"})


def test_the_digest_depends_only_on_inputs_that_replace() -> None:
    assert digest(THING) == digest(replace(THING, tags={"a": "b"}, minutes=1))
    assert digest(THING) != digest(replace(THING, disks=(Disk("b.ova", 3, "s3?sig=1"),)))


def test_the_digest_ignores_a_signature() -> None:
    assert digest(THING) == digest(replace(THING, disks=(Disk("a.ova", 3, "s3?sig=2"),)))
    assert digest(THING) != digest(replace(THING, disks=(Disk("a.ova", 3, "s4?sig=1"),)))


# The tags of existing tasks and resources contain these values: they never change.
def test_the_digest_of_a_release_stays() -> None:
    assert digest(THING) == "a9eb6872173b626880d4435244396875"


@pytest.mark.parametrize("signature", ["1", "2"])
@pytest.mark.parametrize(
    ("resource", "bag", "expected"),
    [
        pytest.param(
            "ImportImage",
            {
                "diskContainers": [
                    {"format": "RAW", "url": PRESIGNED},
                    {"userBucket": {"s3Bucket": "images", "s3Key": "web.raw"}, "format": "VMDK"},
                ],
                "licenseType": "BYOL",
                "platform": "Windows",
                "tags": {"a": "b"},
                "clientData": {"uploadSize": 3.0},
                "encrypted": True,
            },
            "be5919d072045b7d25f55d4018d3036b",
            id="ImportImage",
        ),
        pytest.param(
            "ImportSnapshot",
            {"diskContainer": {"url": PRESIGNED, "format": "VMDK"}},
            "b362b0211b80c86d80161d85740f71c4",
            id="ImportSnapshot",
        ),
        pytest.param(
            "DiskImageUpload",
            {"path": "a.vmdk", "bucket": "images", "key": "a.vmdk"},
            "1ff16bb6d525735c9c8cc9eabd2019bf",
            id="DiskImageUpload",
        ),
        pytest.param(
            "WorkspaceImagePermissions",
            {"imageId": "wsi-1", "accountIds": ["123456789012"]},
            "f8f668beeeaf678addd1684a69500692",
            id="WorkspaceImagePermissions",
        ),
    ],
)
def test_the_digest_of_a_released_resource_stays(
    resource: str, bag: dict[str, Any], expected: str, signature: str
) -> None:
    inputs, problems = read_bag(lifecycle_of(resource).inputs_type, {"region": "eu-west-1", **_signed(bag, signature)})
    assert (problems, digest(inputs)) == ([], expected)


def _signed(value: Any, signature: str) -> Any:
    if isinstance(value, dict):
        return {k: _signed(v, signature) for k, v in value.items()}
    if isinstance(value, list):
        return [_signed(v, signature) for v in value]
    return value.format(signature) if isinstance(value, str) else value
