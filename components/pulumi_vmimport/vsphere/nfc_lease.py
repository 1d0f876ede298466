"""The lease that vSphere grants for reading a machine's disks."""

import math
import threading
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from pyVmomi import vim, vmodl

from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.disk_reading import Sink, read_disk
from pulumi_vmimport.vsphere.lease_disks import LeaseDisk
from pulumi_vmimport.vsphere.nfc_download import DiskDownload, open_disk
from pulumi_vmimport.vsphere.session import Wait
from pulumi_vmimport.vsphere.soap_faults import faults_as_errors, words_of
from pulumi_vmimport.vsphere.virtual_machine import VirtualMachine
from pulumi_vmimport.vsphere.vm_snapshots import Snapshot
from pulumi_vmimport.vsphere.vsphere_errors import (
    BytesDifferError,
    DownloadError,
    ExportError,
    LeaseLostError,
    VSphereError,
)

_POLL_SECONDS = 1.0
_MAX_RENEW_SECONDS = 60.0
_NOT_DONE_PERCENT = 99  # 100 is what Complete says


class ExportLease:
    """A context manager: ready and kept alive inside, completed at its end, aborted when an exception leaves it.

    `read` takes in the bytes of a disk.
    """

    def __init__(
        self,
        source: VirtualMachine | Snapshot,
        wait: Wait,
        *,
        expected_bytes: int | None = None,
        renew_seconds: float | None = None,
    ) -> None:
        """`expected_bytes` of all disks are what the percentage in vSphere's task list is reckoned from.

        Default of `renew_seconds`: a quarter of the lease's time-out, at most 60 s.
        """
        self.disks: tuple[LeaseDisk, ...] = ()
        self._source = source
        self._wait = wait
        self._expected_bytes = expected_bytes
        self._renew_seconds = renew_seconds
        self._lease: Any = None
        self._renewal: _Renewal | None = None
        self._received_bytes = 0
        self._unproven: set[str] = set()

    def __enter__(self) -> Self:
        self._lease = self._source.begin_export()
        try:
            info = self._ready()
            session = self._source.session
            offered = [device for device in info.deviceUrl if device.disk]  # no CD image, no NVRAM
            self.disks = tuple(LeaseDisk.of(device, session.host, session.port) for device in offered)
            self._ask_for_sha256()
            if self._expected_bytes is None:
                self._expected_bytes = (info.totalDiskCapacityInKB or 0) * 1024
            self._renewal = _Renewal(self._source.moid, self._lease, info.leaseTimeout, self._renew_seconds)
            self._renewal.start()
        except BaseException as error:
            self._abort(error)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._renewal is not None:
            self._renewal.stop()
        if error is not None:
            self._abort(error)
            return
        try:
            if self._unproven:
                raise self._no_proof()
            with faults_as_errors(f"complete the export of {self._source.called}"):
                self._lease.HttpNfcLeaseComplete()
        except VSphereError as failure:
            self._abort(failure)
            raise

    def read(self, disk: LeaseDisk, into: Sink) -> None:
        """Put the bytes of a disk where they belong, again and again connecting where the connection breaks.

        What was received is compared with the lease's manifest, as far as the server keeps one.

        Raises: DownloadError; DiskChangedError; BytesDifferError; LeaseLostError, once the lease could not be renewed.
        """
        self._still_leased()
        framed = read_disk(disk.target, partial(self._connect, disk), into, wait=self._wait, received=self._received)
        if not framed:
            self._unproven.add(disk.key)
        self.verify(disk, size_bytes=into.size_bytes, sha256=into.sha256)

    def verify(self, disk: LeaseDisk, *, size_bytes: int, sha256: str) -> None:
        """Compare what was received with the lease's manifest, as far as the server keeps one.

        Raises: BytesDifferError; DownloadError when nothing at all tells that the body was whole.
        """
        with faults_as_errors(f"read the manifest of the export of {self._source.called}"):
            manifest = self._lease.HttpNfcLeaseGetManifest()
        entry = next((entry for entry in manifest if entry.key == disk.key), None)
        if entry is None:
            if disk.key in self._unproven:
                raise self._no_proof()
            return
        if entry.size and entry.size != size_bytes:
            raise BytesDifferError(disk.target, "size", sent=str(entry.size), received=str(size_bytes))
        kept = entry.checksum if entry.checksumType == "sha256" else None
        if kept and kept.lower() != sha256:
            raise BytesDifferError(disk.target, "SHA-256", sent=kept, received=sha256)
        if entry.size or kept:
            self._unproven.discard(disk.key)

    def _connect(self, disk: LeaseDisk, start: int) -> DiskDownload:
        session = self._source.session
        parts = urlsplit(disk.url)
        own_host = (parts.hostname, parts.port or 443) == (session.host, session.port)
        return open_disk(
            disk.target,
            disk.url,
            tls.PinnedContext.of(disk.thumbprint) if disk.thumbprint else session.tls_context,
            start=start,
            cookie=session.cookie if own_host else None,  # the session's cookie is no other host's business
        )

    def _received(self, size_bytes: int) -> None:
        self._still_leased()
        self._received_bytes += size_bytes
        if self._renewal is not None and self._expected_bytes:
            self._renewal.percent = min(_NOT_DONE_PERCENT, 100 * self._received_bytes // self._expected_bytes)

    def _ready(self) -> Any:
        while True:
            with faults_as_errors(f"wait for the export lease of {self._source.called}"):
                found = self._source.session.properties(self._lease, "state", "error", "info")
            match found["state"]:
                case vim.HttpNfcLease.State.ready:
                    return found["info"]
                case vim.HttpNfcLease.State.initializing:
                    self._wait(_POLL_SECONDS)
                case state:
                    words = words_of(found["error"]) if "error" in found else f"it is in state {state}"
                    raise LeaseLostError(self._source.moid, words)

    def _ask_for_sha256(self) -> None:
        """Let the host keep the digests that `verify` is given; by itself it keeps SHA-1 ones."""
        wanted = [vim.KeyValue(key=disk.key, value="sha256") for disk in self.disks]
        # Hosts before 6.7 and the simulator do not know the call; there `verify` has the sizes to go by.
        with faults_as_errors("choose the digests of the export"), suppress(vmodl.MethodFault):
            self._lease.HttpNfcLeaseSetManifestChecksumType(wanted)

    def _still_leased(self) -> None:
        if self._renewal is not None and self._renewal.failure is not None:
            raise self._renewal.failure

    def _no_proof(self) -> ExportError:
        names = ", ".join(disk.target for disk in self.disks if disk.key in self._unproven)
        return DownloadError(names, "neither HTTP nor the lease's manifest tells whether the body was whole")

    def _abort(self, error: BaseException) -> None:
        """Give the lease back; the error that leads here is the one to be seen."""
        try:
            with faults_as_errors(f"abort the export of {self._source.called}"):
                self._lease.HttpNfcLeaseAbort()
        except VSphereError as second:
            error.add_note(str(second))


class _Renewal(threading.Thread):
    """Tells vSphere now and then that the lease is in use. `failure` is set once it has been lost."""

    def __init__(self, machine: str, lease: Any, timeout_seconds: float, renew_seconds: float | None) -> None:
        super().__init__(name=f"export-lease-{machine}", daemon=True)
        self.percent = 0
        self.failure: LeaseLostError | None = None
        self._machine = machine
        self._lease = lease
        self._every = renew_seconds or max(1.0, min(timeout_seconds / 4, _MAX_RENEW_SECONDS))
        self._misses_allowed = math.floor(timeout_seconds / self._every)
        self._stopped = threading.Event()

    def run(self) -> None:
        misses = 0
        while not self._stopped.wait(self._every):
            try:
                # The percentage renews the lease even where it has not changed.
                self._lease.HttpNfcLeaseProgress(self.percent)
                misses = 0
            except (OSError, HTTPException) as error:
                misses += 1
                if misses >= self._misses_allowed:
                    self.failure = LeaseLostError(self._machine, f"it could not be renewed: {error}")
                    return
            except Exception as error:  # noqa: BLE001 - nobody but the reader would hear of it
                self.failure = LeaseLostError(self._machine, words_of(error) or str(error))
                return

    def stop(self) -> None:
        self._stopped.set()
        self.join()
