"""The PowerShell commands for instances of a Windows Server AMI without Sysprep: clone_runbook.ps1.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/common-messages.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2launch-v2-settings.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-create-win-sysprep.html
"""

from functools import cache
from importlib import resources


@cache
def text() -> str:
    """The commands, with comments."""
    return resources.files(__package__).joinpath("clone_runbook.ps1").read_text(encoding="utf-8")
