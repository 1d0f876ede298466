"""The stand-ins as processes: what the engine starts, and how it ends them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_vmimport_sandbox import standins

LAUNCHER = Path(standins.__file__).with_name("__main__.py")
HEAVY = ("moto", "pulumi_aws", "pulumi_vmimport", "pulumi_vsphere")
DEADLINE_SECONDS = 20


def launched(name: str, *missing: str) -> "subprocess.Popen[str]":
    """A stand-in in an interpreter that cannot import the missing modules and what would make it slow."""
    code = f"import sys; sys.argv = ['', {name!r}, '1.2.3', '{os.getpid()}', '127.0.0.1:1']; path = {str(LAUNCHER)!r}; "
    run = f"import runpy; sys.modules.update(dict.fromkeys({(*HEAVY, *missing)!r})); runpy.run_path(path, run_name='__main__')"
    return subprocess.Popen([sys.executable, "-P", "-u", "-c", code + run], stdout=subprocess.PIPE, text=True)


def port_of(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def happens(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("name", ["aws", "vsphere"])
def test_a_standin_prints_its_port_and_exits_at_once_on_a_signal(name: str) -> None:
    with launched(name) as process:
        with grpc.insecure_channel(f"127.0.0.1:{port_of(process)}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            assert stub.GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"
        reported = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_SECONDS) == 0
        assert time.monotonic() - reported < 2  # the engine calls five seconds a crash


@pytest.mark.parametrize(("name", "sdk"), [("aws", "botocore"), ("vsphere", "pyVmomi")])
def test_a_standin_prints_its_port_before_it_imports_the_sdk_of_its_service(name: str, sdk: str) -> None:
    with launched(name, sdk) as process:
        assert port_of(process) > 0
        assert process.wait(DEADLINE_SECONDS) == 1


def test_a_standin_ends_when_its_engine_is_killed(tmp_path: Path) -> None:
    port, pid = tmp_path / "port", tmp_path / "pid"
    script = f"{sys.executable} -P {LAUNCHER} aws 1.2.3 $$ > {port} & echo $! > {pid}; wait"
    with subprocess.Popen(["sh", "-c", script]) as engine:
        assert happens(lambda: port.exists() and port.read_text().endswith("\n"))
        engine.kill()
    assert happens(lambda: not _runs(int(pid.read_text())))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[-1].split()[0] != "Z"
