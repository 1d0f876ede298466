import hashlib
import http.client
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pyVmomi import vim, vmodl

from pulumi_vmimport.sandbox.vcenter import VCenterSandbox
from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.errors import (
    BytesDifferError,
    DownloadError,
    LeaseLostError,
    VSphereFaultError,
)
from pulumi_vmimport.vsphere.nfc_lease import ExportLease
from pulumi_vmimport.vsphere.session import VSphereSession, VSphereSettings
from pulumi_vmimport.vsphere.virtual_machine import VirtualMachine

MIB = 1 << 20


def pattern(size: int, seed: int = 1) -> bytes:
    import random

    return random.Random(seed).randbytes(size)
