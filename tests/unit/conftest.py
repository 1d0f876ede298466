"""What tests of several folders need: a world without an engine, a vCenter with machines in it, and small disks.

The world shows what components register, and gives back what an engine would. The disks are stream-optimized VMDKs,
laid out as vSphere sends them.
"""

import asyncio
import io
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_origin

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks
from pyVmomi import vim

from pulumi_vmimport.lifecycle.schema import without_none
from pulumi_vmimport.vsphere.inventory import find_by_moid
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox
from pulumi_vmimport_sandbox.windows import SparseBytes


@dataclass
class World(Mocks):
    """Pulumi mocks: by token, the results of functions (a string is an error; a function gets the arguments) and the
    outputs that resources add."""

    region: str = "eu-west-1"
    account_id: str = "123456789012"
    partition: str = "aws"
    preview: bool = False
    answers: dict[str, Mapping[str, Any] | str | Callable[[Any], Any]] = field(default_factory=dict)
    states: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    resources: list[MockResourceArgs] = field(default_factory=list)
    components: dict[str, str] = field(default_factory=dict)
    calls: list[MockCallArgs] = field(default_factory=list)

    def call(self, args: MockCallArgs) -> Any:
        self.calls.append(args)
        answers: dict[str, Any] = {
            "aws:index/getRegion:getRegion": {"region": self.region},
            "aws:index/getPartition:getPartition": {"partition": self.partition},
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": self.account_id},
            "aws:iam/getRole:getRole": f"reading IAM Role ({args.args.get('name')}): NoSuchEntity",
            "aws:s3/getBucket:getBucket": "reading S3 Bucket (images): couldn't find resource",
            "aws:s3/getBucketPolicy:getBucketPolicy": "reading S3 Bucket (images) Policy: couldn't find resource",
            "vsphere:index/getDatacenter:getDatacenter": {"id": "datacenter-1"},
            "vsphere:index/getDatastore:getDatastore": {"id": "datastore-9"},
            "vsphere:index/getNetwork:getNetwork": {"id": "network-9"},
            "vsphere:index/getComputeCluster:getComputeCluster": {"resourcePoolId": "resgroup-9"},
            "vsphere:index/getHost:getHost": {"resourcePoolId": "resgroup-8"},
            "vsphere:index/getResourcePool:getResourcePool": {"id": "resgroup-7"},
            **self.answers,
        }
        answer = answers[args.token]
        answer = answer(args.args) if callable(answer) else answer
        return ({}, [("", answer)]) if isinstance(answer, str) else answer

    def new_resource(self, args: MockResourceArgs) -> Any:
        if not args.custom and not args.resource_id:  # a read of an existing resource has an id and no `custom`
            self.components[args.name] = args.typ
            return "", args.inputs
        self.resources.append(args)
        added = {} if self.preview else self.states.get(args.typ, dict)(args.inputs)
        return ("" if self.preview else f"{args.name}-id"), {**args.inputs, **added}

    @property
    def tokens(self) -> dict[str, str]:
        """The types of the created resources by name."""
        return {r.name: r.typ for r in self.resources}

    def inputs(self, name: str) -> dict[str, Any]:
        """The inputs of a resource by its name."""
        return next(r.inputs for r in self.resources if r.name == name)

    def deploy(self, program: Callable[[], Any]) -> Any:
        """Run a program and return its result with the values of the outputs; UNKNOWN where preview does not know one."""
        from pulumi_vmimport.components.component_base import apply_known  # noqa: PLC0415 - not for every test of this folder

        seen: list[Any] = []

        @pulumi.runtime.test  # type: ignore[untyped-decorator] # pulumi's own
        def run() -> Any:
            return apply_known(program(), seen.append)

        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)  # the same failure is reported once for each output that waited
        asyncio.set_event_loop(loop)
        try:
            pulumi.runtime.set_mocks(self, project="shop", stack="dev", preview=self.preview)
            run()
        finally:  # leftovers of a failed program would fail the next one
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.close()
            asyncio.set_event_loop(None)
        return seen[0]

    def problems(self, program: Callable[[], Any]) -> dict[str, str]:
        """The problems of the inputs of the component that the program creates, by path."""
        with pytest.raises(pulumi.InputPropertiesError) as failure:
            self.deploy(program)
        errors = failure.value.errors or []
        assert all(f"\n  {e['property_path']}: {e['reason']}" in str(failure.value) for e in errors)
        return {e["property_path"]: e["reason"] for e in errors}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The warnings that components log."""
    texts: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", lambda text, resource: texts.append(text))
    return texts


@pytest.fixture
def unknown() -> Callable[[], pulumi.Output[Any]]:
    """Creates an output that preview does not know; only inside a program."""
    return lambda: pulumi.Output.from_input(pulumi.output.UNKNOWN)


class LiteralAnalyzer(Analyzer):
    """Pulumi's analyzer (3.272) supports neither Literal types nor an optional `args`."""

    def analyze_type(self, typ: Any, **kwargs: Any) -> Any:
        return super().analyze_type(without_none(typ), **kwargs)

    def analyze_property(self, arg: Any, *args: Any, **kwargs: Any) -> Any:
        return super().analyze_property(str if get_origin(arg) is Literal else arg, *args, **kwargs)


