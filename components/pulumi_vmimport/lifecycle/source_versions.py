"""The version of a source as the input `sourceHash`, where the program does not set one.

Without it, an AMI whose image in S3 has changed stays as it is, without a message. The version is part of the checked
inputs, so a changed object is a changed input: preview shows it, and the tags and tokens of the replacement differ.
A resource of an earlier version of this library has none, and gets one when it is replaced.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_vmimport.call_guard import guarded_by
from pulumi_vmimport.lifecycle.aws_identity import has_known_identity, identity_problem
from pulumi_vmimport.lifecycle.contract import Lifecycle
from pulumi_vmimport.lifecycle.error_reporting import describe_error, is_unreachable
from pulumi_vmimport.lifecycle.host_run import HostRun, call_guard
from pulumi_vmimport.lifecycle.schema import wire_fields

SOURCE_HASH = "sourceHash"
_PREFIX = "version:"


def is_other_version(source_hash: str | None, version: str | None) -> bool:
    """Whether a source certainly has another version than the derived `source_hash` of an earlier run."""
    is_derived = source_hash is not None and source_hash.startswith(_PREFIX)
    return is_derived and version is not None and source_hash != f"{_PREFIX}{version}"


def derived_source_hash(
    lifecycle: Lifecycle[Any, Any],
    make_run: Callable[[Any, Mapping[str, Any]], HostRun],
    inputs: Any,
    olds: Mapping[str, Any],
    bag: Mapping[str, Any],
) -> dict[str, Any]:
    """The input to add to the checked inputs; none if the program sets it, or an earlier version made the resource.

    The recorded version stays if the source cannot be read, for example because it was deleted after the import.
    """
    if SOURCE_HASH not in wire_fields(lifecycle.inputs_type) or bag.get(SOURCE_HASH) is not None:
        return {}
    recorded = olds.get(SOURCE_HASH)
    is_derived = isinstance(recorded, str) and recorded.startswith(_PREFIX)
    if olds and not is_derived:
        return {}
    version = None
    if has_known_identity(bag):
        version = _version(lifecycle, make_run(inputs, bag), inputs, bag, is_recorded=is_derived)
    if version is not None:
        return {SOURCE_HASH: f"{_PREFIX}{version}"}
    return {SOURCE_HASH: recorded} if is_derived else {}


def _version(
    lifecycle: Lifecycle[Any, Any], run: HostRun, inputs: Any, bag: Mapping[str, Any], *, is_recorded: bool
) -> str | None:
    try:
        with guarded_by(call_guard(run, is_preview=True)):
            return lifecycle.source_version(run, inputs)
    except Exception as error:
        if not (is_unreachable(error) or identity_problem(error, bag)):
            raise
        if is_recorded:  # otherwise preflight reports the error
            run.warn(f"could not check whether the source changed: {describe_error(error)}")
        return None
