"""The five resources that create a WorkSpaces image, and runs in a second account."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.client import BaseClient
from tests.unit.resources.source_tags import other_tags

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.client_settings import ClientSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.workspaces.compute_types import ComputeType
from pulumi_vmimport.aws.workspaces.ingestion_options import IngestionProcess, OsVersion
from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.resources.workspaces.copy_workspace_image import CopyWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.copy_workspace_image_lifecycle import CopyWorkspaceImageLifecycle
from pulumi_vmimport.resources.workspaces.create_updated_workspace_image import CreateUpdatedWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.create_updated_workspace_image_lifecycle import (
    CreateUpdatedWorkspaceImageLifecycle,
)
from pulumi_vmimport.resources.workspaces.create_workspace_image import CreateWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.create_workspace_image_lifecycle import CreateWorkspaceImageLifecycle
from pulumi_vmimport.resources.workspaces.import_custom_workspace_image import (
    ImageComputeType,
    ImportCustomWorkspaceImageInputs,
    Protocol,
)
from pulumi_vmimport.resources.workspaces.import_custom_workspace_image_lifecycle import (
    ImportCustomWorkspaceImageLifecycle,
)
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.import_workspace_image_lifecycle import ImportWorkspaceImageLifecycle
from pulumi_vmimport.resources.workspaces.workspace_bundle import WorkspaceBundleInputs
from pulumi_vmimport.resources.workspaces.workspace_image import WorkspaceImageInputs
from pulumi_vmimport_sandbox.aws.server.accounts import Account
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION, ABROAD = "eu-west-1", "us-west-2"
INFRASTRUCTURE = f"arn:aws:imagebuilder:{REGION}:123456789012:infrastructure-configuration/byol"
TWENTY_MINUTES = 20 * 60.0


@dataclass(frozen=True)
class ImageKind:
    """A resource that creates a WorkSpaces image, with valid inputs and the request that they lead to."""

    operation: str
    lifecycle: Any
    inputs: WorkspaceImageInputs
    aws: AwsSandbox
    request: Mapping[str, Any]
    """The members of the operation's request, without name, description and tags."""
    tenancy: str = "DEFAULT"
    other_images: frozenset[str] = frozenset()

    def images(self) -> dict[str, str]:
        """The states of the account's images by their ids, without those that existed before."""
        found = self.aws.observer("workspaces").describe_workspace_images(ImageType="OWNED")["Images"]
        return {image["ImageId"]: image["State"] for image in found if image["ImageId"] not in self.other_images}

    def tags(self, image_id: str) -> dict[str, str]:
        return other_tags(self.aws.observer("workspaces").describe_tags(ResourceId=image_id)["TagList"])

    def interrupt_create(self, run: Any) -> tuple[str, Any]:
        """Interrupt a create; returns the id and the state that it recorded."""
        with pytest.raises(RunInterruptedError):
            self.lifecycle.create(run, self.inputs)
        id, state = run.recorded
        return id, state


@pytest.fixture
def new_image(aws: AwsSandbox) -> Callable[..., str]:
    """Creates an AVAILABLE image of the first account in a Region, from a WorkSpace."""

    def make(region: str = REGION, name: str = "source", *, dedicated: bool = False) -> str:
        workspace = aws.make_workspace(region, user=name, dedicated=dedicated)
        calls = aws.observer("workspaces", region)
        answer = calls.create_workspace_image(Name=name, Description="a source", WorkspaceId=workspace)
        aws.clock.advance(aws.settings.create_workspace_image_seconds)
        return str(answer["ImageId"])

    return make


@pytest.fixture
def common() -> dict[str, Any]:
    """The inputs of all kinds."""
    return {"region": REGION, "image_name": "win10", "image_description": "a desktop", "tags": {"team": "blue"}}


@pytest.fixture
def quick_images(aws: AwsSandbox) -> None:
    """Operations that take from 30 minutes to two hours take 20 minutes, so that four polls reach their end."""
    settings = aws.settings
    settings.import_workspace_image_seconds = settings.create_workspace_image_seconds = TWENTY_MINUTES
    settings.copy_workspace_image_seconds = settings.update_workspace_image_seconds = TWENTY_MINUTES
    share = TWENTY_MINUTES / settings.custom_import_seconds
    settings.custom_import_stages = tuple(replace(s, seconds=s.seconds * share) for s in settings.custom_import_stages)


@pytest.fixture
def imported_kind(aws: AwsSandbox, quick_images: None, common: dict[str, Any], byol_ami: str) -> ImageKind:
    process = IngestionProcess.BYOL_REGULAR_WSP
    inputs = ImportWorkspaceImageInputs(**common, ec2_image_id=byol_ami, ingestion_process=process)
    request = {"Ec2ImageId": byol_ami, "IngestionProcess": "BYOL_REGULAR_WSP"}
    return ImageKind("ImportWorkspaceImage", ImportWorkspaceImageLifecycle(), inputs, aws, request, tenancy="DEDICATED")


