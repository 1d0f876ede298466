"""The consequences of cloning a Windows Server AMI without Sysprep.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-create-win-sysprep.html
"""

from collections.abc import Iterable

from pulumi_vmimport.aws.ec2 import instances
from pulumi_vmimport.aws.ec2.images import Image
from pulumi_vmimport.aws.ec2.sysprep import makes_clones
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error

_CONSEQUENCES = (
    "its instances have the same machine SID and host name, EC2 cannot return their administrator passwords, and "
    "Windows is not activated in another Region"
)
_REMEDY = (
    "generalize the machine with Sysprep and set sysprep of ImportImage to before-export or after-import; for existing "
    "instances, run its output clone_runbook"
)


def clone_problem(image: Image, use: str) -> str | None:
    """Why not to use an AMI for more than one instance; None for an AMI that is not marked so.

    Args:
        image: the AMI, with its tags.
        use: what would clone it, such as `is shared with 111122223333`.
    """
    if not makes_clones(image.platform, image.tags):
        return None
    return f"AMI {image.id} was imported with sysprep none and {use}: {_CONSEQUENCES}; {_REMEDY}"


def warn_of_clones(run: Run, image: Image, recipients: Iterable[str]) -> None:
    """Warn if a marked AMI is shared: account ids, `all`, ARNs of organizations and organizational units."""
    others = ", ".join(recipients)
    if others and (problem := clone_problem(image, f"is shared with {others}")):
        run.warn(problem)


def warn_of_launched_clones(run: Run, image: Image) -> None:
    """Warn if the account has several instances of a marked AMI. Those of other accounts are not visible to it."""
    if not makes_clones(image.platform, image.tags):
        return
    with warn_on_aws_error(run, f"instances of AMI {image.id}"):
        launched = instances.launched_from(run.aws, image.id)
        if len(launched) > 1 and (problem := clone_problem(image, f"is the AMI of {', '.join(launched)}")):
            run.warn(problem)
