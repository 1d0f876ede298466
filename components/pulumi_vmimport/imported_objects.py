"""Keeps Python's garbage collector away from the objects of imported modules.

pulumi-aws and pulumi-vsphere create half a million objects, which live as long as the process. The collector would
search them again and again during the import, and twice at exit, and free nothing: that takes a third of the CPU time
of a program (docs/benchmarks.md).
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected_imports() -> Iterator[None]:
    """Import modules inside the block without the collector, which then ignores all objects that exist at its end.

    Objects that are created later are collected as usual. Has no effect in a process that has disabled the collector.
    """
    if not gc.isenabled():  # also while another thread is inside the block
        yield
        return
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
