import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STACK = Path(__file__).resolve().parents[2] / "stacks" / "vsphere_to_workspaces"
sys.path.insert(0, str(STACK))
import demo_disk  # noqa: E402
