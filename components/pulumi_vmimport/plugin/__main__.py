"""The command `pulumi-resource-vmimport`, which the Pulumi engine starts with the address of its own server.

It serves until the engine ends it, and prints the port of its server to the standard output, as a provider plugin does:
https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/providers/README.html
"""

import os
import threading
from importlib import resources
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_vmimport.functions.catalog import function_of
from pulumi_vmimport.lifecycle.engine import THREADS, end_with_engine
from pulumi_vmimport.lifecycle.host_choice import HOST_VARIABLE
from pulumi_vmimport.lifecycle.native_host import NativeHost, Package
from pulumi_vmimport.lifecycle.thread_per_call import ThreadPerCall
from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of
from pulumi_vmimport.version import __version__

# The engine's own limit. Without it, a large state would fail.
_MESSAGE_BYTES = 400 << 20


def main() -> None:
    """Serve the provider."""
    os.environ[HOST_VARIABLE] = "native"  # for the resources that a component declares
    package = Package(
        version=__version__,
        schema=_schema,
        resources=frozenset(entry.name for entry in RESOURCES),
        lifecycle_of=lifecycle_of,
        function_of=function_of,
        construct=_construct,
    )
    limits = [(f"grpc.max_{direction}_message_length", _MESSAGE_BYTES) for direction in ("receive", "send")]
    server = grpc.server(ThreadPerCall(THREADS), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(NativeHost(package), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 - the protocol of plugins
    end_with_engine()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        # The engine interrupts a plugin that it closes. The interpreter would wait for a component whose child failed,
        # which waits for the engine; after five seconds the engine blames another plugin.
        os._exit(0)


def _construct(request: Any) -> Any:
    # The components need pulumi-aws and pulumi-vsphere, which take a second to import.
    from pulumi_vmimport.plugin.component_server import construct  # noqa: PLC0415

    return construct(request)


def _schema() -> str:
    return (resources.files("pulumi_vmimport.plugin") / "schema.json").read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
