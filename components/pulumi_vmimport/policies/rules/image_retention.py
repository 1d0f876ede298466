"""Whether an AMI that others use outlives the stack is decided."""

from collections.abc import Iterator

from pulumi_vmimport.policies.image_uses import ImageUse, UseKind, image_uses
from pulumi_vmimport.policies.rule import Enforcement, Finding, Rule, Settings, Severity
from pulumi_vmimport.policies.stack_facts import IMPORT_IMAGE, StackFacts, StackResource


def _findings(stack: StackFacts, settings: Settings) -> Iterator[Finding]:
    del settings
    reported: set[str] = set()
    for use in image_uses(stack):
        owner = _owner(use)
        if owner is not None and owner.urn not in reported and _is_undecided(owner):
            reported.add(owner.urn)
            yield Finding(
                owner,
                f"{owner.label}: other accounts use the AMI ({use.resource.label}), and `pulumi destroy` deregisters "
                "it; set retain_on_delete to true to keep it, or to false to confirm the removal",
            )


def _owner(use: ImageUse) -> StackResource | None:
    """The resource whose deletion removes what other accounts use; None if there is none."""
    if not any(audience.recipients or audience.is_public for audience in use.audiences):
        return None
    if use.kind is UseKind.DISTRIBUTE:
        return use.resource
    return use.source if use.source.type == IMPORT_IMAGE else None


def _is_undecided(resource: StackResource) -> bool:
    return resource.get("retainOnDelete") is None and not resource.is_protected


RULE = Rule(
    id="shared-image-retention",
    title="The retention of an AMI that other accounts use is decided.",
    severity=Severity.LOW,
    enforcement=Enforcement.ADVISORY,
    remediation="Set `retain_on_delete` to true or false, or protect the resource.",
    doc=(
        "By default, `pulumi destroy` and a replacement deregister an imported AMI and delete its snapshots, for the "
        "accounts that it is shared with as well; their launch templates and Auto Scaling groups then fail. The rule "
        "reports an `ImportImage` whose AMI an `AmiLaunchPermission` shares, and a `DistributeImage` with recipients, "
        "if `retain_on_delete` is not set and the resource is not protected. It reports nothing for AMIs that only the "
        "stack's own account uses."
    ),
    sources=(
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/deregister-ami.html",
        "https://www.pulumi.com/docs/iac/concepts/options/protect/",
    ),
    findings=_findings,
)
