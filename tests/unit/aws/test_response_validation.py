"""Each operation that the library calls, answered by something that is not the service."""

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.model import OperationModel

import pulumi_vmimport
from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.credential_errors import credentials_expired
from pulumi_vmimport.aws.response_members import REQUIRED_MEMBERS
from pulumi_vmimport.aws.response_validation import ForeignResponseError, missing_member
from pulumi_vmimport.aws.service_errors import is_transient
from pulumi_vmimport.resources.catalog import RESOURCES

OPERATIONS = [(service, operation) for service, rows in REQUIRED_MEMBERS.items() for operation in rows]
# The others return nothing that the library reads, and their protocol has no root element to check.
WITH_CONTENT = [(s, o) for s, o in OPERATIONS if REQUIRED_MEMBERS[s][o] or s in {"ec2", "iam", "sts"}]
# IAM actions that have another name than the operations that they allow.
# Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
OPERATIONS_OF_ACTIONS = {
    "s3:AbortMultipartUpload": ("AbortMultipartUpload",),
    "s3:DeleteObjectVersion": ("DeleteObject",),
    "s3:GetEncryptionConfiguration": ("GetBucketEncryption",),
    "s3:GetObjectVersion": ("GetObject",),
    "s3:GetObjectVersionTagging": ("GetObjectTagging",),
    "s3:ListBucket": ("ListObjectsV2", "HeadBucket"),
    "s3:ListBucketMultipartUploads": ("ListMultipartUploads",),
    "s3:ListBucketVersions": ("ListObjectVersions",),
    "s3:ListMultipartUploadParts": ("ListParts",),
    "s3:PutObject": ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"),
}
PAGE = b"<html><head><title>Sign in</title></head><body>Please sign in to the network.</body></html>"
REQUEST_ID = {"x-amzn-RequestId": "8f3a", "x-amz-request-id": "8f3a"}
XML = {"Content-Type": "text/xml"}
JSON = {"Content-Type": "application/x-amz-json-1.1"}
HTML = {"Content-Type": "text/html"}

# Name, status, headers and body. The first ones come from a proxy or a captive portal. The others are what is left of a
# response of the service, whose headers arrive.
FOREIGN = {
    "page": (200, HTML, PAGE),
    "page-not-found": (404, HTML, PAGE),
    "page-denied": (403, HTML, PAGE),
    "page-bad-request": (400, HTML, PAGE),
    "page-bad-gateway": (502, HTML, PAGE),
    "words-unavailable": (503, {"Content-Type": "text/plain"}, b"upstream connect error"),
    "redirect": (302, {**HTML, "Location": "https://portal.example/login"}, PAGE),
    "empty": (200, {}, b""),
    "empty-not-found": (404, {}, b""),
    "empty-object": (200, JSON, b"{}"),
    "null": (200, JSON, b"null"),
    "list": (200, JSON, b"[]"),
    "wrong-root": (200, XML, b"<Other/>"),
    "error-in-json": (400, JSON, b'{"message": "no"}'),
}
DAMAGED = {
    "empty": (200, {}, b""),
    "empty-object": (200, JSON, b"{}"),
    "null": (200, JSON, b"null"),
    "list": (200, JSON, b"[]"),
    "text": (200, JSON, b'"no"'),
    "truncated-json": (200, JSON, b'{"Images": [{"ImageId": "wsi-0'),
    "truncated-xml": (200, XML, b"<DescribeImagesResponse><imagesSet><item><imageId>ami"),
    "wrong-root": (200, XML, b"<Other/>"),
    "page": (200, HTML, PAGE),
}


