"""Validation of requests against the service model: lengths, patterns and enumerations, which botocore ignores.

The code and the first sentence of the messages are those of Image Builder (hashicorp/terraform-provider-aws#36610); the
rest is assumed.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.core.utils import get_service_model

from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError


def invalid_value(path: str, reason: str) -> ServiceError:
    """The error for a value that is not valid."""
    text = f"The value supplied for parameter '{path}' is not valid. {reason}"
    return ServiceError("InvalidParameterValueException", text)


def check_request(operation: str, request: Mapping[str, Any]) -> None:
    """Validate the parameters of a call.

    Raises:
        ServiceError: A parameter is missing or violates the service model.
    """
    _check(_input(operation), request, "")


@cache
def _input(operation: str) -> Any:
    return get_service_model("imagebuilder").operation_model(operation).input_shape


def _check(shape: Any, value: Any, path: str) -> None:
    if shape.type_name == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                raise invalid_value(_joined(path, name), "The parameter is required.")
        for name, given in value.items():
            if given is not None:
                _check(shape.members[name], given, _joined(path, name))
        return
    _check_limits(shape, value, path)
    if shape.type_name == "list":
        for number, entry in enumerate(value):
            _check(shape.member, entry, f"{path}[{number}]")
    elif shape.type_name == "map":
        for key, entry in value.items():
            _check(shape.key, key, f"{path}.{key}")
            _check(shape.value, entry, f"{path}.{key}")


def _check_limits(shape: Any, value: Any, path: str) -> None:
    limits = shape.metadata
    if "enum" in limits and value not in limits["enum"]:
        raise invalid_value(path, f"The value must be one of {', '.join(limits['enum'])}.")
    if "pattern" in limits and not re.search(limits["pattern"], value):
        raise invalid_value(path, f"The value must match the pattern {limits['pattern']}.")
    if shape.type_name not in {"string", "list", "map", "integer"}:
        return
    size = value if shape.type_name == "integer" else len(value)
    least, most = limits.get("min", size), limits.get("max", size)
    if not least <= size <= most:
        what = "value" if shape.type_name == "integer" else "length"
        bounds = f"at least {limits.get('min', 0)}" + (f" and at most {limits['max']}" if "max" in limits else "")
        raise invalid_value(path, f"The {what} must be {bounds}.")


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
