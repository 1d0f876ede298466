"""Reads all disks of a virtual machine from vSphere and discards them: the lower bound for any export in Python.

`read_source.py UUID`. It does not use the library.
"""

import os
import ssl
import sys
import time
from http.client import HTTPSConnection
from urllib.parse import urlsplit

from pulumi_vmimport_sandbox.standins.vsphere_session import VSphere

_BUFFER_BYTES = 1 << 20


def main(uuid: str) -> None:
    """Read the disks one after the other."""
    host, port = os.environ["VSPHERE_SERVER"].split(":")
    ca_file = os.environ["VMIMPORT_VSPHERE_CA_FILE"]
    session = VSphere(host, int(port), os.environ["VSPHERE_USER"], os.environ["VSPHERE_PASSWORD"], ca_file)
    lease = session.machine(uuid).ExportVm()
    while lease.state == "initializing":
        time.sleep(0.05)
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    for device in lease.info.deviceUrl:
        if device.disk:
            context = ssl.create_default_context(cafile=ca_file)
            connection = HTTPSConnection(host, int(port), context=context)
            connection.request("GET", urlsplit(device.url).path)
            response = connection.getresponse()
            while response.readinto(buffer):
                pass
            connection.close()
    lease.HttpNfcLeaseComplete()


if __name__ == "__main__":
    main(*sys.argv[1:])
