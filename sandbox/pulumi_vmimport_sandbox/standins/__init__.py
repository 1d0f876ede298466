"""Stand-ins for the Pulumi plugins aws and vsphere, for machines without the real plugins.

Each is a gRPC server that uses AWS or a vCenter on this machine. It implements only the types and functions that the
library uses and rejects others by name. The package imports no other module of the sandbox: every pulumi command starts
the stand-ins, and importing the sandbox's dependencies would take a second. See `__main__`.
"""
