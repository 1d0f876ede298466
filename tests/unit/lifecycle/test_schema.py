from dataclasses import dataclass

from pulumi_vmimport.lifecycle.schema import (
    camel_case,
    main_property,
    preflight_properties,
    replacing_properties,
    updatable,
)


@dataclass(frozen=True, kw_only=True)
class ThingInputs:
    region: str | None = None
    disk_size: int
    tags: str | None = updatable()
    file_path: str | None = updatable(preflight=True)


def test_property_names_are_camel_case() -> None:
    assert [camel_case(n) for n in ("region", "kms_key_id", "s3_bucket", "ec2_image_id")] == [
        "region", "kmsKeyId", "s3Bucket", "ec2ImageId",
    ]  # fmt: skip


def test_a_change_replaces_unless_the_field_is_updatable() -> None:
    assert replacing_properties(ThingInputs) == {"region", "diskSize"}


def test_a_replacement_and_some_updates_require_a_preflight() -> None:
    assert preflight_properties(ThingInputs) == {"region", "diskSize", "filePath"}


def test_the_main_property_is_the_first_required_one() -> None:
    assert main_property(ThingInputs) == "diskSize"