@pytest.fixture
def schema() -> Callable[[type[pulumi.ComponentResource]], Any]:
    """The schema that Pulumi's analyzer derives from a component for programs in other languages."""

    def analyze(component: type[pulumi.ComponentResource]) -> Any:
        return LiteralAnalyzer("vmimport").analyze([component])["component_definitions"][component.__name__]

    return analyze


DEVICE = vim.vm.device
DATASTORE = "LocalDS_0"
SECTOR = 512
GRAIN = 128
TABLE_ENTRIES = 512
AT_END = 2**64 - 1
DESCRIPTOR = b'# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="streamOptimized"\n'


@pytest.fixture(scope="session")
def vcenter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VCenterSandbox]:
    with VCenterSandbox(tmp_path_factory.mktemp("vcenter")) as running:
        yield running


@pytest.fixture
def settings(vcenter: VCenterSandbox) -> VSphereSettings:
    server = f"{vcenter.host}:{vcenter.port}"
    return VSphereSettings(server, vcenter.user, vcenter.password, ca_file=str(vcenter.ca_file))


@pytest.fixture
def session(settings: VSphereSettings) -> Iterator[VSphereSession]:
    with VSphereSession(settings) as connected:
        yield connected


class Machines:
    """Creates virtual machines and removes them at the end."""

    def __init__(self, vcenter: VCenterSandbox, session: VSphereSession) -> None:
        self.vcenter = vcenter
        self.session = session
        self._made: list[Any] = []

    def make(self, name: str, *disks: bytes, folder: str = "", **config: Any) -> VSphereMachine:
        """A powered-off Windows VM with an ISO in its CD drive; the files of its disks contain the given bytes.

        vSphere exports them byte for byte. A disk that its datastore serves is one of `make_with_disks`.
        """
        made = self._create(name, len(disks), folder, config)
        held: list[Any] = [device for device in made.config.hardware.device if isinstance(device, DEVICE.VirtualDisk)]
        for device, content in zip(held, disks, strict=True):
            self.vcenter.put_file(DATASTORE, device.backing.fileName.split("] ")[1], io.BytesIO(content))
        return find_by_moid(self.session, made._moId)

    def make_with_disks(self, name: str, *disks: bytes, folder: str = "", **config: Any) -> VSphereMachine:
        """The same VM with disks of 1 GiB, 2 GiB and so on, which start with the given bytes."""
        made = self._create(name, len(disks), folder, config)
        for number, content in enumerate(disks):
            self.vcenter.put_disk(made, io.BytesIO(content), number)
        return find_by_moid(self.session, made._moId)

    def make_windows(self, name: str, disk: SparseBytes, **config: Any) -> VSphereMachine:
        """The same VM with the disk of a Windows guest."""
        made = self._create(name, 1, "", config, capacity_bytes=disk.size_bytes)
        disk.write_file(self.vcenter.disk_file(made))
        return find_by_moid(self.session, made._moId)

    def _create(self, name: str, disks: int, folder: str, config: dict[str, Any], capacity_bytes: int = 1 << 30) -> Any:
        root = self.vcenter.session.content.rootFolder.childEntity[0]
        into = root.vmFolder
        if folder:
            into = next((f for f in into.childEntity if f.name == folder), None) or into.CreateFolder(folder)
        files = vim.vm.FileInfo(vmPathName=f"[{DATASTORE}]")
        spec = vim.vm.ConfigSpec(
            name=name, files=files, deviceChange=_devices(disks, capacity_bytes >> 10), **{**_CONFIG, **config}
        )
        pool = root.hostFolder.childEntity[0].resourcePool
        made = self.vcenter.session.wait("create", into.CreateVM_Task(config=spec, pool=pool))
        self._made.append(made)
        return made

    def forget(self, machine: VSphereMachine) -> None:
        """Do not remove a machine that the test has removed."""
        self._made = [made for made in self._made if made._moId != machine.moid]

    def remove(self) -> None:
        for made in self._made:
            if made.runtime.powerState == "poweredOn":
                self.vcenter.session.wait("power off", made.PowerOffVM_Task())
            self.vcenter.session.wait("remove", made.Destroy_Task())


