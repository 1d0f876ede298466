r"""Disks of simulated Windows guests, which readers of disk images accept as those of real ones.

A healthy guest passes every check of BYOL WorkSpaces and VM Import; a fault is a small change of it:

    from pulumi_vmimport_sandbox.windows import FAULTS, Layout, WindowsGuest, faulty_guest

    disk = faulty_guest("AutoLogonEnabled", "DomainJoined").disk()   # names of FAULTS; milliseconds, no tools
    disk.read_at(0, 512)                                             # a source, as the readers of the library take it
    disk.write_file(path)                                            # a sparse raw image of 64 GiB, a few MB on disk

    guest = WindowsGuest.healthy(Layout.WINDOWS_11)
    guest.software.set(r"Microsoft\Windows NT\CurrentVersion\Winlogon", AutoAdminLogon=string("1"))
    guest.accounts[0].has_password = False
    guest.exist["/Windows/WinSxS/pending.xml"] = True
    disk = guest.disk()

`FAULTS[name].layout` is the layout that a fault is meant for. Stored volumes, made once by `make_volumes` with mkntfs,
wimlib and mtools, have room for the hives, which each guest writes itself.
"""

from pulumi_vmimport_sandbox.windows.faults import FAULTS, Fault, faulty_guest
from pulumi_vmimport_sandbox.windows.guest import Layout, WindowsGuest
from pulumi_vmimport_sandbox.windows.registry import Key, Value, binary, dword, expandable, qword, string, strings
from pulumi_vmimport_sandbox.windows.sparse_bytes import SparseBytes

__all__ = [
    "FAULTS",
    "Fault",
    "Key",
    "Layout",
    "SparseBytes",
    "Value",
    "WindowsGuest",
    "binary",
    "dword",
    "expandable",
    "faulty_guest",
    "qword",
    "string",
    "strings",
]
