"""Whether a response is one of the AWS service that was called.

A proxy or a captive portal can answer in the name of a service, with a page, an empty body or a part of the response.
botocore parses what it recognizes and leaves out the rest, so that "no image" would look like "the image is gone".
"""

import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from botocore.exceptions import HTTPClientError
from botocore.model import OperationModel

from pulumi_vmimport.aws.response_members import JSON_TEXT, MAY_BE_ABSENT, REQUIRED_MEMBERS
from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.shown_value import shown_value

# Every response of AWS has one of these headers.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html,
# https://docs.aws.amazon.com/boto3/latest/guide/error-handling.html#parsing-error-responses-and-catching-exceptions-from-aws-services
_REQUEST_ID_HEADERS = ("x-amzn-requestid", "x-amz-request-id", "x-amz-id-2")
_ERROR_STATUS = 300
_SERVER_ERROR_STATUS = 500
# The protocols whose responses are the element <OperationNameResponse>.
_NAMED_ROOTS = frozenset({"ec2", "query"})
_SHOWN_BYTES = 120


class ForeignResponseError(VmimportError, HTTPClientError):
    """A response that the service did not send, or of which a part is missing: the same call may succeed later."""

    fmt = (
        "{operation} was not answered by {service}: {problem}; received {received}; check proxies and captive portals "
        "between this machine and {endpoint}"
    )


def foreign_response(
    model: OperationModel, received: Mapping[str, Any], problem: str, endpoint: str
) -> ForeignResponseError:
    """The error for a response before it is parsed: its status_code, headers and body."""
    return ForeignResponseError(
        operation=model.name,
        service=model.service_model.service_id,
        problem=problem,
        received=_in_words(received),
        endpoint=endpoint,
    )


def is_from_aws(received: Mapping[str, Any]) -> bool:
    """Whether the headers are those of an AWS service. The status 5xx has the same meaning from a proxy."""
    headers = received["headers"]
    return received["status_code"] >= _SERVER_ERROR_STATUS or any(headers.get(name) for name in _REQUEST_ID_HEADERS)


def damage(model: OperationModel, received: Mapping[str, Any], parsed: Mapping[str, Any]) -> str | None:
    """What is wrong with the content of a response that was parsed; None if nothing is."""
    if received["status_code"] >= _ERROR_STATUS:
        return None
    root = _root(received["body"]) if model.service_model.resolved_protocol in _NAMED_ROOTS else None
    if root is not None and root != f"{model.name}Response":
        return f"expected the element {model.name}Response, got {root}"
    missing = missing_member(parsed, REQUIRED_MEMBERS.get(model.service_model.service_name, {}).get(model.name, ()))
    return f"the response has no {missing}" if missing else None


def missing_member(value: Any, paths: tuple[str, ...]) -> str | None:
    """The first member that a parsed response lacks; response_members.py describes the paths."""
    return next((path for path in paths if not _has(value, path.split("."))), None)


def _has(value: Any, path: list[str]) -> bool:
    if not path:
        return True
    if not isinstance(value, Mapping):
        return False
    found = value.get(path[0].rstrip(f"[]{MAY_BE_ABSENT}{JSON_TEXT}"))
    if found is None:
        return MAY_BE_ABSENT in path[0]
    if "[]" in path[0]:
        return isinstance(found, list) and all(_has(item, path[1:]) for item in found)
    if JSON_TEXT in path[0]:
        return _is_json_object(found)
    return _has(found, path[1:])


def _is_json_object(value: Any) -> bool:
    if not isinstance(value, str):
        return isinstance(value, Mapping)  # botocore has parsed it
    try:
        return isinstance(json.loads(value), dict)
    except ValueError:
        return False


def _root(body: bytes) -> str:
    return ET.fromstring(body).tag.rpartition("}")[2] if body else "nothing"  # noqa: S314 - botocore has parsed it


def _in_words(received: Mapping[str, Any]) -> str:
    """Status, content type, size and beginning of a response."""
    body = received["body"] if isinstance(received["body"], bytes) else b""
    kind = received["headers"].get("Content-Type", "no content type")
    start = body[:_SHOWN_BYTES].decode("utf-8", "replace").strip()
    content = (
        f"{len(body)} bytes: {shown_value(start)}{'...' if len(body) > _SHOWN_BYTES else ''}"
        if body
        else "an empty body"
    )
    return f"HTTP status {received['status_code']}, {kind}, {content}"
