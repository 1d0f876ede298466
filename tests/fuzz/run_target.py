"""Fuzz one target: `python -m tests.fuzz.run_target TARGET [libFuzzer's options] [corpus directories]`."""

import resource
import sys

import atheris
from tests.fuzz.mutation import with_other_number

with atheris.instrument_imports(include=["pulumi_vmimport.disk"]):
    from tests.fuzz.checksums import use_quick_crc
    from tests.fuzz.targets import TARGETS

# libFuzzer measures the peak memory, which a process inherits from its parent, so that a large test run would fail every
# target. The kernel enforces this limit instead: exceeding it is a MemoryError.
_MAX_DATA_BYTES = 512 << 20


def mutate(data: bytes, most_bytes: int, seed: int) -> bytes:
    """Mutate numbers as often as anything else."""
    return with_other_number(data, seed) if seed % 2 else bytes(atheris.Mutate(data, most_bytes))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_DATA, (_MAX_DATA_BYTES, _MAX_DATA_BYTES))
    use_quick_crc()
    atheris.Setup([sys.argv[0], "-rss_limit_mb=0", *sys.argv[2:]], TARGETS[sys.argv[1]], custom_mutator=mutate)
    atheris.Fuzz()
