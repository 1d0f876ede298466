import signal
import subprocess
import sys
from pathlib import Path

import pytest

LAUNCHER = "pulumi-language-python-exec"
INTERRUPTED = """
import os, runpy, signal, sys
with open(sys.argv[1] + "/program.py", "w") as program:
    program.write('''
import os, signal, sys
{before}
from pulumi_vmimport.lifecycle.program_arguments import program_arguments
program_arguments("ImportImage web", {{}}, None, {{}})
try:
    {end}
finally:
    print("finally", flush=True)
''')
runpy.run_path(sys.argv[1] + "/program.py", run_name="__main__")
"""
INTERRUPT = "os.kill(os.getpid(), signal.SIGINT)"


def run(folder: Path, script: str, *, before: str = "", end: str = INTERRUPT) -> tuple[int, str, str]:
    """Status, output and error output of a program that a script of this name runs as Pulumi's does."""
    (folder / script).write_text(INTERRUPTED.format(before=before, end=end))
    done = subprocess.run(
        [sys.executable, folder / script, folder], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_an_interrupted_program_of_pulumi_prints_no_traceback(tmp_path: Path) -> None:
    assert run(tmp_path, LAUNCHER) == (-signal.SIGINT, "finally\n", "")


@pytest.mark.parametrize(
    ("script", "values", "words"),
    [
        ("tests.py", {}, "KeyboardInterrupt"),
        (LAUNCHER, {"end": "raise ValueError('no bucket')"}, "ValueError: no bucket"),
        (LAUNCHER, {"before": "sys.excepthook = lambda *_: print('mine', file=sys.stderr)"}, "mine"),
    ],
    ids=["no program of Pulumi", "another exception", "a hook of the program"],
)
def test_everything_else_is_printed(tmp_path: Path, script: str, values: dict[str, str], words: str) -> None:
    status, output, errors = run(tmp_path, script, **values)
    assert (status != 0, output) == (True, "finally\n")
    assert words in errors
