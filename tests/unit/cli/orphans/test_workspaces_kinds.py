"""WorkSpaces bundles and image permissions: who owns them, and their removal."""

from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

BUNDLE, PERMISSIONS = "WorkspaceBundle::desk", "WorkspaceImagePermissions::shared"


@pytest.fixture
def workspaces(aws: AwsSandbox) -> Any:
    return aws.observer("workspaces")


@pytest.fixture
def new_image(aws: AwsSandbox, workspaces: Any, own_tags: Any) -> Callable[..., str]:
    """Creates an image with the tags of a resource, AVAILABLE."""

    def create(name: str = "golden", tags: Any = None) -> str:
        about = {"Name": name, "Description": "a source", "WorkspaceId": aws.make_workspace(user=name)}
        tags = own_tags("CreateWorkspaceImage::golden") if tags is None else tags
        image = workspaces.create_workspace_image(**about, Tags=tags)["ImageId"]
        aws.clock.advance(aws.settings.create_workspace_image_seconds)
        return str(image)

    return create


@pytest.fixture
def new_bundle(workspaces: Any, new_image: Callable[..., str], own_tags: Any) -> Callable[..., str]:
    """Creates a bundle with the tags of a resource, PENDING."""
    image = new_image("source", tags=[])

    def create(resource: str = BUNDLE, tags: Any = None) -> str:
        name = resource.rpartition(":")[2]
        made = workspaces.create_workspace_bundle(
            BundleName=name,
            BundleDescription="a desk",
            ImageId=image,
            ComputeType={"Name": "VALUE"},
            UserStorage={"Capacity": "10"},
            RootStorage={"Capacity": "80"},
            Tags=own_tags(resource) if tags is None else tags,
        )
        return str(made["WorkspaceBundle"]["BundleId"])

    return create


@pytest.fixture
def new_share(aws: AwsSandbox, workspaces: Any) -> Callable[[str], str]:
    """Shares an image with another account; returns the id of the permission."""

    def share(image: str) -> str:
        account = aws.second_account().account_id
        workspaces.update_workspace_image_permission(ImageId=image, SharedAccountId=account, AllowCopyImage=True)
        return f"{image}/{account}"

    return share


def test_a_tagged_bundle_that_no_stack_owns_is_an_orphan_and_is_removed(
    run: Any, owners: Any, new_bundle: Any, own_tags: Any, export: Any, workspaces: Any
) -> None:
    bundle, other = new_bundle(), new_bundle("WorkspaceBundle::other", own_tags("WorkspaceBundle::other", "shop/prod"))
    new_bundle("WorkspaceBundle::untagged", tags=[])
    assert owners(export=export()) == {bundle: "orphan", other: "other stack"}
    result = run("--remove", "--yes", export=export())
    assert result.exit_code == 0
    assert f"deleted: WorkSpaces bundle {bundle}" in result.output
    assert bundle not in {each["BundleId"] for each in workspaces.describe_workspace_bundles()["Bundles"]}


def test_a_bundle_is_owned_or_pending_as_the_export_says(
    owners: Any, new_bundle: Any, export: Any, in_state: Any
) -> None:
    bundle = new_bundle()
    assert owners(export=export(in_state(bundle, BUNDLE))) == {bundle: "owned"}
    assert owners(export=export(creating=[in_state(resource=BUNDLE)])) == {bundle: "pending"}


def test_a_complete_bundle_is_removed_only_by_its_id(
    run: Any, owners: Any, new_bundle: Any, export: Any, aws: AwsSandbox
) -> None:
    bundle = new_bundle()
    aws.clock.advance(aws.settings.create_bundle_seconds)
    assert owners(export=export()) == {bundle: "unknown"}
    assert bundle not in run("--remove", "--yes", export=export()).output.partition("unknown:")[2]
    assert f"deleted: WorkSpaces bundle {bundle}" in run("--remove", bundle, "--yes").output


def test_a_permission_is_owned_by_the_stack_that_grants_it(
    owners: Any, new_image: Any, new_share: Any, export: Any, in_state: Any
) -> None:
    image = new_image()
    granted = new_share(image)
    account = granted.partition("/")[2]
    golden = in_state(image, "CreateWorkspaceImage::golden")
    shared = in_state(image, PERMISSIONS, imageId=image, accountIds=[account])
    creating = in_state(resource=PERMISSIONS)
    creating["inputs"] |= {"imageId": image, "accountIds": [account]}
    assert owners(export=export(golden, shared)) == {image: "owned", granted: "owned"}
    assert owners(export=export(golden, creating=[creating])) == {image: "owned", granted: "pending"}


def test_a_permission_that_the_state_does_not_grant_is_reported_and_revoked_on_request(
    run: Any, owners: Any, new_image: Any, new_share: Any, export: Any, in_state: Any, workspaces: Any
) -> None:
    image = new_image()
    granted = new_share(image)
    of_stack = export(in_state(image, "CreateWorkspaceImage::golden"))
    assert owners(export=of_stack) == {image: "owned", granted: "unknown"}
    assert "revoked" not in run("--remove", "--yes", export=of_stack).output
    result = run("--remove", granted, "--yes", export=of_stack)
    assert result.exit_code == 0
    assert f"revoked: WorkSpaces image permission {granted}" in result.output
    assert workspaces.describe_workspace_image_permissions(ImageId=image)["ImagePermissions"] == []


def test_permissions_of_an_image_without_tags_are_not_listed(owners: Any, new_image: Any, new_share: Any) -> None:
    new_share(new_image(tags=[]))
    assert owners() == {}


def test_a_named_image_is_removed_with_its_permissions(
    run: Any, new_image: Any, new_share: Any, workspaces: Any
) -> None:
    image = new_image()
    granted = new_share(image)
    result = run("--remove", image, "--yes")
    assert result.exit_code == 0
    assert result.output.index(f"revoked: WorkSpaces image permission {granted}") < result.output.index(
        f"deleted: WorkSpaces image {image}"
    )
    assert workspaces.describe_workspace_images(ImageType="OWNED")["Images"] == []
