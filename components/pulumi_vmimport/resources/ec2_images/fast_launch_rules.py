"""The rules for the inputs of FastLaunch, with and without access to AWS.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/win-start-fast-launch-prereqs.html
"""

import re
from collections.abc import Iterator

from pulumi_vmimport.aws.ec2 import fast_launch, images
from pulumi_vmimport.aws.ec2.fast_launch_request import FastLaunchTemplate
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.resources.ec2_images.fast_launch import FastLaunchInputs
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.resources.rules.sysprep_rules import clone_problem
from pulumi_vmimport.shown_value import shown_value

_IMAGE_ID = re.compile(r"ami-[0-9a-f]{8,17}")
_TEMPLATE_ID = re.compile(r"lt-[0-9a-f]{8,17}")
# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
_TEMPLATE_NAME = re.compile(r"[a-zA-Z0-9().\-/_]{3,128}")
_VERSION = re.compile(r"[1-9]\d*|\$Latest|\$Default")
# The limit of Image Builder for the same number; EC2 documents none.
# Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_FastLaunchSnapshotConfiguration.html
_MOST_SNAPSHOTS = 10_000
_FEWEST_PARALLEL_LAUNCHES = 6
_PARALLEL_LAUNCHES_QUOTA = 40
"""For all AMIs of an account in a Region, unless it was increased."""
_DEFAULT_PARALLEL_LAUNCHES = 6


def check(inputs: FastLaunchInputs) -> Iterator[Problem]:
    """The problems of the inputs alone."""
    yield from aws_input_problems(inputs)
    if is_known(inputs.image_id) and not _IMAGE_ID.fullmatch(inputs.image_id):
        yield Problem("imageId", f"expected ami- and 8 to 17 hexadecimal digits, got {shown_value(inputs.image_id)}")
    count, launches = inputs.target_resource_count, inputs.max_parallel_launches
    if is_known(count) and count is not None and not 1 <= count <= _MOST_SNAPSHOTS:
        yield Problem("targetResourceCount", f"expected 1 to {_MOST_SNAPSHOTS:,}, got {count}")
    if is_known(launches) and launches is not None and launches < _FEWEST_PARALLEL_LAUNCHES:
        yield Problem("maxParallelLaunches", f"expected {_FEWEST_PARALLEL_LAUNCHES} or more, got {launches}")
    if is_known(inputs.launch_template) and inputs.launch_template is not None:
        yield from _template_problems(inputs.launch_template)


def preflight(run: Run, inputs: FastLaunchInputs) -> Iterator[Problem]:
    """The problems that EC2 shows: the AMI, the launch template; and warnings about what EC2 has already."""
    if is_known(inputs.image_id):
        yield from _image_problems(run, inputs.image_id)
    template = inputs.launch_template
    if is_known(template) and template is not None and not list(_template_problems(template)):
        yield from _missing_template(run, template)
    with warn_on_aws_error(run, "EC2 Fast Launch of the other AMIs"):
        _warn_of_present(run, inputs)


def _template_problems(template: FastLaunchTemplate) -> Iterator[Problem]:
    id, name, version = template.launch_template_id, template.launch_template_name, template.version
    if is_known(id, name) and (id is None) == (name is None):
        given = "neither" if id is None else "both"
        yield Problem("launchTemplate", f"expected either launchTemplateId or launchTemplateName, got {given}")
    if is_set(id) and not _TEMPLATE_ID.fullmatch(str(id)):
        reason = f"expected lt- and 8 to 17 hexadecimal digits, got {shown_value(id)}"
        yield Problem("launchTemplate.launchTemplateId", reason)
    if is_set(name) and not _TEMPLATE_NAME.fullmatch(str(name)):
        reason = f"expected 3 to 128 letters, digits and ().-/_, got {shown_value(name)}"
        yield Problem("launchTemplate.launchTemplateName", reason)
    if is_known(version) and not _VERSION.fullmatch(version):
        reason = f"expected the number of a version, $Latest or $Default, got {shown_value(version)}"
        yield Problem("launchTemplate.version", reason)


def _image_problems(run: Run, image_id: str) -> Iterator[Problem]:
    image = images.find(run.aws, image_id)
    if image is None:
        yield Problem(
            "imageId",
            f"AMI {image_id} does not exist in {run.aws.region}, or is not shared with account {run.aws.account_id}; "
            "use an AMI of the account, or ask its owner for launch permission",
        )
        return
    if (image.platform or "").lower() != "windows":
        found = image.platform_details or "Linux/UNIX"
        yield Problem("imageId", f"expected a Windows AMI, got {image_id} with platform {found}")
    if reason := clone_problem(image, "EC2 Fast Launch requires Sysprep"):
        yield Problem("imageId", reason)
    if image.state not in {"available", "pending"}:
        yield Problem("imageId", f"AMI {image_id} is {image.state}, expected available")


def _missing_template(run: Run, template: FastLaunchTemplate) -> Iterator[Problem]:
    if not is_known(template.launch_template_id, template.launch_template_name, template.version):
        return
    named = template.launch_template_id or template.launch_template_name
    with warn_on_aws_error(run, f"launch template {named}"):
        if not fast_launch.template_exists(run.aws, template):
            yield Problem(
                "launchTemplate",
                f"launch template {named} does not exist in {run.aws.region}, or has no version "
                f"{shown_value(template.version)}; create it, or choose another version",
            )


def _warn_of_present(run: Run, inputs: FastLaunchInputs) -> None:
    """Warn of an AMI that has EC2 Fast Launch already, and of the quota for parallel launches."""
    found = fast_launch.find_all(run.aws)
    if is_known(inputs.image_id) and (present := found.get(inputs.image_id)):
        run.warn(
            f"EC2 Fast Launch is {present.state} for AMI {present.id} already; this resource changes its settings, and "
            "`pulumi destroy` disables it"
        )
    launches = inputs.max_parallel_launches if is_known(inputs.max_parallel_launches) else None
    others = [image.max_parallel_launches or 0 for image in found.values() if image.id != inputs.image_id]
    total = sum(others) + (launches or _DEFAULT_PARALLEL_LAUNCHES)
    if total > _PARALLEL_LAUNCHES_QUOTA:
        run.warn(
            f"the AMIs with EC2 Fast Launch in {run.aws.region} have {total} parallel launches together, and the "
            f"default quota is {_PARALLEL_LAUNCHES_QUOTA}; lower maxParallelLaunches, or have the quota increased"
        )
