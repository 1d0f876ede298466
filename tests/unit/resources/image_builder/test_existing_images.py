"""Images of EC2 Image Builder that no stack manages, made by this library or by plain calls."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.resources.image_builder.conftest import REGION
from tests.unit.resources.imported import adopt, existing, imported

from pulumi_vmimport.lifecycle.contract import CleanFailureError
from pulumi_vmimport.resources.image_builder.distribute_image import DistributeImageInputs
from pulumi_vmimport.resources.image_builder.distribute_image_lifecycle import DistributeImageLifecycle
from pulumi_vmimport.resources.image_builder.import_disk_image import ImportDiskImageInputs
from pulumi_vmimport.resources.image_builder.import_disk_image_lifecycle import ImportDiskImageLifecycle
from pulumi_vmimport.resources.image_builder.import_vm_image import ImagePlatform, ImportVmImageInputs
from pulumi_vmimport.resources.image_builder.import_vm_image_lifecycle import ImportVmImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

GONE = f"arn:aws:imagebuilder:{REGION}:123456789012:image/web/1.0.0/1"


@pytest.fixture
def vm_inputs(builder: Any, byol_ami: str, aws: AwsSandbox) -> ImportVmImageInputs:
    return ImportVmImageInputs(
        region=REGION,
        name="web",
        semantic_version="1.0.0",
        platform=ImagePlatform.WINDOWS,
        vm_import_task_id=aws.import_tasks[-1].id,
        os_version="Microsoft Windows 10",
        description="web server",
        tags={"team": "blue"},
    )


def test_a_distribution_of_this_library(run: Any, new_run: Any, inputs: DistributeImageInputs) -> None:
    created = DistributeImageLifecycle().create(run, inputs)
    found = existing("DistributeImage", new_run(), created.id)
    assert (found.id, found.problem, found.unread) == (created.id, None, {"sourceImage"})
    assert found.changes(inputs) == set()
    role = f"arn:aws:iam::123456789012:role/{inputs.execution_role}"
    assert found.changes(replace(inputs, execution_role=role)) == set()
    assert found.state.amis == created.state.amis
    updated = adopt(found, new_run(), inputs, distribution_hash="1")
    assert updated.amis == created.state.amis


def test_a_distribution_of_a_plain_call(run: Any, inputs: DistributeImageInputs, builder: Any, aws: AwsSandbox) -> None:
    arn = builder.calls.distribute_image(
        sourceImage=inputs.source_image,
        distributionConfigurationArn=inputs.distribution_configuration_arn,
        executionRole=inputs.execution_role,
        clientToken="a" * 32,
    )["imageBuildVersionArn"]
    assert "is not complete (imageState " in str(existing("DistributeImage", run, arn).problem)
    aws.clock.advance(86400)
    found = existing("DistributeImage", run, arn)
    assert (found.problem, found.changes(replace(inputs, tags=None))) == (None, set())


def test_an_image_of_an_import_task(run: Any, new_run: Any, vm_inputs: ImportVmImageInputs) -> None:
    created = ImportVmImageLifecycle().create(run, vm_inputs)
    found = existing("ImportVmImage", new_run(), created.id)
    assert (found.id, found.problem, found.unread) == (created.id, None, set())
    assert found.changes(vm_inputs) == set()
    assert found.changes(replace(vm_inputs, os_version=None)) == set()
    assert found.changes(replace(vm_inputs, semantic_version="1.0.1")) == {"semanticVersion"}
    assert adopt(found, new_run(), vm_inputs).image_id == created.state.image_id


def test_an_image_of_an_iso_file(run: Any, new_run: Any, iso_inputs: ImportDiskImageInputs) -> None:
    created = ImportDiskImageLifecycle().create(run, iso_inputs)
    found = existing("ImportDiskImage", new_run(), created.id)
    assert (found.id, found.problem) == (created.id, None)
    assert found.unread == {"uri", "infrastructureConfigurationArn"}
    assert found.changes(iso_inputs) == set()
    assert adopt(found, new_run(), iso_inputs, source_hash="1").image_id == created.state.image_id


def test_an_image_of_another_kind_is_refused(
    run: Any, new_run: Any, vm_inputs: ImportVmImageInputs, inputs: DistributeImageInputs
) -> None:
    id = ImportVmImageLifecycle().create(run, vm_inputs).id
    for resource in ("ImportDiskImage", "DistributeImage"):
        with pytest.raises(CleanFailureError, match=f"image {id} is of build type IMPORT"):
            imported(resource, new_run(), id)


@pytest.mark.parametrize("resource", ["DistributeImage", "ImportVmImage", "ImportDiskImage"])
def test_an_image_that_does_not_exist(run: Any, aws: AwsSandbox, resource: str) -> None:
    for id in (GONE, "web"):
        assert imported(resource, run, id) is None