class Raw:
    """The body of a response, as urllib3 provides it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body

    def read(self, *_: Any) -> bytes:
        body, self._body = self._body, b""
        return body


class Portal:
    """Answers every request of a client with the same response."""

    def __init__(self) -> None:
        self.response: tuple[int, dict[str, str], bytes] = (200, {}, b"")
        self.requests = 0

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        self.requests += 1
        status, headers, body = self.response
        has_body = request.method != "HEAD"
        return AWSResponse(request.url, status, dict(headers), Raw(body if has_body else b""))  # type: ignore[arg-type]


@cache
def client_of(service: Any) -> tuple[Any, Portal]:
    aws = AwsConnection(AwsSettings(region="eu-west-1", access_key="AKIAEXAMPLE", secret_key="secret"))
    client: Any = aws.client(service)
    portal = Portal()
    client.meta.events.register("before-send", portal.answer)
    return client, portal


def minimal(shape: Any) -> Any:
    """A value of a shape with its required members only."""
    if shape.type_name == "structure":
        names = list(shape.members)[:1] if shape.is_tagged_union else shape.required_members
        return {name: minimal(shape.members[name]) for name in names}
    if shape.type_name == "list":
        return [minimal(shape.member)]
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "bucket-of-web".ljust(shape.metadata.get("min", 0), "x")
    return {"map": {}, "boolean": True, "blob": b"x"}.get(shape.type_name, max(1, shape.metadata.get("min", 1)))


def call(service: str, operation: str) -> Any:
    client, _ = client_of(service)
    model: OperationModel = client.meta.service_model.operation_model(operation)
    members = minimal(model.input_shape) if model.input_shape else {}
    return client._make_api_call(operation, members)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, which take no time."""
    pauses: list[float] = []
    monkeypatch.setattr("pulumi_vmimport.aws.guarded_calls.sleep", pauses.append)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)
    return pauses


@pytest.mark.parametrize(("service", "operation"), OPERATIONS, ids=[":".join(each) for each in OPERATIONS])
def test_a_response_of_a_proxy_is_transient_and_the_call_is_repeated(
    service: str, operation: str, naps: list[float]
) -> None:
    _, portal = client_of(service)
    for name, response in FOREIGN.items():
        portal.response, portal.requests = response, 0
        naps.clear()
        with pytest.raises(Exception) as caught:  # noqa: PT011 - its kind is asserted
            call(service, operation)
        assert is_transient(caught.value), f"{name}: {caught.value!r}"
        if response[0] < 500:  # botocore repeats the others
            assert isinstance(caught.value, ForeignResponseError), f"{name}: {caught.value!r}"
            assert str(response[0]) in str(caught.value), name
            assert (portal.requests, len(naps)) == (4, 3), name


@pytest.mark.parametrize(("service", "operation"), WITH_CONTENT, ids=[":".join(each) for each in WITH_CONTENT])
def test_a_damaged_response_is_transient_and_the_call_is_repeated(
    service: str, operation: str, naps: list[float]
) -> None:
    _, portal = client_of(service)
    for name, (status, headers, body) in DAMAGED.items():
        if (operation, name) == ("GetBucketPolicy", "empty-object"):
            continue  # a policy without statements
        portal.response, portal.requests = (status, {**headers, **REQUEST_ID}, body), 0
        naps.clear()
        with pytest.raises((ForeignResponseError, ClientError)) as caught:
            call(service, operation)
        assert is_transient(caught.value), f"{name}: {caught.value!r}"
        if isinstance(caught.value, ForeignResponseError):  # botocore repeats those that S3 may send
            assert (portal.requests, len(naps)) == (4, 3), name


def test_the_message_has_what_was_received_and_from_where(naps: list[float]) -> None:
    _, portal = client_of("workspaces")
    portal.response = (200, HTML, PAGE * 99)
    with pytest.raises(ForeignResponseError) as caught:
        call("workspaces", "DescribeWorkspaceImages")
    message = str(caught.value)
    for fact in ("DescribeWorkspaceImages", "WorkSpaces", "200", "text/html", "Sign in", "workspaces.eu-west-1."):
        assert fact in message
    assert len(message) < 600


@pytest.mark.usefixtures("naps")
@pytest.mark.parametrize(("code", "status"), [("ResourceNotFoundException", 400), ("AccessDeniedException", 403)])
def test_an_error_of_the_service_is_left_as_it_is(code: str, status: int) -> None:
    _, portal = client_of("workspaces")
    body = json.dumps({"__type": code, "message": "no"}).encode()
    portal.response, portal.requests = (status, {**JSON, **REQUEST_ID}, body), 0
    with pytest.raises(ClientError, match=code):
        call("workspaces", "DescribeWorkspaceImages")
    assert portal.requests == 1


@pytest.mark.usefixtures("naps")
def test_expired_credentials_are_recognized_in_a_head_response() -> None:
    _, portal = client_of("s3")
    portal.response = (400, REQUEST_ID, b"")
    with pytest.raises(ClientError) as caught:
        call("s3", "HeadObject")
    assert credentials_expired(caught.value)


