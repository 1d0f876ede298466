"""The lease that vSphere grants to read the disks of a machine."""

import math
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from pyVmomi import vim, vmodl

from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.disk_reading import DiskSink, read_disk
from pulumi_vmimport.vsphere.lease_disks import LeaseDisk
from pulumi_vmimport.vsphere.machine_snapshot import MachineSnapshot
from pulumi_vmimport.vsphere.nfc_download import DiskDownload, open_disk
from pulumi_vmimport.vsphere.session import Wait
from pulumi_vmimport.vsphere.soap_faults import fault_message, faults_as_errors
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import (
    BytesDifferError,
    DownloadError,
    ExportError,
    LeaseLostError,
    VSphereError,
)

_POLL_SECONDS = 1.0
_MAX_RENEW_SECONDS = 60.0
_STOP_SECONDS = 3.0
_MAX_PROGRESS_PERCENT = 99  # HttpNfcLeaseComplete sets 100


class ExportLease:
    """A context manager. The lease is renewed inside the block, completed at its end, and aborted on an exception."""

    def __init__(
        self,
        source: VSphereMachine | MachineSnapshot,
        wait: Wait,
        *,
        expected_bytes: int | None = None,
        renew_seconds: float | None = None,
        show: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`show` is called with the reason when a disk is read again over a new connection, and with long silences.

        `expected_bytes`, the size of all disks, is the basis of the percentage in vSphere's task list.

        `renew_seconds` is the interval of renewals. Default: a quarter of the lease's timeout, at most 60 s.
        """
        self.disks: tuple[LeaseDisk, ...] = ()
        self._source = source
        self._wait = wait
        self._show = show
        self._expected_bytes = expected_bytes
        self._renew_seconds = renew_seconds
        self._lease: Any = None
        self._renewal: _Renewal | None = None
        self._received_bytes = 0
        self._unverified: set[str] = set()

    def __enter__(self) -> Self:
        self._lease = self._source.start_export()
        try:
            info = self._ready()
            session = self._source.session
            devices = [device for device in info.deviceUrl if device.disk]  # without CD images and NVRAM
            self.disks = tuple(LeaseDisk.of(device, session.host, session.port) for device in devices)
            self._request_sha256()
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
            if self._unverified:
                raise self._unverified_error()
            with faults_as_errors(f"complete the export of {self._source.display_name}"):
                self._lease.HttpNfcLeaseComplete()
        except VSphereError as failure:
            self._abort(failure)
            raise

    def read(self, disk: LeaseDisk, sink: DiskSink) -> None:
        """Read the bytes of a disk into the sink, reconnecting if a connection breaks.

        Size and SHA-256 are compared with the lease's manifest if the server provides one.

        Raises: DownloadError; DiskChangedError; BytesDifferError; LeaseLostError if the lease could not be renewed.
        """
        self._require_renewed()
        connect = partial(self._connect, disk)
        is_framed = read_disk(
            disk.target, connect, sink, wait=self._wait, on_received=self._count_received, show=self._show
        )
        if not is_framed:
            self._unverified.add(disk.key)
        self.verify(disk, size_bytes=sink.size_bytes, sha256=sink.sha256)

    def verify(self, disk: LeaseDisk, *, size_bytes: int, sha256: str) -> None:
        """Compare size and SHA-256 with the lease's manifest if the server provides one.

        Raises: BytesDifferError; DownloadError if neither HTTP nor the manifest confirms that the body is complete.
        """
        with faults_as_errors(f"read the manifest of the export of {self._source.display_name}"):
            manifest = self._lease.HttpNfcLeaseGetManifest()
        entry = next((entry for entry in manifest if entry.key == disk.key), None)
        if entry is None:
            if disk.key in self._unverified:
                raise self._unverified_error()
            return
        if entry.size and entry.size != size_bytes:
            raise BytesDifferError(disk.target, "size", sent=str(entry.size), received=str(size_bytes))
        checksum = entry.checksum if entry.checksumType == "sha256" else None
        if checksum and checksum.lower() != sha256:
            raise BytesDifferError(disk.target, "SHA-256", sent=checksum, received=sha256)
        if entry.size or checksum:
            self._unverified.discard(disk.key)

    def _connect(self, disk: LeaseDisk, start: int) -> DiskDownload:
        session = self._source.session
        parts = urlsplit(disk.url)
        own_host = (parts.hostname, parts.port or 443) == (session.host, session.port)
        return open_disk(
            disk.target,
            disk.url,
            tls.PinnedContext.of(disk.thumbprint) if disk.thumbprint else session.tls_context,
            start=start,
            cookie=session.cookie if own_host else None,  # other hosts must not receive the session's cookie
        )

    def _count_received(self, size_bytes: int) -> None:
        self._require_renewed()
        self._received_bytes += size_bytes
        if self._renewal is not None and self._expected_bytes:
            self._renewal.percent = min(_MAX_PROGRESS_PERCENT, 100 * self._received_bytes // self._expected_bytes)

    def _ready(self) -> Any:
        while True:
            with faults_as_errors(f"wait for the export lease of {self._source.display_name}"):
                found = self._source.session.properties(self._lease, "state", "error", "info")
            match found["state"]:
                case vim.HttpNfcLease.State.ready:
                    return found["info"]
                case vim.HttpNfcLease.State.initializing:
                    self._wait(_POLL_SECONDS)
                case state:
                    message = fault_message(found["error"]) if "error" in found else f"the lease is in state {state}"
                    raise LeaseLostError(self._source.moid, message)

    def _request_sha256(self) -> None:
        """Request SHA-256 digests in the manifest, for `verify`; the default is SHA-1."""
        wanted = [vim.KeyValue(key=disk.key, value="sha256") for disk in self.disks]
        # Hosts before 6.7 and the simulator do not support the call; `verify` then compares only sizes.
        with faults_as_errors("set the checksum type of the export"), suppress(vmodl.MethodFault):
            self._lease.HttpNfcLeaseSetManifestChecksumType(wanted)

    def _require_renewed(self) -> None:
        if self._renewal is not None and self._renewal.failure is not None:
            raise self._renewal.failure

    def _unverified_error(self) -> ExportError:
        names = ", ".join(disk.target for disk in self.disks if disk.key in self._unverified)
        return DownloadError(names, "neither HTTP nor the lease's manifest confirms that the body is complete")

    def _abort(self, error: BaseException) -> None:
        """Abort the lease. A failure of the abort is added to the error as a note."""
        try:
            with faults_as_errors(f"abort the export of {self._source.display_name}"):
                self._lease.HttpNfcLeaseAbort()
        except VSphereError as second:
            error.add_note(str(second))


class _Renewal(threading.Thread):
    """Renews the lease at regular intervals. `failure` is set when the lease is lost."""

    def __init__(self, machine: str, lease: Any, timeout_seconds: float, renew_seconds: float | None) -> None:
        super().__init__(name=f"export-lease-{machine}", daemon=True)
        self.percent = 0
        self.failure: LeaseLostError | None = None
        self._machine = machine
        self._lease = lease
        self._interval_seconds = renew_seconds or max(1.0, min(timeout_seconds / 4, _MAX_RENEW_SECONDS))
        self._misses_allowed = math.floor(timeout_seconds / self._interval_seconds)
        self._stopped = threading.Event()

    def run(self) -> None:
        misses = 0
        while not self._stopped.wait(self._interval_seconds):
            try:
                # Reporting the percentage renews the lease even if it has not changed.
                self._lease.HttpNfcLeaseProgress(self.percent)
                misses = 0
            except (OSError, HTTPException) as error:
                misses += 1
                if misses >= self._misses_allowed:
                    self.failure = LeaseLostError(self._machine, f"the lease could not be renewed: {error}")
                    return
            except Exception as error:  # noqa: BLE001 - raised by the reading thread
                self.failure = LeaseLostError(self._machine, fault_message(error) or str(error))
                return

    def stop(self) -> None:
        self._stopped.set()
        self.join(_STOP_SECONDS)  # its call may have no answer; the thread is a daemon
