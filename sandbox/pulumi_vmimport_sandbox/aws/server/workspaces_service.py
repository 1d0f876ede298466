"""moto's WorkSpaces with the calls for images, bundles and BYOL that moto lacks or completes immediately."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.server.completion import complete
from pulumi_vmimport_sandbox.aws.workspaces.bundle_calls import BundleCalls
from pulumi_vmimport_sandbox.aws.workspaces.byol_calls import ByolCalls
from pulumi_vmimport_sandbox.aws.workspaces.image_creation_calls import ImageCreationCalls
from pulumi_vmimport_sandbox.aws.workspaces.ingestion_validation import merge_workspaces_tags
from pulumi_vmimport_sandbox.aws.workspaces.workspace_image_calls import WorkspaceImageCalls


class WorkspacesService(ImageCreationCalls, WorkspaceImageCalls, BundleCalls, ByolCalls):
    """The WorkSpaces service. A subclass with `cloud` belongs to one sandbox."""

    def call_action(self) -> Any:
        with self.cloud.lock:
            complete(self.cloud)
            return super().call_action()

    def create_tags(self) -> ActionResult:
        resource = self._resource()
        resource.tags = merge_workspaces_tags(resource.tags or [], self.request["Tags"])
        return EmptyResult()

    def delete_tags(self) -> ActionResult:
        resource = self._resource()
        resource.tags = [tag for tag in resource.tags or [] if tag["Key"] not in self.request["TagKeys"]]
        return EmptyResult()

    def describe_tags(self) -> ActionResult:
        return ActionResult({"TagList": self._resource().tags or []})

    def _resource(self) -> Any:
        name = self.request["ResourceId"]
        backend = self.workspaces_backend
        resources = {**backend.workspace_directories, **backend.workspaces, **self.images, **self.bundles}
        if name not in resources:
            raise ServiceError("ResourceNotFoundException", f"The resource {name} does not exist.")
        return resources[name]
