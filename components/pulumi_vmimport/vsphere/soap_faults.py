"""What pyVmomi raises, as this package's errors."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from pyVmomi import vim, vmodl

from pulumi_vmimport.vsphere.vsphere_errors import VSphereFaultError

_CAPITAL = re.compile("(?=[A-Z])")


def words_of(fault: object) -> str:
    """What the service says of a fault: its message, else the message of what caused it, else its facts."""
    said = [getattr(fault, "localizedMessage", None), getattr(fault, "msg", None)]
    said += [message.message for message in getattr(fault, "faultMessage", None) or ()]
    inner = getattr(fault, "fault", None) or getattr(fault, "faultCause", None)
    text = "; ".join(dict.fromkeys(word for word in said if word)) or (words_of(inner) if inner else "")
    facts = _facts_of(inner or fault)
    return "; ".join(part for part in (text, facts) if part)


def fault_name(fault: object) -> str:
    """The type of a fault without its package, such as `InvalidPowerState`; where it only wraps one, that one's."""
    return type(getattr(fault, "fault", None) or fault).__name__.rpartition(".")[2]


@contextmanager
def faults_as_errors(action: str) -> Iterator[None]:
    """Turn pyVmomi's exceptions into this tree's. The action says what was tried, such as `power off web01`."""
    try:
        yield
    except vim.fault.NotAuthenticated as fault:
        raise VSphereFaultError(action, fault_name(fault), words_of(fault) or "the session has ended") from fault
    except vmodl.MethodFault as fault:
        raise VSphereFaultError(action, fault_name(fault), words_of(fault)) from fault
    except (OSError, HTTPException) as error:
        raise VSphereFaultError(action, type(error).__name__, str(error)) from error


def _facts_of(fault: object) -> str:
    """The facts that a fault carries beside its message: vCenter often leaves the message empty."""
    plain = [
        (name, value)
        for name, value in vars(fault).items()
        if isinstance(value, str) and value and name not in {"msg", "localizedMessage", "dynamicType"}
    ]
    return ", ".join(f"{_CAPITAL.sub(' ', name).lower()} {value}" for name, value in plain)
