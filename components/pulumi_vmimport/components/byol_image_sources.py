"""The sources of a ByolWorkspaceImage, of which it has exactly one."""

from collections.abc import Iterator

from pulumi_vmimport.components.component_base import Values
from pulumi_vmimport.components.service_role_choice import ROLE_ARGS
from pulumi_vmimport.lifecycle.contract import Problem, is_set

MACHINE = ("virtual_machine_uuid", "virtual_machine_moid", "virtual_machine_path")
EXPORTED = (*MACHINE, "windows_iso")
SOURCES = (*EXPORTED, "ova_key", "ec2_image_id")
EXPORT_ARGS = ("powered_on", "export_when_changed", "triggers", "sse", "kms_key_id")


def source_problems(values: Values) -> Iterator[Problem]:
    """The problems of the choice of the source, and of arguments that apply to another source."""
    sources = [name for name in SOURCES if values.get(name) is not None]
    if len(sources) != 1:
        yield Problem(
            sources[0] if sources else SOURCES[0],
            f"expected exactly one source of {', '.join(SOURCES)}, got {', '.join(sources) or 'none'}",
        )
        return
    if sources == ["ova_key"] and values.get("existing_bucket") is None:
        yield Problem("existing_bucket", "is required with ova_key; set it to the bucket of the OVA")
    if sources == ["ec2_image_id"]:
        for name in ("existing_bucket", *ROLE_ARGS):
            if values.get(name) is not None:
                yield Problem(name, "has no effect with ec2_image_id (nothing is imported); remove one of the two")
    if sources != ["ova_key"] and is_set(values.get("source_hash")):
        yield Problem("source_hash", f"applies only to ova_key, and the source is {sources[0]}; remove it")
    if sources[0] not in EXPORTED:
        for name in EXPORT_ARGS:
            if is_set(values.get(name)):
                yield Problem(name, f"applies only to a virtual machine, and the source is {sources[0]}; remove it")
