"""Small files of a datastore: written, read whole and deleted over HTTPS and with the FileManager.

Source: vSphere Web Services SDK Programming Guide, appendix "HTTP Access to vSphere Server Files", and
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.FileManager.html
"""

from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from typing import Any

from pulumi_vmimport.call_guard import run_abandonable
from pulumi_vmimport.vsphere.datastore_file import PRIVILEGES, DatastorePath
from pulumi_vmimport.vsphere.session import VSphereSession, Wait
from pulumi_vmimport.vsphere.soap_faults import faults_as_errors
from pulumi_vmimport.vsphere.vsphere_errors import DatastoreFileError, VSphereFaultError

_TIMEOUT_SECONDS = 60.0


class DatastoreFolder:
    """A folder of a datastore. Its files are small enough to be in memory."""

    def __init__(self, session: VSphereSession, datacenter: str, folder: DatastorePath) -> None:
        """`datacenter` is the inventory path of the datacenter of the datastore."""
        self._session = session
        self._datacenter = datacenter
        self.folder = folder

    def path_of(self, name: str) -> DatastorePath:
        """The path of a file in the folder."""
        return self.folder.child(name)

    def write(self, name: str, content: bytes) -> DatastorePath:
        """Write a file, replacing an existing one, and create the folder.

        Raises: DatastoreFileError; VSphereFaultError.
        """
        path = self.path_of(name)
        self._create()
        status, reason, _ = self._request("PUT", path, content)
        if status >= HTTPStatus.BAD_REQUEST:
            raise DatastoreFileError(
                str(path),
                f'{self._session.server} responded "HTTP {status} {reason}" to the upload; grant the user {PRIVILEGES} '
                "on the datacenter and the datastore",
                status=status,
                verb="written",
            )
        return path

    def read(self, name: str) -> bytes | None:
        """The content of a file; None if it does not exist, or a running VM has locked it.

        Raises: DatastoreFileError.
        """
        path = self.path_of(name)
        status, reason, content = self._request("GET", path)
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.LOCKED):
            return None
        if status != HTTPStatus.OK:
            words = f'{self._session.server} responded "HTTP {status} {reason}"'
            raise DatastoreFileError(str(path), words, status=status)
        return content

    def delete(self, name: str, wait: Wait) -> None:
        """Delete a file. Does nothing if it does not exist. Raises: VSphereFaultError; errors of `wait`."""
        path = str(self.path_of(name))
        action = f"delete {path}"
        try:
            with faults_as_errors(action):
                task = self._session.content.fileManager.DeleteDatastoreFile_Task(path, self._managed_datacenter())
            self._session.wait_for_task(task, action, wait)
        except VSphereFaultError as error:
            if error.fault != "FileNotFound":
                raise

    def _create(self) -> None:
        action = f"create the folder {self.folder}"
        try:
            with faults_as_errors(action):
                self._session.content.fileManager.MakeDirectory(str(self.folder), self._managed_datacenter(), True)
        except VSphereFaultError as error:
            if error.fault != "FileAlreadyExists":
                raise

    def _managed_datacenter(self) -> Any:
        return self._session.content.searchIndex.FindByInventoryPath(self._datacenter)

    def _request(self, verb: str, path: DatastorePath, body: bytes | None = None) -> tuple[int, str, bytes]:
        """Status, reason and body of the response."""
        target = path.url_path(self._datacenter)

        def send() -> tuple[int, str, bytes]:
            session = self._session
            connection = HTTPSConnection(
                session.host, session.port, context=session.tls_context, timeout=_TIMEOUT_SECONDS
            )
            try:
                connection.request(verb, target, body, {"Cookie": session.cookie})
                response = connection.getresponse()
                return response.status, response.reason, response.read()
            except (OSError, HTTPException) as error:
                words = f"{type(error).__name__}: {error}"
                done = "read" if body is None else "written"
                reason = f'{session.server}: "{words}"; repeat the command'
                raise DatastoreFileError(str(path), reason, verb=done) from error
            finally:
                connection.close()

        return run_abandonable(send, lambda: f"waiting for {path} of vSphere")
