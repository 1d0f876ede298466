"""Files of datastores, read from the simulator, and from hosts that misbehave."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport.vsphere.datastore_file import DatastoreFile, DatastorePath
from pulumi_vmimport.vsphere.inventory import datacenter_of_datastore
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.tls import ca_context
from pulumi_vmimport.vsphere.vsphere_errors import DatastoreFileError

PATH = DatastorePath("LocalDS_0", "a folder/web+1.bin")
CONTENT = bytes(range(256)) * 1000
FIRST = 100


@pytest.fixture
def content(machines: Any) -> bytes:
    """The content of the file at PATH."""
    machines.vcenter.put_file(PATH.datastore, PATH.path, io.BytesIO(CONTENT))
    return CONTENT


def partial(first: int, last: int, size: int, data: bytes | None = None) -> bytes:
    data = CONTENT[first : last + 1] if data is None else data
    head = f"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {first}-{last}/{size}\r\nContent-Length: {len(data)}"
    return f"{head}\r\n\r\n".encode() + data


def opened(host: Any, wait: Callable[[float], None] = lambda _: None) -> DatastoreFile:
    """A file of a host that only looks like vSphere."""
    session: Any = SimpleNamespace(
        host="127.0.0.1",
        port=host.port,
        server=f"127.0.0.1:{host.port}",
        tls_context=ca_context(str(host.ca_file)),
        cookie="vmware_soap_session=abc",
    )
    return DatastoreFile(session, "north/DC 0", PATH, FIRST, wait=wait)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[datastore1] web/web.vmdk", ("datastore1", "web/web.vmdk")),
        ("[ssd (2)] web.vmdk", ("ssd (2)", "web.vmdk")),
        ("[datastore1] ", None),
        ("web.vmdk", None),
        ("", None),
    ],
)
def test_a_path_has_a_datastore_and_a_file(text: str, found: tuple[str, str] | None) -> None:
    path = DatastorePath.parse(text)
    assert (path and (path.datastore, path.path)) == found
    assert path is None or str(path) == text


@pytest.mark.parametrize(("path", "sibling"), [("web/web.vmdk", "web/flat"), ("web.vmdk", "flat")])
def test_a_sibling_is_in_the_same_folder(path: str, sibling: str) -> None:
    assert DatastorePath("ssd", path).sibling("flat") == DatastorePath("ssd", sibling)


def test_ranges_are_the_bytes_of_the_file(session: VSphereSession, content: bytes) -> None:
    file = DatastoreFile(session, "DC0", PATH, FIRST, wait=lambda _: None)
    assert (file.name, file.size_bytes, file.start) == (str(PATH), len(content), content[:FIRST])
    assert file.read_range(200_000, 200_999) == content[200_000:201_000]
    assert file.read_range(len(content) - 7, len(content) - 1) == content[-7:]
    assert file.read_range(5, 5) == content[5:6]
    file.close()


def test_a_file_shorter_than_the_first_range_is_read_whole(session: VSphereSession, content: bytes) -> None:
    file = DatastoreFile(session, "DC0", PATH, 1 << 20, wait=lambda _: None)
    assert file.start == content
    file.close()


def test_the_request_names_datacenter_and_datastore_and_has_the_session(fake_host: Callable[[bytes], Any]) -> None:
    host = fake_host(partial(0, 99, 5000))
    opened(host)
    (request,) = host.requests
    assert request.startswith("GET /folder/a%20folder/web%2B1.bin?dcPath=north%2FDC%200&dsName=LocalDS_0 HTTP/1.1")
    assert "Cookie: vmware_soap_session=abc\r\n" in request
    assert "Range: bytes=0-99\r\n" in request


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("401 Unauthorized", "does not accept the session.*Datastore.FileManagement"),
        ("403 Forbidden", "grant the user Datastore.Browse .* and Datastore.FileManagement .Low level file operations"),
        ("404 Not Found", "does not exist, or the datastore does not serve the data of disks, as vSAN"),
        ("500 Internal Server Error", "another process has locked the file, such as a running VM"),
        ("423 Locked", "has locked the file"),
        ("302 Found\r\nLocation: https://esxi07/folder?ticket=secret", "a redirect to 'https://esxi07/folder' is not"),
        ("416 Range Not Satisfiable", "the file is empty"),
        ("200 OK", "ignores the Range header"),
        ("418 I'm a teapot", "check the server and proxies"),
    ],
    ids=lambda value: value.partition("\r")[0] if value[:1].isdigit() else "",
)
def test_fails_with_the_response_its_cause_and_the_path(
    fake_host: Callable[[bytes], Any], status: str, words: str
) -> None:
    host = fake_host(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nno".encode())
    with pytest.raises(DatastoreFileError, match=words) as failure:
        opened(host)
    shown = status.partition("\r")[0]
    assert str(failure.value).startswith(f'{PATH} cannot be read: 127.0.0.1:{host.port} responded "HTTP {shown}"; ')
    assert "secret" not in str(failure.value)
    assert (failure.value.status, failure.value.path) == (int(status[:3]), str(PATH))
    assert len(host.requests) == 1


def test_an_empty_file_is_named_as_such(session: VSphereSession, machines: Any) -> None:
    machines.vcenter.put_file(PATH.datastore, "empty", io.BytesIO())
    with pytest.raises(DatastoreFileError, match="the file is empty"):
        DatastoreFile(session, "DC0", DatastorePath(PATH.datastore, "empty"), FIRST, wait=lambda _: None)


def test_a_busy_server_is_asked_three_times(fake_host: Callable[[bytes], Any], waits: Any) -> None:
    host = fake_host(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(DatastoreFileError, match=r"503 Service Unavailable.*or it is busy"):
        opened(host, waits)
    assert (len(host.requests), waits.seconds) == (3, [1.0, 1.0])


def test_a_server_that_is_busy_once_is_read(fake_host: Callable[[bytes], Any], waits: Any) -> None:
    host = fake_host(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    waits.then = lambda: setattr(host, "answer", partial(0, 99, 5000))
    assert opened(host, waits).start == CONTENT[:100]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (partial(10, 19, 4000), "size changed from 5000 to 4000 bytes"),
        (partial(0, 9, 5000), "expected bytes 10-19, got Content-Range 'bytes 0-9/5000' with 10 bytes"),
        (partial(10, 19, 5000, b"short"), "expected bytes 10-19.*with 5 bytes"),
    ],
    ids=["another-size", "another-range", "too-short"],
)
def test_fails_if_a_range_is_not_of_the_opened_file(
    fake_host: Callable[[bytes], Any], answer: bytes, words: str
) -> None:
    host = fake_host(partial(0, 99, 5000))
    file = opened(host)
    host.answer = answer
    with pytest.raises(DatastoreFileError, match=words):
        file.read_range(10, 19)


def test_a_closed_connection_is_replaced(fake_host: Callable[[bytes], Any]) -> None:
    host = fake_host(partial(0, 99, 5000))  # it closes the connection after each response
    file = opened(host)
    host.answer = partial(10, 19, 5000)
    assert file.read_range(10, 19) == CONTENT[10:20]


def test_closing_ends_a_read_that_waits_for_a_silent_server(fake_host: Callable[[bytes], Any]) -> None:
    host = fake_host(partial(0, 99, 5000))
    file = opened(host)
    host.answer, host.hold_open = b"HTTP/1.1 206 Partial Content\r\n", True
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(file.read_range, 10, 19)
        while len(host.requests) < 2:  # until the server has received the request
            assert not reading.done()
        file.close()
        with pytest.raises(DatastoreFileError, match="cannot be read"):
            reading.result(timeout=20)
    assert len(host.requests) == 2


def test_fails_if_the_certificate_is_not_trusted(fake_host: Callable[[bytes], Any]) -> None:
    host, other = fake_host(partial(0, 99, 5000)), fake_host(b"")
    host.ca_file = other.ca_file
    with pytest.raises(DatastoreFileError, match="SSLCertVerificationError"):
        opened(host)
    assert host.requests == []


def test_the_datacenter_is_found_by_the_datastore(session: VSphereSession, machines: Any) -> None:
    root = machines.vcenter.session.content.rootFolder
    machine = machines.make("web", b"disk")
    (datacenter,) = (child for child in root.childEntity if isinstance(child, vim.Datacenter))
    assert datacenter_of_datastore(session, machine.reference, "LocalDS_0") == datacenter.name
    assert datacenter_of_datastore(session, machine.reference, "of another machine") == datacenter.name
