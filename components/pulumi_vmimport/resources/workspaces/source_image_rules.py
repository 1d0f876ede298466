"""Checks of a WorkSpaces image that another resource is created from."""

from collections.abc import Generator, Iterator

from pulumi_vmimport.aws.workspaces import workspace_images
from pulumi_vmimport.aws.workspaces.workspace_images import WorkspaceImage
from pulumi_vmimport.lifecycle.contract import Problem, Run


def own_image(
    run: Run, image_id: str, path: str, remedy_for_shared: str
) -> Generator[Problem, None, WorkspaceImage | None]:
    """Yield the problem of an image that is missing or that another account owns; return the account's own image."""
    image = workspace_images.find_shared(run.aws, image_id)
    if image is None:
        if not run.supplied_by_resource(path):
            yield Problem(path, f"there is no image {image_id} in {run.aws.region}")
        return None
    if image.owner_account_id not in {None, run.aws.account_id}:
        yield Problem(
            path,
            f"image {image.id} belongs to account {image.owner_account_id}, expected your own, {run.aws.account_id}; "
            f"{remedy_for_shared}",
        )
        return None
    return image


def availability_problems(run: Run, image: WorkspaceImage, path: str) -> Iterator[Problem]:
    """The problem of an image that is not AVAILABLE, unless a resource of the stack is still creating it."""
    if image.state != "AVAILABLE" and not run.supplied_by_resource(path):
        yield Problem(path, f"expected an image that is AVAILABLE, {image.id} is {image.state}")
