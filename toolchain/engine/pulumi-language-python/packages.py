"""Print, as JSON, the plugins of the Pulumi packages that this interpreter can import.

A package tells its plugin in pulumi-plugin.json. One without that file has a plugin of its own name and version when
its name starts with pulumi-, as in the stock language host. Folders are listed instead of asking importlib.metadata,
which reads the metadata of every installed package: 10 times slower, in each command.
"""

import json
import re
import sys
from pathlib import Path

WITHOUT_PLUGIN = {"pulumi", "pulumi_policy", "pulumi_esc_sdk"}  # the same exceptions as in the stock language host

installed = {}
described = {}
for folder in [Path(entry) for entry in dict.fromkeys(sys.path) if Path(entry).is_dir()]:
    for metadata in folder.glob("pulumi*.dist-info"):
        name, version = metadata.stem.split("-", 1)
        installed.setdefault(re.sub(r"[-_.]+", "_", name).lower(), version)
    for description in folder.glob("*/pulumi-plugin.json"):
        described.setdefault(description.parent.name, json.loads(description.read_text("utf-8")))

packages = []
for module in sorted(installed.keys() | described.keys()):
    plugin = described.get(module, {"resource": module.startswith("pulumi_")})
    version = plugin.get("version") or installed.get(module, "")
    # The version of a plugin cannot be told from that of a Python pre-release.
    released = plugin.get("version") or re.fullmatch(r"\d+\.\d+\.\d+", version)
    if module not in WITHOUT_PLUGIN and plugin.get("resource") and released:
        name = module.removeprefix("pulumi_").replace("_", "-")
        packages.append({"name": name, **plugin, "version": "v" + version.removeprefix("v")})
print(json.dumps(packages))