@pytest.mark.usefixtures("naps")
@pytest.mark.parametrize(
    ("service", "operation", "body"),
    [
        ("workspaces", "DescribeWorkspaceImages", b'{"Images": []}'),
        ("workspaces", "DeleteWorkspaceImage", b"{}"),
        ("workspaces", "DeleteWorkspaceImage", b""),
        (
            "ec2",
            "DescribeImages",
            b"<DescribeImagesResponse><requestId>1</requestId><imagesSet/></DescribeImagesResponse>",
        ),
        ("ec2", "DeleteSnapshot", b"<DeleteSnapshotResponse><return>true</return></DeleteSnapshotResponse>"),
        ("s3", "ListObjectsV2", b"<ListBucketResult><Name>b</Name><KeyCount>0</KeyCount></ListBucketResult>"),
        ("s3", "DeleteObject", b""),
    ],
    ids=str,
)
def test_an_empty_result_of_the_service_is_a_result(service: str, operation: str, body: bytes) -> None:
    _, portal = client_of(service)
    portal.response = (200, {**(XML if body[:1] == b"<" else JSON), **REQUEST_ID}, body)
    assert call(service, operation)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("value", "paths", "missing"),
    [
        pytest.param({"A": {"B": 0}}, ("A.B",), None, id="zero"),
        pytest.param({"A": {"B": None}}, ("A.B",), "A.B", id="null"),
        pytest.param({"A": "B"}, ("A.B",), "A.B", id="text-for-an-object"),
        pytest.param({"A": []}, ("A[].B",), None, id="no-items"),
        pytest.param({"A": [{"B": 1}, {}]}, ("A[].B",), "A[].B", id="one-item-is-damaged"),
        pytest.param({"A": {"B": 1}}, ("A[].B",), "A[].B", id="object-for-a-list"),
        pytest.param({}, ("A?[].B",), None, id="may-be-absent"),
        pytest.param({"A": [{}]}, ("A?[].B",), "A?[].B", id="present-and-damaged"),
        pytest.param({"A": '{"B": 1}'}, ("A{}",), None, id="json"),
        pytest.param({"A": '{"B": '}, ("A{}",), "A{}", id="truncated-json"),
        pytest.param({"A": "null"}, ("A{}",), "A{}", id="not-an-object"),
        pytest.param({"A": {"B": 1}}, ("A{}",), None, id="parsed-json"),
        pytest.param({"A": 1}, ("A", "B", "C"), "B", id="first-of-several"),
    ],
)
def test_a_member_is_missing_if_it_has_no_value_of_its_kind(
    value: Any, paths: tuple[str, ...], missing: str | None
) -> None:
    assert missing_member(value, paths) == missing


# Of botocore's sessions.
_OTHER_METHODS = {"get_component"}


@cache
def operation_names() -> dict[str, str]:
    """The operations of all services by the names of their methods."""
    session = botocore.session.get_session()
    return {
        botocore.xform_name(operation): operation
        for service in REQUIRED_MEMBERS
        for operation in session.get_service_model(service).operation_names
    }


def called_operations(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    methods = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    } - _OTHER_METHODS
    paginators = {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {operation_names()[name] for name in methods | paginators if name in operation_names()}


def test_every_operation_that_the_library_calls_has_a_row() -> None:
    package = Path(pulumi_vmimport.__file__).parent
    files = [file for file in package.rglob("*.py") if file.relative_to(package).parts[0] not in {"disk", "vsphere"}]
    called = {operation: file.name for file in files for operation in called_operations(file)}
    rows = {operation for _, operation in OPERATIONS}
    missing = {operation: name for operation, name in called.items() if operation not in rows}
    assert missing == {}, "add them to aws/response_members.py"


def test_every_action_of_the_catalog_allows_operations_with_a_row() -> None:
    rows = {f"{service}:{operation}" for service, operation in OPERATIONS}
    missing = []
    for entry in RESOURCES:
        actions = entry.actions
        for action in {*actions.check, *actions.create, *actions.read, *actions.update, *actions.delete}:
            service, _, name = action.partition(":")
            operations = OPERATIONS_OF_ACTIONS.get(action, (name,))
            missing += [f"{action} ({entry.name})" for each in operations if f"{service}:{each}" not in rows]
    assert missing == [], "add them to aws/response_members.py"


def test_every_row_is_an_operation_with_these_members() -> None:
    session = botocore.session.get_session()
    for service, operation in OPERATIONS:
        model = session.get_service_model(service).operation_model(operation)
        for path in REQUIRED_MEMBERS[service][operation]:
            shape: Any = model.output_shape
            for name in path.split("."):
                shape = shape.members[name.rstrip("?[]{}")]
                shape = shape.member if "[]" in name else shape
