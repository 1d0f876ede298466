"""Small files of datastores, in the simulator and on hosts that misbehave."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pulumi_vmimport.vsphere.datastore_file import DatastorePath
from pulumi_vmimport.vsphere.datastore_folder import DatastoreFolder
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.tls import ca_context
from pulumi_vmimport.vsphere.vsphere_errors import DatastoreFileError

FOLDER = DatastorePath("LocalDS_0", "a folder (1)")
NAME = "answer + file.iso"


@pytest.fixture
def folder(session: VSphereSession) -> DatastoreFolder:
    return DatastoreFolder(session, "DC0", FOLDER)


def refusing(host: Any) -> DatastoreFolder:
    """A folder of a host that only looks like vSphere."""
    session: Any = SimpleNamespace(
        host="127.0.0.1",
        port=host.port,
        server=f"127.0.0.1:{host.port}",
        tls_context=ca_context(str(host.ca_file)),
        cookie="vmware_soap_session=abc",
        content=SimpleNamespace(
            fileManager=SimpleNamespace(MakeDirectory=lambda *_: None),
            searchIndex=SimpleNamespace(FindByInventoryPath=lambda _: None),
        ),
    )
    return DatastoreFolder(session, "DC0", DatastorePath("ssd (2)", "folder"))


def test_a_file_is_written_replaced_read_and_deleted_twice(folder: DatastoreFolder, waits: Any) -> None:
    assert str(folder.write(NAME, b"one")) == f"{FOLDER}/{NAME}"
    folder.write(NAME, b"two")
    assert folder.read(NAME) == b"two"
    folder.delete(NAME, waits)
    folder.delete(NAME, waits)
    assert folder.read(NAME) is None


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_a_refused_upload_fails_with_the_response_and_the_privileges(
    fake_host: Callable[[bytes], Any], status: str
) -> None:
    host = fake_host(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
    with pytest.raises(DatastoreFileError, match=r"grant the user Datastore\.Browse .* and Datastore\.File") as failure:
        refusing(host).write(NAME, b"")
    found = f'[ssd (2)] folder/{NAME} cannot be written: 127.0.0.1:{host.port} responded "HTTP {status}" to '
    assert str(failure.value).startswith(found)


@pytest.mark.parametrize("status", ["404 Not Found", "423 Locked", "500 Internal Server Error"])
def test_a_file_that_a_running_machine_has_locked_reads_as_none(fake_host: Callable[[bytes], Any], status: str) -> None:
    host = fake_host(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
    assert refusing(host).read(NAME) is None


def test_the_request_names_the_file_and_the_datastore_in_percent_encoding(
    fake_host: Callable[[bytes], Any],
) -> None:
    host = fake_host(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nlog")
    assert refusing(host).read(NAME) == b"log"
    place = "dcPath=DC0&dsName=ssd%20%282%29"
    assert host.requests[0].startswith(f"GET /folder/folder/answer%20%2B%20file.iso?{place} HTTP/1.1")
