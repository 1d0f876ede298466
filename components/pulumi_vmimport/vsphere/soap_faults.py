"""pyVmomi's exceptions as the errors of this package."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from pyVmomi import vim, vmodl

from pulumi_vmimport.vsphere.vsphere_errors import VSphereFaultError

_CAPITAL = re.compile("(?=[A-Z])")


def fault_message(fault: object) -> str:
    """The message of a fault, or of its cause if it has none, followed by the fault's string properties."""
    messages = [getattr(fault, "localizedMessage", None), getattr(fault, "msg", None)]
    messages += [message.message for message in getattr(fault, "faultMessage", None) or ()]
    inner = getattr(fault, "fault", None) or getattr(fault, "faultCause", None)
    text = "; ".join(dict.fromkeys(filter(None, messages))) or (fault_message(inner) if inner else "")
    facts = _facts_of(inner or fault)
    return "; ".join(part for part in (text, facts) if part)


def fault_name(fault: object) -> str:
    """The type of a fault without its package, such as `InvalidPowerState`; of the inner fault if it wraps one."""
    return type(getattr(fault, "fault", None) or fault).__name__.rpartition(".")[2]


@contextmanager
def faults_as_errors(action: str) -> Iterator[None]:
    """Raise pyVmomi's exceptions as VSphereFaultError. `action` is the failed operation, such as `power off web01`."""
    try:
        yield
    except vim.fault.NotAuthenticated as fault:
        raise VSphereFaultError(action, fault_name(fault), fault_message(fault) or "the session has ended") from fault
    except vmodl.MethodFault as fault:
        raise VSphereFaultError(action, fault_name(fault), fault_message(fault)) from fault
    except (OSError, HTTPException) as error:
        raise VSphereFaultError(action, type(error).__name__, str(error)) from error


def _facts_of(fault: object) -> str:
    """The string properties of a fault: vCenter often leaves the message empty."""
    plain = [
        (name, value)
        for name, value in vars(fault).items()
        if isinstance(value, str) and value and name not in {"msg", "localizedMessage", "dynamicType"}
    ]
    return ", ".join(f"{_CAPITAL.sub(' ', name).lower()} {value}" for name, value in plain)
