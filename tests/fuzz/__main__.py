"""Fuzz every target for a time: `python -m tests.fuzz SECONDS [TARGET ...]`, as `make fuzz` does.

Each run starts from the previous corpus in `.fuzz/corpus/TARGET`. Inputs that a reader fails on are kept in `.fuzz/found`;
`python -m tests.fuzz.run_target TARGET FILE` shows the traceback of one.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.seeds import make_seeds
from tests.fuzz.targets import TARGETS

_FOLDER = Path(".fuzz")
_HANG_SECONDS, _MAX_INPUT_BYTES = 60, 16384


def fuzz(target: str, seconds: int) -> bool:
    """Fuzz one target; print the result and return whether the reader passed."""
    corpus, found = _FOLDER / "corpus" / target, _FOLDER / "found"
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    options = (
        f"-max_total_time={seconds}",
        f"-timeout={_HANG_SECONDS}",
        f"-max_len={_MAX_INPUT_BYTES}",
        f"-artifact_prefix={found}/{target}-",
    )
    command = [sys.executable, "-m", "tests.fuzz.run_target", target, *options]
    done = subprocess.run(
        [*command, str(corpus), str(_FOLDER / "seeds" / target)], capture_output=True, text=True, check=False
    )
    last = next((line for line in reversed(done.stderr.splitlines()) if line.startswith("Done ")), "")
    text = last if done.returncode == 0 else f"FAILED\n{done.stdout}{done.stderr[-4000:]}"
    sys.stdout.write(f"{target:16} {text}\n")
    sys.stdout.flush()
    return done.returncode == 0


def main(seconds: int, targets: list[str]) -> int:
    """All of them, as many at once as there are processors."""
    make_seeds(_FOLDER / "seeds")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        withstood = list(pool.map(lambda target: fuzz(target, seconds), targets or TARGETS))
    return 0 if all(withstood) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
