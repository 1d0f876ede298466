"""A Windows Server AMI that was not generalized is not cloned."""

from collections.abc import Iterator

from pulumi_vmimport.aws.ec2.import_options import Platform
from pulumi_vmimport.image_profile import ImageProfile, profile_named
from pulumi_vmimport.lifecycle.unknown import is_known
from pulumi_vmimport.policies.image_uses import ImageUse, UseKind, image_uses
from pulumi_vmimport.policies.rule import Enforcement, Finding, Rule, Settings, Severity
from pulumi_vmimport.policies.stack_facts import (
    IMPORT_CUSTOM_WORKSPACE_IMAGE,
    IMPORT_WORKSPACE_IMAGE,
    StackFacts,
    StackResource,
    names,
)


def _findings(stack: StackFacts, settings: Settings) -> Iterator[Finding]:
    del settings
    for use in image_uses(stack):
        if _is_server_without_sysprep(use.image) and not _serves_workspaces(stack, use):
            yield Finding(
                use.resource,
                f"{use.resource.label} {use.kind} {use.image.label}, whose sysprep is none: the instances have one "
                "machine SID and one host name, their passwords cannot be retrieved, and a copy in another Region "
                "loses its activation; generalize the machine with Sysprep and import it again",
            )


def _is_server_without_sysprep(image: StackResource) -> bool:
    system, profile, platform = image.get("operatingSystem"), image.get("imageProfile"), image.get("platform")
    if not is_known(system, profile, platform) or image.get("sysprep") != "none":
        return False
    is_client = "windows" in str(system).lower() and "server" not in str(system).lower()
    is_for_workspaces = profile_named(profile) is ImageProfile.BYOL_WORKSPACES
    return not (is_client or is_for_workspaces or names(platform, Platform.LINUX))


def _serves_workspaces(stack: StackFacts, use: ImageUse) -> bool:
    """Whether a copy is made for a WorkSpaces image in another Region, which is ingested before Sysprep."""
    ingestions = stack.of_type(IMPORT_WORKSPACE_IMAGE, IMPORT_CUSTOM_WORKSPACE_IMAGE)
    made_from = (stack.supplier(ingestion, (use.resource.type,), "ec2ImageId") for ingestion in ingestions)
    return use.kind is UseKind.COPY and any(copy is use.resource for copy in made_from)


RULE = Rule(
    id="clone-without-sysprep",
    title="A Windows Server AMI without Sysprep is not shared, copied or distributed.",
    severity=Severity.HIGH,
    enforcement=Enforcement.ADVISORY,
    remediation=(
        "Generalize the machine with Sysprep before the export, or an instance of the AMI after the import, and set "
        "`sysprep` to before-export or after-import. For instances that exist already, follow the output "
        "`clone_runbook` of `ImportImage`."
    ),
    doc=(
        "Instances of an AMI that was not generalized are clones: they have the same machine SID and host name, EC2 "
        "cannot return their passwords, and Windows is not activated in another Region. The rule reports an "
        "`AmiLaunchPermission`, an `AmiCopy` or a `DistributeImage` of an `ImportImage` whose `sysprep` is none. It "
        "reports nothing if `sysprep` is not set, for Linux, for client editions of Windows, for the image profile "
        "byol-workspaces and for a copy from which a WorkSpaces image is made: WorkSpaces ingests an image before "
        "Sysprep."
    ),
    sources=(
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-create-win-sysprep.html",
        "https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html",
    ),
    findings=_findings,
)
