"""A process that reads the disks of the environment's machine from vSphere and does nothing with them.

It goes past the library: what it takes is what nobody who reads from Python can do without.
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
    """Read all disks, one after the other."""
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
