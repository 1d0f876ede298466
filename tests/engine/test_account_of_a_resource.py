"""Each resource stays in the account and Region of its credentials or its explicit provider, on the real engine."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws
import pytest

from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshot
from pulumi_vmimport_sandbox import Sandbox

REGION, OTHER_REGION = "eu-west-1", "us-east-1"


@pytest.fixture
def stack(new_stack: Any, tmp_path: Path) -> Any:
    file = tmp_path / "data.raw"
    file.write_bytes(bytes([1]) * (1 << 20))

    def program() -> None:
        key, secret = pulumi.Config().require("key"), pulumi.Config().require_secret("secretKey")
        american = pulumi_aws.Provider("us", region=OTHER_REGION, access_key=key, secret_key=secret)
        DirectSnapshot("plain", {"file": str(file)})
        DirectSnapshot("explicit", {"file": str(file)}, pulumi.ResourceOptions(provider=american))

    return new_stack(program)


def snapshots(account: Any, region: str) -> int:
    return len(account.observer("ec2", region).describe_snapshots(OwnerIds=["self"])["Snapshots"])


@pytest.mark.both_hosts
def test_credentials_roles_and_providers_decide_the_account_and_another_account_is_an_error(
    stack: Any, sandbox: Sandbox
) -> None:
    hub, spoke = sandbox.aws, sandbox.aws.second_account()
    stack.config = {"aws:region": REGION, "web:key": hub.access_key, "web:secretKey": hub.secret_key}
    count = 4 + stack.settings_providers
    assert stack.up() == {"create": count}
    assert (snapshots(hub, REGION), snapshots(hub, OTHER_REGION)) == (1, 1)
    assert stack.preview(refresh=True) == {"same": count}
    assert hub.secret_key not in json.dumps(stack.state())

    stack.environment = {"AWS_ACCESS_KEY_ID": spoke.access_key, "AWS_SECRET_ACCESS_KEY": spoke.secret_key}
    for command in (stack.refresh, stack.destroy):
        output = stack.fails(command)
        assert f"account {hub.account_id}, {REGION}" in output
        assert f"account {spoke.account_id}" in output
        assert snapshots(hub, REGION) == 1
    stack.environment = {}
    stack.destroy()
    assert (snapshots(hub, REGION), snapshots(hub, OTHER_REGION)) == (0, 0)

    roles = [{"roleArn": f"arn:aws:iam::{hub.account_id}:role/hub", "externalId": "x"}, {"roleArn": spoke.role_arn}]
    stack.config["aws:assumeRoles"] = json.dumps(roles)
    assert stack.up() == {"create": count}
    assert (snapshots(spoke, REGION), snapshots(hub, REGION), snapshots(hub, OTHER_REGION)) == (1, 0, 1)
    stack.destroy()
    assert (snapshots(spoke, REGION), snapshots(hub, OTHER_REGION)) == (0, 0)
