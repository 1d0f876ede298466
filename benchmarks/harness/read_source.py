"""Reads all disks of a virtual machine from vSphere and discards them: the lower bound for any export in Python.

`read_source.py UUID`. It does not use the library.
"""

import os
import ssl
import sys
import time
from collections.abc import Iterator
from http.client import HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from pulumi_vmimport_sandbox.standins.vsphere_session import VSphere

_BUFFER_BYTES = 1 << 20


def open_disks(uuid: str) -> Iterator[HTTPResponse]:
    """Export the machine and yield an open download of each of its disks."""
    host, port = os.environ["VSPHERE_SERVER"].split(":")
    ca_file = os.environ["VMIMPORT_VSPHERE_CA_FILE"]
    session = VSphere(host, int(port), os.environ["VSPHERE_USER"], os.environ["VSPHERE_PASSWORD"], ca_file)
    lease = session.machine(uuid).ExportVm()
    while lease.state == "initializing":
        time.sleep(0.05)
    for device in lease.info.deviceUrl:
        if device.disk:
            context = ssl.create_default_context(cafile=ca_file)
            connection = HTTPSConnection(host, int(port), context=context)
            connection.request("GET", urlsplit(device.url).path)
            yield connection.getresponse()
            connection.close()
    lease.HttpNfcLeaseComplete()


def main(uuid: str) -> None:
    """Read the disks one after the other."""
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    for disk in open_disks(uuid):
        while disk.readinto(buffer):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
