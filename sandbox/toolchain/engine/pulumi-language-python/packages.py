"""Print, as JSON, the plugins of the Pulumi packages that this interpreter can import.

A package describes its plugin in pulumi-plugin.json. Without that file, a package whose name starts with pulumi- has a
plugin of the same name and version, as in the stock language host. That host runs pip list, which takes ten times as
long.
"""
# ruff: noqa: INP001 - compiled into a Go program, which runs it with -c

import json
import re
import sys
from pathlib import Path

WITHOUT_PLUGIN = {"pulumi_policy", "pulumi_esc_sdk"}  # as in the stock language host

installed: dict[str, str] = {}
described: dict[str, dict[str, object]] = {}
for folder in [Path(entry) for entry in dict.fromkeys(sys.path) if Path(entry).is_dir()]:
    for metadata in folder.glob("pulumi*.dist-info"):
        name, version = metadata.stem.split("-", 1)
        installed.setdefault(re.sub(r"[-_.]+", "_", name).lower(), version)
    for description in folder.glob("*/pulumi-plugin.json"):
        described.setdefault(description.parent.name, json.loads(description.read_text("utf-8")))

packages = []
for module in sorted(installed.keys() | described.keys()):
    plugin = described.get(module, {"resource": module.startswith("pulumi_")})
    version = str(plugin.get("version") or installed.get(module, ""))
    # A Python pre-release has no corresponding plugin version.
    released = plugin.get("version") or re.fullmatch(r"\d+\.\d+\.\d+", version)
    if module not in WITHOUT_PLUGIN and plugin.get("resource") and released:
        name = module.removeprefix("pulumi_").replace("_", "-")
        packages.append({"name": name, **plugin, "version": "v" + version.removeprefix("v")})
json.dump(packages, sys.stdout)
