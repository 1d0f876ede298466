"""What a distribution shows while it runs, and when it fails."""

from pulumi_vmimport.aws.image_builder.builder_images import BuilderImage
from pulumi_vmimport.aws.tables.known_failures import with_explanation
from pulumi_vmimport.lifecycle.contract import Progress


def progress_of(image: BuilderImage) -> Progress:
    """The state of each Region and account, and the share of those that have their AMI."""
    found = image.ami_statuses
    statuses = {(ami.region, ami.account): found.get(ami.id, "").lower() or "copying" for ami in image.amis}
    targets = [(region, account or image.account_id) for region, account in image.targets] or list(statuses)
    shown = []
    for region, account in targets:
        where = region if account == image.account_id else f"{region}/{account}"
        shown.append(f"{where} {statuses.get((region, account), 'pending')}")
    done = sum(statuses.get(target) == "available" for target in targets)
    percent = 100 * done // len(targets) if targets else None
    phase = image.status.lower()
    return Progress(f"{phase}: {', '.join(shown)}" if shown else phase, percent)


def describe_failure(image: BuilderImage) -> str:
    """The message for an image that ended without all its AMIs."""
    reasons = "; ".join(map(str, image.failures)) or image.reason or "no reason"
    failed = {(failure.region, failure.account_id or image.account_id) for failure in image.failures}
    complete = [ami for ami in image.amis if (ami.region, ami.account) not in failed]
    kept = ", ".join(f"{ami.id} in {ami.region} (account {ami.account})" for ami in complete)
    return (
        f"image {image.arn} ended {image.status}: {with_explanation(reasons)}; "
        f"{f'{kept} kept' if kept else 'no AMI is complete'}; fix the cause and run `pulumi up` again, which resumes "
        "the distribution"
    )
