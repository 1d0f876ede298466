"""Stand-ins for the Pulumi plugins aws and vsphere, for machines where the real ones cannot be had.

Each is a gRPC server over AWS or a vCenter on this machine; it serves exactly the types and functions this library
uses and refuses others by name. The package imports nothing of pulumi_vmimport outside itself, because every pulumi
command starts the stand-ins anew and importing the library's own dependencies costs a second: see `__main__`.
"""