@pytest.fixture
def machines(vcenter: VCenterSandbox, session: VSphereSession) -> Iterator[Machines]:
    made = Machines(vcenter, session)
    yield made
    made.remove()


@pytest.fixture
def make_machines() -> type[Machines]:
    """Virtual machines in a vCenter of the test, which removes them with it."""
    return Machines


_CONFIG = {"guestId": "windows9_64Guest", "numCPUs": 2, "memoryMB": 4096, "firmware": "bios"}


def _devices(disks: int, capacity_kib: int) -> list[Any]:
    connected = DEVICE.VirtualDevice.ConnectInfo(startConnected=True, allowGuestControl=True, connected=True)
    iso = DEVICE.VirtualCdrom.IsoBackingInfo(fileName=f"[{DATASTORE}] iso/windows.iso")
    network = DEVICE.VirtualEthernetCard.NetworkBackingInfo(deviceName="VM Network")
    devices: list[Any] = [
        DEVICE.VirtualLsiLogicSASController(key=1000, busNumber=0, sharedBus="noSharing"),
        DEVICE.VirtualCdrom(key=3000, controllerKey=200, unitNumber=0, backing=iso, connectable=connected),
        DEVICE.VirtualE1000e(key=4000, backing=network),
    ]
    changes = [DEVICE.VirtualDeviceSpec(operation="add", device=device) for device in devices]
    for number in range(disks):
        backing = DEVICE.VirtualDisk.FlatVer2BackingInfo(
            fileName=f"[{DATASTORE}]", diskMode="persistent", thinProvisioned=True
        )
        disk = DEVICE.VirtualDisk(
            key=2000 + number,
            controllerKey=1000,
            unitNumber=number,
            backing=backing,
            capacityInKB=(number + 1) * capacity_kib,
        )
        changes.append(DEVICE.VirtualDeviceSpec(operation="add", fileOperation="create", device=disk))
    return changes


def header(capacity: int, directory: int = AT_END, *, flags: int = 0x30001, compression: int = 1) -> bytes:
    facts = struct.pack(
        "<4sIIQQQQIQQQB4sH",
        b"KDMV", 3, flags, capacity, GRAIN, 1, 1, TABLE_ENTRIES, 0, directory, GRAIN, 0, b"\n \r\n", compression,
    )  # fmt: skip
    return facts.ljust(SECTOR, b"\0")


def _marker(sectors: int, kind: int) -> bytes:
    return struct.pack("<QII", sectors, 0, kind).ljust(SECTOR, b"\0")


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % SECTOR)


def vmdk(capacity_bytes: int, content: bytes) -> bytes:
    """A disk that starts with the content, followed by zeros."""
    capacity = capacity_bytes // SECTOR
    out = header(capacity) + _padded(DESCRIPTOR)
    table = [0] * TABLE_ENTRIES
    for number, at in enumerate(range(0, len(content), GRAIN * SECTOR)):
        packed = zlib.compress(content[at : at + GRAIN * SECTOR].ljust(GRAIN * SECTOR, b"\0"))
        table[number] = len(out) // SECTOR
        out += _padded(struct.pack("<QI", number * GRAIN, len(packed)) + packed)
    out += _marker(TABLE_ENTRIES * 4 // SECTOR, 1)
    table_at = len(out) // SECTOR
    out += struct.pack(f"<{TABLE_ENTRIES}I", *table) + _marker(1, 2)
    directory_at = len(out) // SECTOR
    tables = -(-capacity // (GRAIN * TABLE_ENTRIES))
    out += _padded(struct.pack(f"<{tables}I", table_at, *[0] * (tables - 1)))
    return out + _marker(1, 3) + header(capacity, directory_at) + bytes(SECTOR)


@pytest.fixture
def stream_optimized() -> Callable[[int, bytes], bytes]:
    return vmdk


def sound_disk() -> bytes:
    """The start of a disk of 1 GiB that breaks no rule: an MBR with an active NTFS partition."""
    disk = bytearray(2 << 20)
    disk[:2], disk[446:462] = b"\xeb\x3c", bytes.fromhex("80202100 07feffff 00080000 00f01f00")
    disk[1 << 20 : (1 << 20) + 11] = b"\xeb\x52\x90NTFS    "
    for sector in (0, 1 << 20):
        disk[sector + 510 : sector + 512] = b"\x55\xaa"
    return bytes(disk)


@pytest.fixture
def bootable_disk() -> bytes:
    """See `sound_disk`."""
    return sound_disk()


@pytest.fixture
def sparse_header() -> Callable[..., bytes]:
    return header
