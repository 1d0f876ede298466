"""A machine's disks on their way from the vCenter to S3 in one pass: cut off, damaged, changed, as VMDKs."""

import gc
import io
import random
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pyVmomi import vim
from tests.engine.relay import Cut, Relay
from tests.unit.conftest import Machines, vmdk

from pulumi_vmimport import ImportImage, VirtualMachineExport
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport_sandbox import Sandbox

REGION, BUCKET, KEY = "eu-west-1", "images-of-web", "ova/web.ova"
GIB, MIB = 1 << 30, 1 << 20
EVERYTHING = ""  # matches every command line
DISKS = [vmdk(GIB, random.Random(1).randbytes(20 * MIB)), vmdk(2 * GIB, random.Random(2).randbytes(MIB))]  # noqa: S311


@dataclass
class Scene:
    """A machine of two disks and a stack that exports it to S3."""

    stack: Any
    machine: Any
    sandbox: Sandbox
    machines: Machines
    args: dict[str, Any]

    @property
    def s3(self) -> Any:
        return self.sandbox.aws.observer("s3", REGION)

    def object(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def disks(self) -> list[bytes]:
        """The disks in the OVA; fails if an upload is in progress."""
        assert not self.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
        with tarfile.open(fileobj=io.BytesIO(self.object(KEY))) as tar:
            return [tar.extractfile(name).read() for name in tar.getnames()[2:]]  # type: ignore[union-attr]

    def reconfigure(self, **config: Any) -> None:
        task = self.machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(**config))
        self.sandbox.vcenter.session.wait("reconfigure", task)

    def through(self, relay: Relay) -> None:
        """Connect to vCenter and to the disks through a relay."""
        anywhere = vim.option.OptionValue(key="vcsim.server.url", value="https://*/sdk")
        self.sandbox.vcenter.session.content.setting.UpdateOptions([anywhere])
        self.stack.environment["VSPHERE_SERVER"] = f"127.0.0.1:{relay.port}"


