"""The rules for the role, the log group, the tags and the ARNs in requests of Image Builder.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_DistributeImage.html, API_ImportVmImage.html
"""

import re
from collections.abc import Iterator, Mapping

from pulumi_vmimport.aws.image_builder import execution_roles
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.resources.image_builder.value_rules import pattern_problems
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.shown_value import shown_value

_ROLE = re.compile(r"(?:arn:aws(?:-[a-z]+)*:iam::\d{12}:role/)?[a-zA-Z_0-9+=,.@\-_/]+")
_LONGEST_ROLE = 2048
_LOG_GROUPS = "/aws/imagebuilder/"
_LOG_GROUP = re.compile(r"[a-zA-Z0-9\-_/.]{1,512}")  # the model allows the prefix alone, which is no name of a group
_TAG_KEY = re.compile(r"[a-zA-Z0-9\s_.:/=+\-@]*")


def role_name_problems(role: str) -> Iterator[Problem]:
    """The problems of the name or ARN of an execution role."""
    if is_known(role) and not (_ROLE.fullmatch(role) and len(role) <= _LONGEST_ROLE):
        expected = "the name of a role or arn:aws:iam::ACCOUNT:role/NAME"
        yield Problem("executionRole", f"expected {expected}, got {shown_value(role)}")


def log_group_problems(name: str | None) -> Iterator[Problem]:
    """The problems of the name of a log group."""
    has_name = is_set(name) and name.startswith(_LOG_GROUPS) and name.strip("/") != _LOG_GROUPS.strip("/")
    if is_set(name) and not (has_name and _LOG_GROUP.fullmatch(name)):
        expected = f"{_LOG_GROUPS} and a name of letters, digits and -_/. characters, at most 512 in all"
        yield Problem("logGroupName", f"expected {expected}, got {shown_value(name)}")


def tag_key_problems(tags: Mapping[str, str] | None) -> Iterator[Problem]:
    """The keys with characters that EC2 allows in tags and Image Builder does not."""
    for key in tags if is_set(tags) else ():
        if not _TAG_KEY.fullmatch(key):
            yield Problem(f"tags.{key}", f"expected letters, digits, spaces and _.:/=+-@, got {shown_value(key)}")


def arn_problems(path: str, arn: str, pattern: re.Pattern[str], expected: str, region: str | None) -> Iterator[Problem]:
    """The problems of an ARN, which must be in the resource's Region: the first group of the pattern."""
    yield from pattern_problems(path, arn, pattern, expected)
    match = pattern.fullmatch(arn) if is_known(arn) else None
    if match and is_set(region) and match[1] != region:
        yield Problem(path, f"expected an ARN in Region {region}, got {arn}")


def role_problems(run: Run, role: str) -> Iterator[Problem]:
    """Why Image Builder cannot assume the role."""
    if run.supplied_by_resource("executionRole"):
        return
    with warn_on_aws_error(run, f"role {role}"):
        trust = execution_roles.trust_of(run.aws, role)
        account = run.aws.account_id
        if trust is None:
            yield Problem("executionRole", f"role {shown_value(role)} does not exist in account {account}")
        elif not execution_roles.trusts_image_builder(trust, account):
            principal = f'"Principal": {{"Service": "{execution_roles.SERVICE_PRINCIPAL}"}}'
            yield Problem(
                "executionRole",
                f"the trust policy of role {shown_value(role)} does not let Image Builder assume it; allow "
                f"sts:AssumeRole to {principal}",
            )
