"""Print, as JSON, what `pulumi about` shows of this interpreter.

The stock language host runs `python --version`, `python -c` and `pip --version` for it; the last alone takes five times
as long as this.
"""
# ruff: noqa: INP001 - compiled into a Go program, which runs it with -c

import importlib.metadata
import json
import platform
import sys

try:
    pip = importlib.metadata.version("pip")
except importlib.metadata.PackageNotFoundError:
    pip = ""
json.dump({"executable": sys.executable, "version": platform.python_version(), "pip": pip}, sys.stdout)