@pytest.fixture(autouse=True)
def programs_end_here(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The program of a killed engine stays in this process; its warnings must appear within its own test."""
    yield
    caplog.get_records("call").clear()  # the errors logged by gRPC refer to it
    gc.collect()


@pytest.fixture
def sandbox(vsphere_sandbox: Sandbox) -> Sandbox:
    return vsphere_sandbox


@pytest.fixture
def scene(sandbox: Sandbox, new_stack: Callable[..., Any], image_args: dict[str, Any]) -> Iterator[Scene]:
    settings = VSphereSettings.from_environment(sandbox.environment)
    assert settings is not None
    with VSphereSession(settings) as session:
        machines = Machines(sandbox.vcenter, session)
        machine = machines.make("web", *DISKS)
        args: dict[str, Any] = {"bucket": BUCKET, "key": KEY, "uuid": machine.facts().uuid}

        def program() -> None:
            export = VirtualMachineExport("web", **args)
            for name in ("checksum", "etag", "disk_sha256", "virtual_machine_change_version"):
                pulumi.export(name, getattr(export, name))

        yield Scene(new_stack(program), machine, sandbox, machines, args)


@pytest.mark.both_hosts
def test_an_unchanged_machine_is_exported_once(scene: Scene) -> None:
    assert scene.stack.up() == {"create": 2}
    assert scene.disks() == DISKS
    writes = scene.sandbox.aws.calls.writes()
    assert scene.stack.up() == {"same": 2}
    assert "changed since it was exported" not in "\n".join(scene.stack.output)
    assert scene.sandbox.aws.calls.writes() == writes
    scene.stack.destroy()
    assert KEY not in [o["Key"] for o in scene.s3.list_objects_v2(Bucket=BUCKET)["Contents"]]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("call", "nth"), [("UploadPart", 1), ("UploadPart", 2), ("CompleteMultipartUpload", 1)])
def test_after_kill_9_the_next_up_completes_the_export(scene: Scene, call: str, nth: int, when: Any) -> None:
    scene.sandbox.aws.faults.on(call, lambda _: scene.stack.kill(EVERYTHING), nth=nth, when=when)
    scene.stack.fails(scene.stack.up)
    scene.stack.cancel()
    scene.stack.up()
    assert scene.disks() == DISKS
    assert scene.stack.up() == {"same": 2}


def test_a_part_with_a_bit_flipped_on_the_way_to_s3_is_sent_again(scene: Scene) -> None:
    flipped: list[int] = []

    def flip(passed: int, data: bytes) -> bytes:
        if passed > MIB and not flipped:  # in the body of a part: no other request is as long
            flipped.append(passed)
            return data[:100] + bytes([data[100] ^ 4]) + data[101:]
        return data

    host, port = scene.sandbox.aws.endpoint.removeprefix("http://").split(":")
    with Relay(host, int(port), up=flip) as relay:
        scene.stack.environment["AWS_ENDPOINT_URL_S3"] = f"http://127.0.0.1:{relay.port}"
        scene.stack.environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{relay.port}"
        scene.stack.up()
    assert flipped
    assert scene.disks() == DISKS
    uploads = [part for part in scene.sandbox.aws.calls.writes() if "UploadPart" in str(part)]
    assert len(uploads) == 3


@pytest.mark.parametrize("cuts", [[3 * MIB], [19 * MIB, 5 * MIB, 12 * MIB], [100_000_000, MIB // 2]])
def test_a_download_that_breaks_is_resumed(scene: Scene, cuts: list[int]) -> None:
    broken = []

    def cut(passed: int, data: bytes) -> bytes:
        if cuts and passed > cuts[0]:
            broken.append(cuts.pop(0))
            raise Cut
        if cuts and cuts[0] > 10 * MIB * 5 and passed > 20 * MIB:
            cuts.pop(0)  # the first disk is complete; the next cut is in the second
        return data

    with Relay(scene.sandbox.vcenter.host, scene.sandbox.vcenter.port, down=cut) as relay:
        scene.through(relay)
        scene.stack.up()
    assert broken
    assert scene.disks() == DISKS


def test_fails_in_one_line_with_nothing_left_if_the_download_keeps_breaking(scene: Scene) -> None:
    def cut(passed: int, data: bytes) -> bytes:
        if passed > 3 * MIB:
            raise Cut
        return data

    with Relay(scene.sandbox.vcenter.host, scene.sandbox.vcenter.port, down=cut) as relay:
        scene.through(relay)
        printed = scene.stack.fails(scene.stack.up)
    assert "(attempt 6 of 6)" in printed
    assert "restart the export" in printed
    assert "Traceback" not in printed
    assert not scene.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")


def test_preview_warns_about_a_changed_machine_and_export_when_changed_exports_it_in_place(scene: Scene) -> None:
    scene.stack.up()
    before = scene.stack.outputs()
    scene.reconfigure(memoryMB=8192)
    assert scene.stack.preview() == {"same": 2}
    assert "web has changed since it was exported" in "\n".join(scene.stack.output)
    scene.args["export_when_changed"] = True
    assert scene.stack.preview() == {"same": 1, "update": 1}
    assert scene.stack.up() == {"same": 1, "update": 1}
    after = scene.stack.outputs()
    assert scene.disks() == DISKS
    assert after["checksum"] != before["checksum"]
    assert after["disk_sha256"] == before["disk_sha256"]
    assert scene.stack.up() == {"same": 2}


def test_the_disks_of_a_snapshot_are_imported_as_an_ami(
    scene: Scene, new_stack: Callable[..., Any], image_args: dict[str, Any], disk: Path
) -> None:
    disks = [disk.read_bytes(), DISKS[1]]
    machine = scene.machines.make("windows", *disks)
    task = machine.reference.CreateSnapshot_Task(name="clean", memory=False, quiesce=False)
    scene.sandbox.vcenter.session.wait("snapshot", task)
    scene.args |= {"key": "disks/web/", "format": "vmdk", "snapshot": "clean", "uuid": machine.facts().uuid}

    def program() -> None:
        export = VirtualMachineExport("web", **scene.args)
        containers: list[Any] = [
            {"format": "VMDK", "user_bucket": {"s3_bucket": export.bucket, "s3_key": export.disk_keys[number]}}
            for number in range(2)
        ]
        image = ImportImage("web", **{**image_args, "disk_containers": containers, "source_hash": export.checksum})
        pulumi.export("imageId", image.image_id)

    stack = new_stack(program, name="vmdk")
    assert stack.up() == {"create": 3}
    assert stack.outputs()["imageId"].startswith("ami-")
    assert [scene.object(f"disks/web/disk{number}.vmdk") for number in (1, 2)] == disks
    assert stack.up() == {"same": 3}
    stack.destroy()
    assert not scene.s3.list_objects_v2(Bucket=BUCKET, Prefix="disks/").get("Contents")
