"""Provider processes that fork from a process that has imported the providers, whose imports they share.

Imports and service models take a second of CPU time in each of the thousand engine commands of the tests. The engine
still starts a process for each command: `_SHIM`, which has the command line and the environment of the provider, forwards
signals to it and exits with it. A killed shim kills the provider. The tests of interruptions start the providers as users
do: they have the mark `cold_provider`.
"""

import ast
import gc
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SHIM = """#!{python} -IS
import os, signal, socket, sys
if not {modules} & set(sys.argv):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
connection = socket.socket(socket.AF_UNIX)
connection.connect({address!r})
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _: connection.send(bytes([number])))
content = ascii((sys.argv[1:], os.getcwd(), dict(os.environ))).encode()
socket.send_fds(connection, [len(content).to_bytes(8, "big")], [0, 1, 2])
connection.sendall(content)
connection.recv(1)
"""
_MODULES = {"pulumi.dynamic", "pulumi_vmimport.plugin"}
_SERVICES = ("ebs", "ec2", "iam", "imagebuilder", "s3", "sts", "workspaces")


@contextmanager
def warm_providers(directory: Path) -> Iterator[Path]:
    """The executable that takes the arguments of Python, such as `-m pulumi.dynamic`, and forks from a warm process."""
    address, shim = directory / "socket", directory / "python"
    shim.write_text(_SHIM.format(python=sys.executable, address=str(address), modules=_MODULES))
    shim.chmod(0o755)
    command = [sys.executable, "-u", str(Path(__file__).resolve()), str(address)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield shim
        process.stdin.close()


def _import_providers() -> None:
    """Import what the providers import at the latest in their first call."""
    import botocore.session  # noqa: PLC0415 - only this process needs these modules
    import pulumi.dynamic  # noqa: F401, PLC0415
    from pyVmomi import vim  # noqa: F401, PLC0415

    from pulumi_vmimport.aws.credential_session import _LOADER  # noqa: PLC0415
    from pulumi_vmimport.lifecycle import native_host, resource_host  # noqa: F401, PLC0415
    from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of  # noqa: PLC0415

    for entry in RESOURCES:
        lifecycle_of(entry.name)
    session = botocore.session.get_session()
    session.register_component("data_loader", _LOADER)
    for service in _SERVICES:  # loads the models
        session.create_client(service, region_name="eu-west-1", aws_access_key_id="any", aws_secret_access_key="any")
    gc.collect()
    gc.freeze()


def _serve(address: str) -> None:
    """Fork for every shim until the tests close the standard input."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel removes processes that have exited
    sys.stdout.write("ready\n")
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _become(connection)
        connection.close()


def _become(shim: socket.socket) -> None:
    """Run the module of the command line in the place of the shim. Never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, files, *_ = socket.recv_fds(shim, 8, 3)
    content = b""
    while len(content) < int.from_bytes(size, "big"):
        content += shim.recv(1 << 20)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    arguments, directory, environment = ast.literal_eval(content.decode())
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    threading.Thread(target=_follow, args=(shim,), daemon=True).start()
    module, *rest = arguments[arguments.index("-m") + 1 :]
    sys.argv = [module, *rest]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except BaseException:  # noqa: BLE001 - a forked process must not return
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _follow(shim: socket.socket) -> None:
    """Receive the signals of the shim; end with it."""
    while received := shim.recv(1):
        os.kill(os.getpid(), received[0])
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    _import_providers()
    _serve(sys.argv[1])
