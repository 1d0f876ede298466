"""The arguments that describe a guest of any profile, and what its preparation ensures."""

from typing import Literal, NotRequired

import pulumi

from pulumi_vmimport.resources.guest_installation.windows_guest_args import PreparedWindowsArgs


class PreparedGuestArgs(PreparedWindowsArgs):
    """A guest of Windows or Linux to prepare."""

    guest_profile: pulumi.Input[Literal["byol-workspaces", "ec2-windows", "ec2-linux"]]
    """What the guest is prepared for: a WorkSpaces BYOL image, or an AMI of Windows or Linux."""
    page_file_mb: NotRequired[pulumi.Input[int]]
    """The size of the page file, for ec2-windows. Default: 4096."""
    sysprep: NotRequired[pulumi.Input[Literal["none", "before-export"]]]
    """Whether Sysprep generalizes Windows before the shutdown, for ec2-windows. Default: none."""
    user_name: NotRequired[pulumi.Input[str]]
    """The account that the key is for, for ec2-linux. Default: ec2-user."""
    ssh_public_key: NotRequired[pulumi.Input[str]]
    """The public key of the account. Required for ec2-linux."""
