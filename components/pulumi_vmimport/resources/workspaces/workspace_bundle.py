"""WorkspaceBundle: a WorkSpaces image with the machine and the storage that WorkSpaces made of it get.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/create-custom-bundle.html; requirement WS-13.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, replace
from typing import Any, NotRequired, Unpack, overload

import pulumi
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.service_errors import error_code, error_message
from pulumi_vmimport.aws.workspaces import workspace_bundles, workspace_images, workspaces_tags
from pulumi_vmimport.aws.workspaces.workspace_bundles import BundleDescription, ComputeType
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs, aws_input_problems
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Created,
    Lifecycle,
    PartialFailureError,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, is_reserved_tag
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.property_bag import updatable
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end
from pulumi_vmimport.resources.allowed_values import BundleComputeTypeValue
from pulumi_vmimport.resources.rules.tag_rules import tag_problems
from pulumi_vmimport.resources.workspaces.bundle_storage_rules import storage_problems
from pulumi_vmimport.resources.workspaces.unavailable_retry import once_available
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import (
    TAG_VALUE_LENGTH,
    description_problem,
    image_id_problem,
    name_problem,
)

_DESCRIPTION_LENGTH = 255
_TAKEN = "ResourceAlreadyExistsException"


@dataclass(frozen=True, kw_only=True)
class WorkspaceBundleInputs(AwsInputs):
    bundle_name: str
    bundle_description: str
    compute_type: ComputeType
    user_storage_gib: int
    root_storage_gib: int | None = None
    image_id: str = updatable(MISSING)
    tags: Mapping[str, str] | None = updatable()


@dataclass(frozen=True, kw_only=True)
class WorkspaceBundleState(WorkspaceBundleInputs):
    bundle_id: str | None = None
    bundle_state: str | None = None


class WorkspaceBundleLifecycle(Lifecycle[WorkspaceBundleInputs, WorkspaceBundleState]):
    inputs_type = WorkspaceBundleInputs
    state_type = WorkspaceBundleState
    unique_inputs = ("bundleName", "region")

    def check(self, inputs: WorkspaceBundleInputs) -> Iterator[Problem]:
        if is_known(inputs.bundle_name) and (reason := name_problem(inputs.bundle_name)):
            yield Problem("bundleName", reason)
        description = inputs.bundle_description
        if is_known(description) and (reason := description_problem(description, _DESCRIPTION_LENGTH)):
            yield Problem("bundleDescription", reason)
        if is_known(inputs.image_id) and (reason := image_id_problem(inputs.image_id)):
            yield Problem("imageId", reason)
        has_gpu = inputs.compute_type.startswith("GRAPHICS") if is_known(inputs.compute_type) else None
        yield from storage_problems(inputs.root_storage_gib, inputs.user_storage_gib, has_gpu=has_gpu)
        yield from aws_input_problems(inputs)
        if is_known(inputs.tags):
            yield from tag_problems(inputs.tags, longest_value=TAG_VALUE_LENGTH)

    def preflight(self, run: Run, inputs: WorkspaceBundleInputs) -> Iterator[Problem]:
        if is_known(inputs.bundle_name):
            bundle = workspace_bundles.find_by_name(run.aws, inputs.bundle_name)
            if bundle is not None and not self._is_own(run, bundle):
                yield Problem("bundleName", _taken(bundle))
        if is_known(inputs.image_id):
            yield from _image_problems(run, inputs.image_id)

    def create(self, run: Run, inputs: WorkspaceBundleInputs) -> Created[WorkspaceBundleState]:
        bundle = self._own_bundle(run, inputs) or self._new_bundle(run, inputs)
        state: WorkspaceBundleState = self.state_type(**vars(inputs), bundle_id=bundle.id, bundle_state="PENDING")
        run.record(bundle.id, state)
        try:
            state = self._finish(run, bundle.id, state)
        except CleanFailureError:
            workspace_bundles.delete(run.aws, bundle.id)
            raise
        return Created(bundle.id, self._with_image(run, bundle.id, state, inputs.image_id))

    def read(self, run: Run, id: str, state: WorkspaceBundleState) -> WorkspaceBundleState | None:
        bundle = workspace_bundles.find(run.aws, id)
        if bundle is None:
            return None
        tags = {k: v for k, v in workspaces_tags.list_tags(run.aws, id).items() if not is_reserved_tag(k)}
        own = tags if tags or state.tags is not None else None  # no tags and an empty map of them are the same
        return replace(
            state, bundle_id=id, bundle_state=bundle.state, image_id=bundle.image_id or state.image_id, tags=own
        )

    def update(
        self, run: Run, id: str, state: WorkspaceBundleState, inputs: WorkspaceBundleInputs
    ) -> WorkspaceBundleState:
        # Until they are off the bundle, tags that go stay recorded, as does the image until there is another: an update
        # that breaks off is completed by the next.
        tags = {**(state.tags or {}), **(inputs.tags or {})}
        updated = replace(self.replace_inputs(state, inputs), image_id=state.image_id, tags=tags)
        run.record(id, updated)
        if self.condition(state) is not Condition.READY:
            updated = self._finish(run, id, updated)
        updated = self._with_image(run, id, updated, inputs.image_id)
        self._retag(run, id, state.tags or {}, inputs)
        return replace(updated, tags=inputs.tags)

    def delete(self, run: Run, id: str, state: WorkspaceBundleState) -> None:
        try:
            once_available(run, id, lambda: workspace_bundles.delete(run.aws, id))
        except ClientError as error:
            if error_code(error) == "ResourceAssociatedException":
                words = f"bundle {id} ({state.bundle_name}) is still in use: {error_message(error)}"
                raise PartialFailureError(f"{words}; {_users(run, id)} first") from error
            raise
        while workspace_bundles.find(run.aws, id) is not None:  # until then its image cannot go
            run.status(f"{id}: being deleted")
            run.wait(run.poll_seconds)

    def condition(self, state: WorkspaceBundleState) -> Condition:
        conditions = {"AVAILABLE": Condition.READY, "ERROR": Condition.BROKEN}
        return conditions.get(state.bundle_state or "", Condition.UNFINISHED)

    def _own_bundle(self, run: Run, inputs: WorkspaceBundleInputs) -> BundleDescription | None:
        """The bundle that an earlier run made for these inputs; what it left in ERROR or of other inputs goes."""
        bundle = workspace_bundles.find_by_name(run.aws, inputs.bundle_name)
        if bundle is None:
            return None
        tags = workspaces_tags.list_tags(run.aws, bundle.id)
        if run.identity.tags(inputs).items() <= tags.items() and bundle.state != "ERROR":
            self._retag(run, bundle.id, tags, inputs)
            return bundle
        if tags.get(IDENTITY_TAG) != run.identity.key:
            raise CleanFailureError(_taken(bundle))
        workspace_bundles.delete(run.aws, bundle.id)
        return None

    def _new_bundle(self, run: Run, inputs: WorkspaceBundleInputs) -> BundleDescription:
        members = _members(inputs)
        tags = {**(inputs.tags or {}), **run.identity.tags(inputs)}
        while True:
            try:
                return once_available(run, inputs.bundle_name, lambda: workspace_bundles.create(run.aws, members, tags))
            except ClientError as error:
                if error_code(error) != _TAKEN:
                    raise
                # botocore's second try, after the answer to the first was lost; or the name of a bundle that was
                # deleted a moment ago, which AWS says to leave alone for two hours.
                if bundle := self._own_bundle(run, inputs):
                    return bundle
                run.status(
                    f"waiting for the name {inputs.bundle_name!r}, which a deleted bundle keeps for up to two hours: "
                    f"{error_message(error)}"
                )
            run.wait(run.poll_seconds)

    def _finish(self, run: Run, id: str, state: WorkspaceBundleState) -> WorkspaceBundleState:
        bundle = wait_for_end(
            run, workspace_bundles.POLLERS, id, lambda each: not each.pending, lambda each: each.state.lower()
        )
        state = replace(state, bundle_state=bundle.state if bundle else "ERROR")
        run.record(id, state)
        if bundle is None:
            raise CleanFailureError(
                f"bundle {id} is gone: it was deleted while it was made; the next `pulumi up` makes it anew"
            )
        if bundle.state != "AVAILABLE":
            raise CleanFailureError(
                f"bundle {id} ended in {bundle.state}, and WorkSpaces does not say why; see that image "
                f"{bundle.image_id} is AVAILABLE and fits into the root volume; the next `pulumi up` makes it anew"
            )
        return replace(state, image_id=bundle.image_id or state.image_id)

    def _with_image(self, run: Run, id: str, state: WorkspaceBundleState, image_id: str) -> WorkspaceBundleState:
        """The bundle with an image: its own, or another from now on."""
        if state.image_id == image_id:
            return state
        once_available(run, id, lambda: workspace_bundles.set_image(run.aws, id, image_id))
        return self._finish(run, id, replace(state, image_id=image_id))

    def _retag(self, run: Run, id: str, had: Mapping[str, str], inputs: WorkspaceBundleInputs) -> None:
        wanted = {**(inputs.tags or {}), **run.identity.tags(inputs)}
        workspaces_tags.untag(run.aws, id, {key for key in had if not is_reserved_tag(key)} - wanted.keys())
        workspaces_tags.tag(run.aws, id, wanted)

    def _is_own(self, run: Run, bundle: BundleDescription) -> bool:
        return workspaces_tags.list_tags(run.aws, bundle.id).get(IDENTITY_TAG) == run.identity.key


def _members(inputs: WorkspaceBundleInputs) -> dict[str, Any]:
    root = inputs.root_storage_gib
    return {
        "BundleName": inputs.bundle_name,
        "BundleDescription": inputs.bundle_description,
        "ImageId": inputs.image_id,
        "ComputeType": {"Name": inputs.compute_type.value},
        "UserStorage": {"Capacity": str(inputs.user_storage_gib)},
        **({"RootStorage": {"Capacity": str(root)}} if root is not None else {}),
    }


def _image_problems(run: Run, image_id: str) -> Iterator[Problem]:
    image = workspace_images.find_shared(run.aws, image_id)
    if image is None:
        if not run.supplied_by_resource("imageId"):
            yield Problem("imageId", f"there is no image {image_id} in {run.aws.region}")
        return
    if image.owner_account_id not in {None, run.aws.account_id}:
        yield Problem(
            "imageId",
            f"image {image.id} belongs to account {image.owner_account_id}; bundles are made of one's own images: copy "
            "it with CopyWorkspaceImage (WS-08)",
        )
    if image.state != "AVAILABLE" and not run.supplied_by_resource("imageId"):
        yield Problem("imageId", f"expected an image that is AVAILABLE, {image.id} is {image.state}")


def _taken(bundle: BundleDescription) -> str:
    return f"the name {bundle.name!r} belongs to bundle {bundle.id} of the account already; choose another name"


def _users(run: Run, bundle_id: str) -> str:
    """An advice that names the WorkSpaces of a bundle."""
    try:
        workspaces = ", ".join(workspace_bundles.list_workspaces(run.aws, bundle_id))
    except ClientError as error:
        return f"delete or migrate its WorkSpaces (which is not known: {error_message(error)})"
    return f"delete or migrate its WorkSpaces{f' {workspaces}' if workspaces else ''}"


class WorkspaceBundleArgs(AwsArgs):
    """The arguments of WorkspaceBundle.

    A change of any but image_id, tags, timeout_minutes, profile and assume_role_arn replaces the bundle.
    """

    bundle_name: pulumi.Input[str]
    r"""The name, unique in the Region: 1 to 64 of `a-z A-Z 0-9 _ . / ( ) \ -`, no space. AWS keeps that of a deleted
    bundle for up to two hours; a change that replaces goes quicker with a new name."""
    bundle_description: pulumi.Input[str]
    """The description: 1 to 255 of `a-z A-Z 0-9 _ . / ( ) -` and space."""
    image_id: pulumi.Input[str]
    """The image, wsi-..., of your own account. Another one is given to the bundle in place; WorkSpaces that are there
    already keep theirs until they are rebuilt."""
    compute_type: pulumi.Input[BundleComputeTypeValue]
    """The machine: VALUE, STANDARD, PERFORMANCE, POWER, POWERPRO, GENERALPURPOSE_4XLARGE, GRAPHICS_G4DN and others."""
    user_storage_gib: pulumi.Input[int]
    """The user volume, in GiB: 10, 50 or 100, and 100 to 2000 beside a root volume of 175 and more."""
    root_storage_gib: NotRequired[pulumi.Input[int]]
    """The root volume, in GiB: 80, or 175 to 2000 (from 100 with a GPU). Default: left to WorkSpaces."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the bundle; at most 45."""


class WorkspaceBundle(ManagedResource, module="vmimport", name="WorkspaceBundle"):
    """A bundle: what WorkSpaces are made of; the resource's id is the bundle's.

    Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/create-custom-bundle.html
    """

    bundle_id: pulumi.Output[str]
    """The bundle, wsb-..., for `aws.workspaces.Workspace`."""
    bundle_state: pulumi.Output[str]
    """AVAILABLE, or where a run that was interrupted left it."""

    @overload
    def __init__(
        self, resource_name: str, args: WorkspaceBundleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[WorkspaceBundleArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: WorkspaceBundleArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
