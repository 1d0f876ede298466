"""The stand-in for pulumi-resource-vsphere: its types and functions."""

import os

from . import vsphere_file, vsphere_functions, vsphere_machine
from .provider import Function, Tables
from .resource_kind import Rejected, ResourceKind
from .values import Properties
from .vsphere_session import VSphere

KINDS: dict[str, ResourceKind[VSphere]] = {
    "vsphere:index/file:File": vsphere_file.File(),
    "vsphere:index/virtualMachine:VirtualMachine": vsphere_machine.VirtualMachineResource(),
}

FUNCTIONS: dict[str, Function[VSphere]] = {
    "vsphere:index/getComputeCluster:getComputeCluster": vsphere_functions.compute_cluster,
    "vsphere:index/getDatacenter:getDatacenter": vsphere_functions.datacenter,
    "vsphere:index/getDatastore:getDatastore": vsphere_functions.datastore,
    "vsphere:index/getHost:getHost": vsphere_functions.host,
    "vsphere:index/getNetwork:getNetwork": vsphere_functions.network,
    "vsphere:index/getResourcePool:getResourcePool": vsphere_functions.resource_pool,
    "vsphere:index/getVirtualMachine:getVirtualMachine": vsphere_functions.virtual_machine,
}

SETTINGS = frozenset({"allowUnverifiedSsl", "apiTimeout", "password", "user", "version", "vsphereServer"})
"""The supported provider settings. TLS is always verified: allowUnverifiedSsl has no effect."""


def connect(settings: Properties) -> VSphere:
    """Connect to the vCenter of the provider's settings or, as the real provider does, of the environment."""
    if unknown := {name for name in settings if not name.startswith("__")} - SETTINGS:
        raise Rejected(
            f"the sandbox's stand-in for vsphere does not support the provider setting {', '.join(sorted(unknown))}; "
            f"expected one of {', '.join(sorted(SETTINGS))}"
        )
    server = settings.get("vsphereServer") or os.environ.get("VSPHERE_SERVER", "")
    user = settings.get("user") or os.environ.get("VSPHERE_USER")
    password = settings.get("password") or os.environ.get("VSPHERE_PASSWORD")
    if not user or not password:
        raise Rejected("missing required configuration: set vsphere:user and vsphere:password")
    host, _, port = server.partition(":")
    return VSphere(host, int(port or 443), user, password, os.environ.get("VMIMPORT_VSPHERE_CA_FILE"))


TABLES = Tables(KINDS, FUNCTIONS, connect)
