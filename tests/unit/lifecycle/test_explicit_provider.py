import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws
import pulumi_vsphere
import pytest

from pulumi_vmimport.lifecycle.host_run import HostSettings
from pulumi_vmimport.lifecycle.package_provider import Provider
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshot
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import VirtualMachineExport


class Holder(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("shop:index:Holder", name, None, opts)


def american(name: str = "us", **inputs: Any) -> pulumi_aws.Provider:
    return pulumi_aws.Provider(name, region="us-east-1", **inputs)


def snapshot(opts: pulumi.ResourceOptions | None = None) -> DirectSnapshot:
    return DirectSnapshot("data", {"file": "/data.raw"}, opts)


def inherited(**options: Any) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(parent=Holder("outer", pulumi.ResourceOptions(**options)))


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(lambda p: pulumi.ResourceOptions(provider=p), id="provider"),
        pytest.param(lambda p: pulumi.ResourceOptions(providers=[p]), id="providers"),
        pytest.param(lambda p: pulumi.ResourceOptions(providers={"aws": p}), id="providers-by-name"),
        pytest.param(lambda p: inherited(provider=p), id="provider-of-the-parent"),
        pytest.param(lambda p: inherited(providers=[p]), id="providers-of-the-parent"),
        pytest.param(
            lambda p: pulumi.ResourceOptions(
                parent=Holder("inner", inherited(providers=[american("other")])), provider=p
            ),
            id="own-before-inherited",
        ),
    ],
)
def test_the_settings_of_the_provider_reach_the_resource(
    world: Any, options: Callable[[pulumi_aws.Provider], pulumi.ResourceOptions]
) -> None:
    roles = [pulumi_aws.ProviderAssumeRoleArgs(role_arn="arn:hub", external_id="x")]

    def program() -> None:
        snapshot(options(american(profile="web", assume_roles=roles, max_retries=3)))

    world.deploy(program)
    found = world.inputs("data")["awsProvider"]
    assert json.loads(found.pop("assumeRoles")) == [{"roleArn": "arn:hub", "externalId": "x"}]
    assert found == {"region": "us-east-1", "profile": "web", "maxRetries": "3", "skipRegionValidation": "true"}


def test_without_an_explicit_provider_the_resource_has_no_such_property(world: Any) -> None:
    world.deploy(snapshot)
    assert "awsProvider" not in world.inputs("data")


@pytest.mark.parametrize(
    ("arguments", "aws_region", "vsphere"),
    [
        pytest.param({"region": "ap-south-1"}, None, "vc.example", id="aws"),
        pytest.param({"vsphere_server": "vc.other"}, "us-east-1", None, id="vsphere"),
        pytest.param({"poll_seconds": 5}, "us-east-1", "vc.example", id="neither"),
        pytest.param({"profile": None}, "us-east-1", "vc.example", id="no-value"),
    ],
)
@pytest.mark.parametrize("place", ["own", "inherited"])
def test_the_settings_of_the_native_provider_replace_those_of_the_other_providers(
    world: Any,
    monkeypatch: pytest.MonkeyPatch,
    arguments: Any,
    aws_region: str | None,
    vsphere: str | None,
    place: str,
) -> None:
    monkeypatch.setenv("PULUMI_VMIMPORT_HOST", "native")

    def program() -> None:
        center = pulumi_vsphere.Provider("dc", vsphere_server="vc.example", user="u", password="hunter2")
        native = Provider("native", arguments)
        opts = inherited(providers=[center, american(), *([native] if place == "inherited" else [])])
        opts.provider = native if place == "own" else None
        VirtualMachineExport("web", {"path": "/DC/vm/web", "bucket": "b", "key": "web.ova"}, opts)

    world.deploy(program)
    found = world.inputs("web")
    assert found.get("awsProvider", {}).get("region") == aws_region
    assert found.get("vsphereProvider", {}).get("vsphereServer") == vsphere


def test_keys_of_the_provider_are_a_secret_in_the_state(world: Any) -> None:
    def program() -> pulumi.Output[Any]:
        made = snapshot(pulumi.ResourceOptions(provider=american(access_key="AKIA", secret_key="hunter2")))
        secret: Any = made.__dict__["awsProvider"].is_secret()
        return pulumi.Output.from_input(secret)

    assert world.deploy(program) is True


def test_an_existing_resource_is_read_with_the_provider(world: Any) -> None:
    def program() -> None:
        DirectSnapshot.get("data", "snap-1", pulumi.ResourceOptions(provider=american()))

    world.deploy(program)
    assert world.inputs("data")["awsProvider"]["region"] == "us-east-1"


def test_fails_when_a_transformation_replaces_the_provider(world: Any) -> None:
    def program() -> None:
        other = american("other")

        def replace(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
            opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(provider=other))
            return pulumi.ResourceTransformationResult(args.props, opts)

        snapshot(pulumi.ResourceOptions(transformations=[replace]))

    with pytest.raises(pulumi.RunError, match=r"DirectSnapshot data: .*set region and profile"):
        world.deploy(program)


def test_an_export_reads_the_vsphere_of_its_explicit_provider(world: Any) -> None:
    def program() -> None:
        center = pulumi_vsphere.Provider("dc", vsphere_server="vc.example", user="u", password="hunter2")
        opts = pulumi.ResourceOptions(providers=[center, american()])
        VirtualMachineExport("web", {"path": "/DC/vm/web", "bucket": "b", "key": "web.ova"}, opts)
        snapshot(pulumi.ResourceOptions(providers=[center]))

    world.deploy(program)
    found = world.inputs("web")["vsphereProvider"]
    assert (found["vsphereServer"], found["user"]) == ("vc.example", "u")
    assert "vsphereProvider" not in world.inputs("data")


def test_a_vsphere_provider_replaces_the_server_and_the_login() -> None:
    config = {"vsphere:vsphereServer": "other", "vsphere:password": "p", "vmimport:vsphereThumbprint": "AA"}
    settings = HostSettings.read(config, {"VSPHERE_USER": "env"})
    assert settings.with_vsphere_provider(None) is settings
    found = settings.with_vsphere_provider({"vsphereServer": "vc", "user": "u", "allowUnverifiedSsl": "true"}).vsphere
    assert found == {
        "VSPHERE_SERVER": "vc",
        "VSPHERE_USER": "u",
        "VSPHERE_ALLOW_UNVERIFIED_SSL": "true",
        "VMIMPORT_VSPHERE_THUMBPRINT": "AA",
    }
    assert settings.with_vsphere_provider({"vcenterServer": "old"}).vsphere["VSPHERE_SERVER"] == "old"
