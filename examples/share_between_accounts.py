import pulumi

from pulumi_vmimport import CopyWorkspaceImage, CreateWorkspaceImage, WorkspaceBundle, WorkspaceImagePermissions

config = pulumi.Config()
golden = CreateWorkspaceImage(
    "golden",
    image_name="golden",
    image_description="Windows 10 of a WorkSpace",
    workspace_id=config.require("workspaceId"),
    region="eu-west-1",  # account A: the credentials of the stack
)
shared = WorkspaceImagePermissions(
    "golden-shared",
    image_id=golden.image_id,
    account_ids=[config.require("recipientAccountId")],
    region="eu-west-1",
)
copy = CopyWorkspaceImage(
    "golden-copy",
    image_name="golden",
    image_description="copy of account A",
    source_image_id=shared.image_id,  # not golden.image_id: the copy must wait until the image is shared
    source_region="eu-west-1",
    source_owner_account_id=config.require("ownerAccountId"),
    region="us-west-2",
    profile="recipient",  # account B: a profile in the shared AWS files
)
desk = WorkspaceBundle(
    "desk",
    bundle_name="desk",
    bundle_description="Windows 10 with 80 and 50 GB",
    image_id=copy.image_id,
    compute_type="STANDARD",
    root_storage_gib=80,
    user_storage_gib=50,
    region="us-west-2",
    profile="recipient",
)
pulumi.export("bundleId", desk.bundle_id)
