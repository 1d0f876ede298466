"""The example with two accounts: one shares its image, the other copies it to another Region and creates a bundle."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport_sandbox import Sandbox
from pulumi_vmimport_sandbox.aws.server.accounts import Account

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "share_between_accounts.py"
HERE, THERE = "eu-west-1", "us-west-2"
STRANGER = "999999999999"


@pytest.fixture
def recipient(sandbox: Sandbox) -> Account:
    """Another account of the same organization."""
    return sandbox.aws.second_account()


@pytest.fixture
def stack(new_stack: Callable[..., Any], sandbox: Sandbox, recipient: Account, tmp_path: Path) -> Any:
    """The example's stack, with a profile for the recipient."""
    settings, credentials = sandbox.aws.settings, tmp_path / "credentials"
    settings.create_workspace_image_seconds = settings.copy_workspace_image_seconds = 300
    credentials.write_text(
        f"[recipient]\naws_access_key_id = {recipient.access_key}\naws_secret_access_key = {recipient.secret_key}\n"
    )
    config = {
        "ownerAccountId": sandbox.aws.account_id,
        "recipientAccountId": recipient.account_id,
        "workspaceId": sandbox.aws.make_workspace(HERE, dedicated=True),
    }
    environment = {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)}

    def program() -> None:
        runpy.run_path(str(EXAMPLE))

    return new_stack(program, config=config, environment=environment)


@pytest.mark.both_hosts
def test_one_account_shares_an_image_and_another_copies_it_for_a_bundle(
    stack: Any, sandbox: Sandbox, recipient: Account
) -> None:
    owner_client, recipient_client = sandbox.aws.observer("workspaces", HERE), recipient.observer("workspaces", THERE)
    assert stack.preview() == {"create": 5}
    stack.config["ownerAccountId"] = STRANGER
    printed = stack.fails(stack.up)
    assert sandbox.aws.calls.of("CopyWorkspaceImage") == []
    assert f"belongs to account {sandbox.aws.account_id}, expected {STRANGER}" in printed
    assert "Traceback" not in printed
    stack.config["ownerAccountId"] = sandbox.aws.account_id
    assert stack.up() == {"create": 2, "same": 3}
    [copied] = recipient_client.describe_workspace_images(ImageType="OWNED")["Images"]
    assert (copied["State"], copied["RequiredTenancy"]) == ("AVAILABLE", "DEDICATED")
    [bundle] = recipient_client.describe_workspace_bundles()["Bundles"]
    assert (bundle["BundleId"], bundle["ImageId"]) == (stack.outputs()["bundleId"], copied["ImageId"])
    writes = sandbox.aws.calls.writes()
    assert stack.up() == {"same": 5}
    assert sandbox.aws.calls.writes() == writes

    [golden] = owner_client.describe_workspace_images()["Images"]
    share = {"ImageId": golden["ImageId"], "SharedAccountId": recipient.account_id}
    owner_client.update_workspace_image_permission(**share, AllowCopyImage=False)
    recipient_client.delete_workspace_bundle(BundleId=bundle["BundleId"])
    assert stack.preview(refresh=True) == {"create": 1, "same": 3, "update": 1}
    assert stack.up(refresh=True) == {"create": 1, "same": 3, "update": 1}
    permitted = owner_client.describe_workspace_image_permissions(ImageId=golden["ImageId"])["ImagePermissions"]
    assert permitted == [{"SharedAccountId": recipient.account_id}]
    stack.destroy()
    assert [line for line in sandbox.aws.remaining_resources() if "workspaces" in line] == []
