"""The lifecycle of ImportDiskImage."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pulumi_vmimport.aws.image_builder import builder_images, image_imports
from pulumi_vmimport.aws.image_builder.builder_images import BuilderImage
from pulumi_vmimport.aws.s3.s3_names import split_s3_uri
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Problem, Run, is_known
from pulumi_vmimport.lifecycle.property_bag import write_bag
from pulumi_vmimport.lifecycle.provenance import provenance_of, source_tags
from pulumi_vmimport.resources.image_builder import iso_rules
from pulumi_vmimport.resources.image_builder.copy_marks import mark_copies, release_copies
from pulumi_vmimport.resources.image_builder.image_import_lifecycle import ImageImportLifecycle
from pulumi_vmimport.resources.image_builder.image_import_rules import common_members
from pulumi_vmimport.resources.image_builder.image_removal import existing_amis, remove_image, remove_recorded_amis
from pulumi_vmimport.resources.image_builder.image_starts import start_once_role_is_known
from pulumi_vmimport.resources.image_builder.import_disk_image import (
    DiskImageOsVersion,
    DiskImagePlatform,
    ImportDiskImageInputs,
    ImportDiskImageState,
)
from pulumi_vmimport.resources.image_builder.request_rules import role_problems
from pulumi_vmimport.resources.rules.object_source import tags_of_object
from pulumi_vmimport.resources.rules.source_version import object_version


class ImportDiskImageLifecycle(ImageImportLifecycle[ImportDiskImageInputs, ImportDiskImageState]):
    inputs_type = ImportDiskImageInputs
    state_type = ImportDiskImageState
    build_type = builder_images.ISO_IMPORT
    local_inputs = ImageImportLifecycle.local_inputs | {
        "register_image_options",
        "source_hash",
        "windows_configuration",
    }
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "uri": "Image Builder does not report the ISO file of an image",
        "infrastructureConfigurationArn": "Image Builder does not report it for this image",
        "executionRole": "Image Builder does not report it for this image",
    }

    def check(self, inputs: ImportDiskImageInputs) -> Iterator[Problem]:
        yield from super().check(inputs)
        yield from iso_rules.input_problems(inputs)

    def preflight(self, run: Run, inputs: ImportDiskImageInputs) -> Iterator[Problem]:
        yield from iso_rules.file_problems(run, inputs)
        yield from iso_rules.infrastructure_problems(run, inputs)
        if is_known(inputs.execution_role):
            yield from role_problems(run, inputs.execution_role)

    def source_version(self, run: Run, inputs: ImportDiskImageInputs) -> str | None:
        place = split_s3_uri(inputs.uri) if is_known(inputs.uri) else None
        return object_version(run, *place) if place else None

    def source_tags(self, run: Run, inputs: ImportDiskImageInputs) -> Mapping[str, str]:
        place = split_s3_uri(inputs.uri)
        return tags_of_object(run, *place) if place else {}

    def mark_ami(self, run: Run, image: BuilderImage) -> None:
        mark_copies(run, image, {**source_tags(provenance_of(image.tags)), **run.identity.names})

    def release_ami(self, run: Run, image: BuilderImage) -> None:
        release_copies(run, image)

    def with_outputs(self, run: Run, state: ImportDiskImageState, image: BuilderImage) -> ImportDiskImageState:
        # The image of a retained or adopted resource may have lost its tags.
        facts = provenance_of(image.tags) or state.provenance
        return replace(super().with_outputs(run, state, image), provenance=facts)

    def reported_inputs(self, run: Run, image: BuilderImage) -> Mapping[str, Any]:
        del run
        is_windows_11 = image.os_version in (None, DiskImageOsVersion.WINDOWS_11.value)
        return {
            "platform": DiskImagePlatform.WINDOWS,
            "os_version": DiskImageOsVersion.WINDOWS_11 if is_windows_11 else UNKNOWN,
            "execution_role": image.execution_role or UNKNOWN,
            "infrastructure_configuration_arn": image.infrastructure_arn or UNKNOWN,
        }

    def request(self, inputs: ImportDiskImageInputs) -> Mapping[str, Any]:
        structures = {
            "registerImageOptions": inputs.register_image_options,
            "windowsConfiguration": inputs.windows_configuration,
        }
        return {
            **common_members(inputs),
            "uri": inputs.uri,
            "infrastructureConfigurationArn": inputs.infrastructure_configuration_arn,
            "executionRole": inputs.execution_role,
            **{member: write_bag(value) for member, value in structures.items() if value is not None},
        }

    def start(self, run: Run, inputs: ImportDiskImageInputs, token: str, tags: Mapping[str, str]) -> str:
        request = self.request(inputs)
        return start_once_role_is_known(
            run,
            "ImportDiskImage",
            inputs.execution_role,
            lambda: image_imports.import_disk_image(run.aws, request, token, tags),
        )

    def remove(self, run: Run, image: BuilderImage, inputs: ImportDiskImageInputs) -> None:
        remove_image(run, image, inputs.execution_role)

    def left(self, inputs: ImportDiskImageInputs) -> str:
        return f"{inputs.uri} is unchanged"

    def without_image(self, run: Run, id: str, state: ImportDiskImageState) -> ImportDiskImageState | None:
        if not existing_amis(run, id, _recorded_amis(run, id, state)):
            return None
        words = f"the Image Builder image was deleted outside Pulumi; AMI {state.image_id} is left"
        return replace(state, image_state="DELETED", state_reason=words)

    def remove_without_image(self, run: Run, id: str, state: ImportDiskImageState) -> None:
        remove_recorded_amis(run, id, _recorded_amis(run, id, state))


def _recorded_amis(run: Run, arn: str, state: ImportDiskImageState) -> list[Mapping[str, str]]:
    if state.image_id is None:
        return []
    return [{"region": str(run.aws.region), "account": arn.split(":")[4], "id": state.image_id}]
