"""An AMI with the user's own Windows licenses is not public."""

from collections.abc import Iterator

from pulumi_vmimport.aws.ec2.import_options import LicenseType
from pulumi_vmimport.policies.image_uses import image_uses
from pulumi_vmimport.policies.rule import Enforcement, Finding, Rule, Settings, Severity
from pulumi_vmimport.policies.stack_facts import StackFacts, names


def _findings(stack: StackFacts, settings: Settings) -> Iterator[Finding]:
    del settings
    for use in image_uses(stack):
        if names(use.image.get("licenseType"), LicenseType.BYOL) and any(
            audience.is_public for audience in use.audiences
        ):
            yield Finding(
                use.resource,
                f"{use.resource.label} {use.kind} {use.image.label}, imported with license_type BYOL, with every AWS "
                "account; share it with the accounts that own the licenses",
            )


RULE = Rule(
    id="public-byol-image",
    title="An AMI that was imported with your own license is not public.",
    severity=Severity.CRITICAL,
    enforcement=Enforcement.MANDATORY,
    remediation="Share the AMI with accounts, organizations or organizational units that your license covers.",
    doc=(
        "Everyone who launches a BYOL AMI uses your license, and anyone can copy a public AMI. The rule reports an "
        "`AmiLaunchPermission` with `group` all, and a `DistributeImage` whose distribution configuration has the user "
        "group all, if the AMI comes from an `ImportImage` with `license_type` BYOL, directly or by a copy. It reports "
        "nothing if `license_type` is not set or the AMI is not imported by the same stack."
    ),
    sources=(
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-intro.html",
        "https://docs.aws.amazon.com/vm-import/latest/userguide/vmimport-image-import.html",
    ),
    findings=_findings,
)
