"""Turns the exception that ends a call into one line for the user, without credentials in it."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.aws.credential_errors import is_identity_error
from pulumi_vmimport.aws.error_descriptions import describe_aws_error
from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.aws.service_errors import is_aws_error
from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.lifecycle import engine
from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.lifecycle.host_run import HostRun
from pulumi_vmimport.vsphere.vsphere_errors import VSphereError

_RESUMES = "; the next `pulumi up` resumes where this one stopped"


class RedactedError(VmimportError):
    """Stands for an exception whose traceback contains the query string of a URL."""


@dataclass(frozen=True)
class PartialResource:
    """A resource that a failed call leaves behind, for Pulumi to record."""

    id: str
    properties: Mapping[str, Any]


def describe_error(error: BaseException) -> str:
    """What failed, its cause and its remedy, as far as they are known, and what else failed on the way out."""
    is_known = is_aws_error(error) or is_identity_error(error)
    words = describe_aws_error(error) if is_known else redact_urls(str(error)) or type(error).__name__
    return "; ".join([words, *map(redact_urls, getattr(error, "__notes__", ()))])


def is_unreachable(error: BaseException) -> bool:
    """Whether AWS or vSphere could not be read, as opposed to a defect of this library."""
    return is_aws_error(error) or isinstance(error, (VSphereError, RunInterruptedError))


def report_error(run: HostRun, title: str, error: Exception, partial: PartialResource | None) -> Exception:
    """Report an exception to the engine; returns the exception to raise.

    The engine shows one line and records the partial resource. The traceback goes to the debug log.
    """
    resumes = is_identity_error(error) and partial is not None
    message = f"{title}: {describe_error(error)}{_RESUMES if resumes else ''}"
    details = traceback.format_exc()
    engine.log(run.urn, redact_urls(details), severity="DEBUG")
    if partial is None:
        engine.one_line_error(run.call, message)
    else:
        engine.one_line_error(run.call, message, partial.id, partial.properties)
    # Where the hooks are off, the runtime shows the traceback of the exception that is raised.
    return error if redact_urls(details) == details else RedactedError(message)
