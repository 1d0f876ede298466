"""Whether the recipients of distributed copies can use the keys that encrypt the copies, Region by Region.

Source: https://docs.aws.amazon.com/imagebuilder/latest/userguide/cross-account-dist.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ebs_encryption
from pulumi_vmimport.aws.ec2.images import Image
from pulumi_vmimport.aws.iam.key_sharing import Recipient
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.resources.rules.encrypted_sharing import image_sharing_problems, key_sharing_problems

_ORGANIZATIONS = ("organizationArns", "organizationalUnitArns")


def copy_key_problems(
    run: Run, distributions: Iterable[tuple[str, Mapping[str, Any]]], image: Image | None
) -> Iterator[Problem]:
    """Why the accounts and organizations of a distribution configuration could not use the copies.

    Args:
        run: receives a warning where a key cannot be read.
        distributions: the settings of each Region, in the words of the API, each with the path of its problems.
        image: the AMI that is distributed. Default: whether it is encrypted is not known.
    """
    for path, distribution in distributions:
        ami, region = distribution.get("amiDistributionConfiguration", {}), distribution.get("region")
        if not is_known(ami, region) or not is_known(key := ami.get("kmsKeyId")):
            continue
        aws, recipients = run.aws.in_region(str(region)), list(_recipients(run, ami))
        subject = f"the copies in {region}"
        if key is not None:
            yield from key_sharing_problems(run, aws, path, str(key), recipients=recipients, subject=subject)
        elif image is not None and region == run.aws.region:
            # The copy has the keys of the AMI, which the accounts that receive copies need in any case.
            launching = [each for each in recipients if each.account_id not in _known(ami.get("targetAccountIds"))]
            yield from image_sharing_problems(run, path, image, launching)
        elif image is not None and recipients and any(disk.encrypted for disk in image.disks):
            yield from _default_key_problems(run, aws, path, image, recipients)


def _default_key_problems(
    run: Run, aws: AwsConnection, path: str, image: Image, recipients: Sequence[Recipient]
) -> Iterator[Problem]:
    """A copy of an encrypted AMI in another Region without a key of its own has the Region's default key for EBS."""
    subject = f"the copies in {aws.region}"
    with warn_on_aws_error(run, f"default KMS key for EBS in {aws.region}"):
        if default := ebs_encryption.customer_managed_default_key(aws, fresh=False):
            yield from key_sharing_problems(run, aws, path, default, recipients=recipients, subject=subject)
            return
        yield Problem(
            path,
            f"AMI {image.id} is encrypted, and without kmsKeyId the AWS managed key alias/aws/ebs encrypts {subject}, "
            f"which no other account can use; set kmsKeyId to a customer managed key in {aws.region}",
        )


def _recipients(run: Run, ami: Mapping[str, Any]) -> Iterator[Recipient]:
    """The accounts that receive copies or may launch them, other than that of the run, and the organizations."""
    permission = ami.get("launchPermission")
    granted = permission if is_set(permission) else {}
    accounts = [*_known(ami.get("targetAccountIds")), *_known(granted.get("userIds"))]
    yield from (Recipient(account) for account in dict.fromkeys(accounts) if account != run.aws.account_id)
    for name in _ORGANIZATIONS:
        yield from (Recipient(organization_arn=arn) for arn in _known(granted.get(name)))


def _known(values: Any) -> list[str]:
    return [value for value in values if is_known(value)] if is_set(values) else []
