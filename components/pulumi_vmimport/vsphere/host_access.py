"""The ESXi host that serves the disks of a machine, and whether this machine can connect to it.

vCenter grants the lease of an export, but the URLs of the lease point to the ESXi host that runs the machine.
Source: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.HttpNfcLease.html
"""

import os
import socket
import ssl
from typing import Any

from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.soap_faults import faults_as_errors

_CONNECT_SECONDS = 5.0
_HTTPS_PORT = 443
_AGENT_PORT = 902
"""The port of vCenter's agent, which some hosts report instead of that of their web server"""


def disk_host(session: VSphereSession, machine: Any) -> tuple[str, int] | None:
    """Name and port of the ESXi host that serves the disks; None if the session is with the host itself."""
    with faults_as_errors("read the ESXi host of the virtual machine"):
        if session.content.about.apiType == "HostAgent":
            return None
        host = session.properties(machine, "runtime.host").get("runtime.host")
        found = session.properties(host, "name", "summary.config.name", "summary.config.port") if host else {}
    name = found.get("summary.config.name") or found.get("name")
    port = found.get("summary.config.port")
    return (name, port if port not in (None, _AGENT_PORT) else _HTTPS_PORT) if name else None


def connection_problem(host: str, port: int) -> str | None:
    """Why this machine cannot connect to the host, and what to do; None if it can."""
    try:
        socket.create_connection((host, port), _CONNECT_SECONDS).close()
    except OSError as error:
        return f'"{host}:{port}: {type(error).__name__}: {error}"; {unreachable_remedy(f"{host}:{port}", error)}'
    return None


def unreachable_remedy(place: str, error: Exception) -> str:
    """The cause and the remedy when the host of a lease at host:port cannot be reached or is not trusted."""
    if isinstance(error, ssl.SSLCertVerificationError):
        remedy = (
            "let no TLS-inspecting proxy intercept the connection, and set VMIMPORT_VSPHERE_CA_FILE to a file that "
            "contains the CA of the host as well"
        )
    elif isinstance(error, socket.gaierror):
        remedy = "make its name resolvable on the machine that runs Pulumi, by DNS or in the hosts file"
    else:
        remedy = (
            "allow the connection from the machine that runs Pulumi in the firewalls between them, or run Pulumi there"
        )
    proxy = next((name for name in ("HTTPS_PROXY", "https_proxy") if os.environ.get(name)), None)
    note = f"; {proxy} is not used for vSphere" if proxy else ""
    return (
        f"vSphere serves the disks of a virtual machine from its ESXi host, so {place} must be reachable, not only the "
        f"vCenter server; {remedy}{note}"
    )
