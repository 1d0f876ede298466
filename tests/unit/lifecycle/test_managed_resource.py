from typing import Any

import pulumi
import pytest

from pulumi_vmimport.lifecycle.program_values import to_bag
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshot
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs

SIGNED = "https://b.s3.eu-west-1.amazonaws.com/k.ova?X-Amz-Signature=f00d"


def container(world: Any, url: Any) -> list[Any]:
    """What goes to Pulumi, and whether as a secret, for the URL of a disk."""

    def program() -> pulumi.Output[Any]:
        given = url() if callable(url) else url
        bag = to_bag(ImportImageInputs, {"disk_containers": [{"url": given}]})
        output = pulumi.Output.from_input(bag["diskContainers"][0]["url"])
        is_secret: Any = output.is_secret()
        return pulumi.Output.from_input(is_secret).apply(lambda secret: output.apply(lambda v: [v, secret]))

    found: list[Any] = world.deploy(program)
    return found


@pytest.mark.parametrize(
    ("url", "value", "secret"),
    [
        pytest.param("s3://images/k.ova", "s3://images/k.ova", False, id="s3"),
        pytest.param(SIGNED, SIGNED, True, id="https"),
        pytest.param(lambda: pulumi.Output.from_input(SIGNED), SIGNED, True, id="https-from-an-output"),
        pytest.param(lambda: pulumi.Output.from_input("s3://images/k"), "s3://images/k", False, id="s3-from-an-output"),
        pytest.param(lambda: pulumi.Output.secret("s3://images/k"), "s3://images/k", True, id="secret-of-the-program"),
    ],
)
def test_the_url_of_a_disk_is_a_secret_where_it_may_be_presigned(
    world: Any, url: Any, value: str, secret: bool
) -> None:
    assert container(world, url) == [value, secret]


def test_fails_for_an_import_that_only_the_native_provider_can_read(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def program() -> None:
        DirectSnapshot("data", {"file": "/data.raw"}, pulumi.ResourceOptions(import_="snap-1"))

    monkeypatch.setenv("PULUMI_VMIMPORT_HOST", "dynamic")
    with pytest.raises(pulumi.RunError, match=r"DirectSnapshot data: import_ requires the native provider"):
        world.deploy(program)
    monkeypatch.setenv("PULUMI_VMIMPORT_HOST", "native")
    world.deploy(program)
