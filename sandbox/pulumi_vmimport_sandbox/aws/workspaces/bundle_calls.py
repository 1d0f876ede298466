"""WorkSpaces calls for the account's own bundles."""

from moto.core.responses import ActionResult, EmptyResult

from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.core.simulated_bundle import SimulatedBundle
from pulumi_vmimport_sandbox.aws.workspaces.bundle_validation import check_bundle
from pulumi_vmimport_sandbox.aws.workspaces.ingestion_validation import invalid, merge_workspaces_tags
from pulumi_vmimport_sandbox.aws.workspaces.regional_workspaces_calls import RegionalWorkspacesCalls


class BundleCalls(RegionalWorkspacesCalls):
    """CreateWorkspaceBundle, UpdateWorkspaceBundle, DeleteWorkspaceBundle, DescribeWorkspaceBundles."""

    def create_workspace_bundle(self) -> ActionResult:
        request = self.request
        root = check_bundle(request)
        tags = merge_workspaces_tags([], request.get("Tags") or [])
        self.available_image(request["ImageId"])
        if any(bundle.name == request["BundleName"] for bundle in self.bundles.values()):
            text = f"A bundle with the name {request['BundleName']} already exists."
            raise ServiceError("ResourceAlreadyExistsException", text)
        quota = self.cloud.settings.workspace_bundle_quota
        if len(self.bundles) >= quota:
            text = f"The account has reached its quota of {quota} bundles in this Region."
            raise ServiceError("ResourceLimitExceededException", text)
        now = self.cloud.now
        bundle = SimulatedBundle(
            request=request,
            owner=self.account_region.account,
            created_at=now,
            ready_at=now + self.cloud.settings.create_bundle_seconds,
            fails=self.cloud.faults.next_bundle_fails(),
            tags=tags,
            root_gib=root,
        )
        self.bundles[bundle.id] = bundle
        return ActionResult({"WorkspaceBundle": bundle.to_api()})

    def update_workspace_bundle(self) -> ActionResult:
        bundle = self._bundle()
        if "ImageId" not in self.request:
            raise invalid("ImageId must be specified.")
        if bundle.state != "AVAILABLE":
            text = f"The bundle {bundle.id} is in state {bundle.state}; it must be AVAILABLE."
            raise ServiceError("ResourceUnavailableException", text)
        bundle.image_id = self.available_image(self.request["ImageId"]).image_id
        bundle.updated_at = self.cloud.now
        return EmptyResult()

    def delete_workspace_bundle(self) -> ActionResult:
        bundle = self._bundle()
        workspaces = self.workspaces_backend.workspaces.values()
        users = [workspace.workspace_id for workspace in workspaces if workspace.bundle_id == bundle.id]
        if users:
            text = f"The bundle {bundle.id} is used by the WorkSpaces {', '.join(users)} and cannot be deleted."
            raise ServiceError("ResourceAssociatedException", text)
        del self.bundles[bundle.id]
        return EmptyResult()

    def describe_workspace_bundles(self) -> ActionResult:
        request = self.request
        ids, owner = request.get("BundleIds"), request.get("Owner")
        if ids and owner:
            raise invalid("BundleIds and Owner cannot be combined.")
        # The sandbox has no bundles of Amazon or other accounts.
        found = {} if owner not in {None, self.account_region.account} else self.bundles
        answer = self.page({name: bundle for name, bundle in found.items() if not ids or name in ids})
        return ActionResult({"Bundles": [bundle.to_api() for bundle in answer.pop("page")], **answer})

    def _bundle(self) -> SimulatedBundle:
        name = self.request.get("BundleId")
        if not name:
            raise invalid("BundleId must be specified.")
        if name not in self.bundles:
            raise ServiceError("ResourceNotFoundException", f"The bundle {name} does not exist.")
        return self.bundles[name]
