"""When the new bucket of ImportBucket and ExportBucket is available to other resources."""

from typing import Any

import pytest

from pulumi_vmimport.components.export_bucket import ExportBucket
from pulumi_vmimport.components.import_bucket import ImportBucket

BUCKET, SETTINGS = "web-1234567", ("public-access", "encryption", "ownership", "policy")
UNAVAILABLE: list[tuple[Any, str, list[str]]] = [
    (kind, setting, []) for kind in (ImportBucket, ExportBucket) for setting in SETTINGS
]


@pytest.fixture
def world(world: Any) -> Any:
    world.states["aws:s3/bucket:Bucket"] = lambda inputs: {**inputs, "bucket": BUCKET, "arn": f"arn:aws:s3:::{BUCKET}"}
    world.answers["aws:s3/getCanonicalUserId:getCanonicalUserId"] = {"id": "0" * 64}
    return world


def refuse(_: Any) -> Any:
    raise ValueError("refused")


@pytest.mark.parametrize(
    ("kind", "failed", "names"),
    [
        *UNAVAILABLE,
        (ExportBucket, "acl", []),
        # The aws provider waits up to a minute for it, after every change.
        (ImportBucket, "lifecycle", [BUCKET]),
        (ExportBucket, "lifecycle", [BUCKET]),
    ],
)
def test_the_bucket_waits_for_its_access_settings_and_not_for_its_lifecycle_configuration(
    world: Any, kind: Any, failed: str, names: list[str]
) -> None:
    whole = world.new_resource
    world.new_resource = lambda args: refuse(args) if args.name == f"web-{failed}" else whole(args)
    seen: list[str] = []
    with pytest.raises(Exception, match="refused"):
        world.deploy(lambda: kind("web", {}).bucket.apply(seen.append))
    assert seen == names
