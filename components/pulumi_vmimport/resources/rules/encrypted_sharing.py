"""Whether the recipients of an encrypted AMI can use its KMS key. EC2 shares the AMI in any case; the launch fails.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-explicit.html,
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ebs_snapshots, kms_keys
from pulumi_vmimport.aws.ec2.images import Image
from pulumi_vmimport.aws.iam.key_sharing import SHARING_ACTIONS, KeyAccess, Recipient, sharing_statements
from pulumi_vmimport.aws.iam.policy_statements import Effect
from pulumi_vmimport.lifecycle.contract import Problem, Run
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.resources.rules.encryption_rules import find_key

_REMEDY = "copy it with a customer managed key (encrypted and kms_key_id of aws.ec2.AmiCopy) and share the copy"


def image_sharing_problems(run: Run, path: str, image: Image, recipients: Sequence[Recipient]) -> Iterator[Problem]:
    """Why the recipients could not use the AMI, which the account of the run owns, with its current keys."""
    if not recipients or not any(disk.encrypted for disk in image.disks):
        return
    subject = f"AMI {image.id}"
    with warn_on_aws_error(run, f"KMS keys of {subject}"):
        for key_arn in ebs_snapshots.key_arns(run.aws, image.snapshot_ids):
            yield from key_sharing_problems(run, run.aws, path, key_arn, recipients=recipients, subject=subject)


def key_sharing_problems(
    run: Run, aws: AwsConnection, path: str, kms_key_id: str, *, recipients: Sequence[Recipient], subject: str
) -> Iterator[Problem]:
    """Why the recipients could not use what a key in the connection's Region encrypts.

    Args:
        run: receives a warning where the key cannot be read.
        aws: the connection to the Region of the key, `run.aws.in_region(...)` for a copy in another Region.
        path: the property of each problem.
        kms_key_id: the id, ARN or alias of the key.
        recipients: who is to launch or copy the AMI. Without any, only the key itself is checked.
        subject: what the key encrypts, such as `AMI ami-...`.
    """
    with warn_on_aws_error(run, f"key {kms_key_id} of {subject}"):
        key = yield from find_key(aws, path, kms_key_id, "copy")
        if key is None or not recipients:
            return
        if key.is_managed_by_aws:
            yield Problem(
                path,
                f"the AWS managed key {key.arn} (alias/aws/ebs) encrypts {subject}, and no other account can use it; "
                f"{_REMEDY}",
            )
            return
        access = KeyAccess(key.arn, kms_keys.policy(aws, key.arn), kms_keys.grants(aws, key.arn))
        for reason in _reasons(access, recipients, subject, aws.partition):
            yield Problem(path, reason)
        _warn_of_conditions(run, access, recipients, subject)


def _reasons(access: KeyAccess, recipients: Iterable[Recipient], subject: str, partition: str) -> Iterator[str]:
    found: dict[Effect, dict[Recipient, list[str]]] = defaultdict(dict)
    for recipient in recipients:
        effects = access.effects(recipient)
        for effect in (Effect.DENY, Effect.NONE):
            if actions := [action for action in SHARING_ACTIONS if effects[action] is effect]:
                found[effect][recipient] = actions
    key = f"the policy of KMS key {access.key_arn}, which encrypts {subject},"
    if denied := found[Effect.DENY]:
        yield (
            f"{key} denies {_listed(denied)}, and no Allow statement or grant can override it; exempt them from the "
            "Deny statement in the key policy"
        )
    if missing := found[Effect.NONE]:
        statements = ", ".join(json.dumps(statement) for statement in sharing_statements(missing, partition))
        yield f"{key} and its grants do not allow {_listed(missing)}; add to the key policy: {statements}"


def _warn_of_conditions(run: Run, access: KeyAccess, recipients: Iterable[Recipient], subject: str) -> None:
    """Warn where the key policy depends on what preview does not know of a recipient, such as its organization."""
    labels: dict[str, list[str]] = defaultdict(list)
    for recipient in recipients:
        if keys := access.undecided_conditions(recipient):
            labels[", ".join(sorted(keys))].append(recipient.label)
    for names, found in labels.items():
        run.warn(
            f"whether {', '.join(found)} can use KMS key {access.key_arn}, which encrypts {subject}, depends on "
            f"conditions of the key policy that preview cannot decide ({names}); check them"
        )


def _listed(actions: dict[Recipient, list[str]]) -> str:
    """The actions, with the recipients that they concern."""
    by_actions: dict[str, list[str]] = defaultdict(list)
    for recipient, names in actions.items():
        by_actions[", ".join(names)].append(recipient.label)
    return " and ".join(f"{names} to {', '.join(labels)}" for names, labels in by_actions.items())