@pytest.fixture
def custom_kind(aws: AwsSandbox, quick_images: None, common: dict[str, Any], byol_ami: str) -> ImageKind:
    inputs = ImportCustomWorkspaceImageInputs(
        **common,
        compute_type=ImageComputeType.BASE,
        protocol=Protocol.DCV,
        os_version=OsVersion.WINDOWS_10,
        infrastructure_configuration_arn=INFRASTRUCTURE,
        ec2_image_id=byol_ami,
    )
    request = {
        "ImageSource": {"Ec2ImageId": byol_ami},
        "Platform": "WINDOWS",
        "ComputeType": "BASE",
        "Protocol": "DCV",
        "OsVersion": "Windows_10",
        "InfrastructureConfigurationArn": INFRASTRUCTURE,
    }
    lifecycle = ImportCustomWorkspaceImageLifecycle()
    return ImageKind("ImportCustomWorkspaceImage", lifecycle, inputs, aws, request, tenancy="DEDICATED")


@pytest.fixture
def created_kind(aws: AwsSandbox, quick_images: None, common: dict[str, Any]) -> ImageKind:
    inputs = CreateWorkspaceImageInputs(**common, workspace_id=aws.make_workspace())
    request = {"WorkspaceId": inputs.workspace_id}
    return ImageKind("CreateWorkspaceImage", CreateWorkspaceImageLifecycle(), inputs, aws, request)


@pytest.fixture
def copied_kind(
    aws: AwsSandbox, quick_images: None, common: dict[str, Any], new_image: Callable[..., str]
) -> ImageKind:
    inputs = CopyWorkspaceImageInputs(**common, source_image_id=new_image(ABROAD), source_region=ABROAD)
    request = {"SourceImageId": inputs.source_image_id, "SourceRegion": ABROAD}
    return ImageKind("CopyWorkspaceImage", CopyWorkspaceImageLifecycle(), inputs, aws, request)


@pytest.fixture
def updated_kind(
    aws: AwsSandbox, quick_images: None, common: dict[str, Any], new_image: Callable[..., str]
) -> ImageKind:
    source = new_image()
    aws.offer_image_update(source)
    inputs = CreateUpdatedWorkspaceImageInputs(**common, source_image_id=source)
    lifecycle = CreateUpdatedWorkspaceImageLifecycle()
    request = {"SourceImageId": source}
    return ImageKind("CreateUpdatedWorkspaceImage", lifecycle, inputs, aws, request, other_images=frozenset({source}))


@pytest.fixture(params=["imported", "custom", "created", "copied", "updated"])
def kind(request: pytest.FixtureRequest) -> ImageKind:
    """Each of the five kinds."""
    kind: ImageKind = request.getfixturevalue(f"{request.param}_kind")
    return kind


@pytest.fixture
def requests_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[dict[str, Any]]]:
    """Returns the members of the library's requests of an operation."""
    sent: list[tuple[str, dict[str, Any]]] = []
    call: Any = vars(BaseClient)["_make_api_call"]

    def record(client: Any, operation: str, members: dict[str, Any]) -> Any:
        if client.meta.config.user_agent_extra == "pulumi-vmimport":
            sent.append((operation, members))
        return call(client, operation, members)

    monkeypatch.setattr(BaseClient, "_make_api_call", record)
    return lambda operation: [members for name, members in sent if name == operation]


@pytest.fixture
def other(aws: AwsSandbox) -> Account:
    """Another account of the organization, enabled for BYOL."""
    return aws.second_account()


@pytest.fixture
def new_other_run(new_run: Callable[..., Any], aws: AwsSandbox, other: Account) -> Callable[..., Any]:
    """Creates a run of the other account in a Region."""

    def make(region: str = REGION, **values: Any) -> Any:
        settings = AwsSettings(
            region=region,
            access_key=other.access_key,
            secret_key=other.secret_key,
            client=ClientSettings(endpoints=tuple((service, aws.endpoint) for service in ("ec2", "sts", "workspaces"))),
        )
        run = new_run(**values)
        run.aws = AwsConnection(settings)
        return run

    return make


@dataclass(frozen=True)
class Bundles:
    """The bundles that the account owns."""

    aws: AwsSandbox

    def __call__(self) -> dict[str, Any]:
        found = self.aws.observer("workspaces").describe_workspace_bundles()["Bundles"]
        return {bundle["BundleId"]: bundle for bundle in found}

    def tags(self, bundle_id: str) -> dict[str, str]:
        found = self.aws.observer("workspaces").describe_tags(ResourceId=bundle_id)["TagList"]
        return {tag["Key"]: tag["Value"] for tag in found}


@pytest.fixture
def bundles(aws: AwsSandbox) -> Bundles:
    return Bundles(aws)


@pytest.fixture
def bundle_inputs(new_image: Callable[..., str]) -> WorkspaceBundleInputs:
    """Valid inputs of a bundle."""
    return WorkspaceBundleInputs(
        region=REGION,
        bundle_name="desk",
        bundle_description="a desk",
        image_id=new_image(),
        compute_type=ComputeType.POWER,
        root_storage_gib=175,
        user_storage_gib=100,
        tags={"team": "blue"},
    )
