"""Rules for the file of an OVF descriptor: its name, its encoding and its XML."""

from collections.abc import Iterator

from pulumi_vmimport.disk.conversion_remedies import conversion_to_utf8
from pulumi_vmimport.disk.descriptor_text import DECLARED_OTHERWISE
from pulumi_vmimport.disk.inspection.facts import DESCRIPTOR_TEXT, Container
from pulumi_vmimport.disk.rules.rule_context import Checks, Evidence, RuleContext

_OVF = ".ovf"


def is_misnamed(context: RuleContext) -> bool:
    """Whether the file is an OVF descriptor without the name of one, which no tool reads as a descriptor."""
    return context.image.container is Container.OVF and not context.image.name.lower().endswith(_OVF)


def _misnamed(context: RuleContext) -> Iterator[Evidence]:
    if is_misnamed(context):
        name = context.image.name.replace("\\", "/").rpartition("/")[2]
        stem = name.partition(".")[0] or "web"
        remedy = f"rename it to {stem}{_OVF}, and use DiskImageUpload, which packs it with its disks into an OVA"
        yield Evidence(context.image.name, f"{name} is an OVF descriptor, but its name does not end in {_OVF}", remedy)


def _encoding(context: RuleContext) -> Iterator[Evidence]:
    if context.ovf and context.ovf.encoding and context.image.ova:
        name = context.image.ova.descriptor or context.image.name
        remedy = (
            "save it as UTF-8, with this encoding in its first line"
            if DECLARED_OTHERWISE in context.ovf.encoding
            else conversion_to_utf8(context.ovf.encoding, context.ovf.declared_encoding)
        )
        yield Evidence(context.image.name, f"{name} is stored as {context.ovf.encoding}", remedy)


def _unreadable(context: RuleContext) -> Iterator[Evidence]:
    for damage in context.image.damage:
        if damage.where == DESCRIPTOR_TEXT and context.image.ova:
            name = context.image.ova.descriptor or context.image.name
            yield Evidence(context.image.name, f"{name}: {damage.words}")


CHECKS: Checks = {
    "ovf-name": _misnamed,
    "ovf-encoding": _encoding,
    "ovf-unreadable": _unreadable,
}
