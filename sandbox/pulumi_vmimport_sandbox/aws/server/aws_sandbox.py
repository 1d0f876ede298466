"""AWS on this machine: moto's server with VM Import/Export, WorkSpaces images and fault injection."""

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, ClassVar, Self

from botocore.config import Config
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.moto_server.werkzeug_app import MotoRequestHandler
from moto.workspaces.models import workspaces_backends
from werkzeug.serving import BaseWSGIServer, make_server

from pulumi_vmimport_sandbox.aws.core.access_keys import OBSERVER_KEY, AccessKeys
from pulumi_vmimport_sandbox.aws.core.call_log import CallLog
from pulumi_vmimport_sandbox.aws.core.cloud import Cloud
from pulumi_vmimport_sandbox.aws.core.fault_injection import Faults
from pulumi_vmimport_sandbox.aws.core.simulation_settings import SimulationSettings
from pulumi_vmimport_sandbox.aws.ebs.simulated_snapshot import SimulatedSnapshot, SnapshotRecord
from pulumi_vmimport_sandbox.aws.iam.caller_permissions import CallerPermissions
from pulumi_vmimport_sandbox.aws.server.accounts import Account, join_organization
from pulumi_vmimport_sandbox.aws.server.clients import PRESIGNING, SEVERAL_ATTEMPTS, Clients
from pulumi_vmimport_sandbox.aws.server.completion import complete
from pulumi_vmimport_sandbox.aws.server.disabled_regions import DisabledRegions
from pulumi_vmimport_sandbox.aws.server.gateway import Gateway
from pulumi_vmimport_sandbox.aws.server.moto_patches import clear_moto, installed
from pulumi_vmimport_sandbox.aws.server.remaining_resources import remaining_resources
from pulumi_vmimport_sandbox.aws.vm_import.export_simulation import ExportTaskRecord, SimulatedExportTask
from pulumi_vmimport_sandbox.aws.vm_import.import_simulation import ImportTaskRecord, SimulatedImportTask
from pulumi_vmimport_sandbox.aws.vm_import.snapshot_import_simulation import SimulatedSnapshotTask, SnapshotTaskRecord
from pulumi_vmimport_sandbox.aws.workspaces import workspace_provisioning
from pulumi_vmimport_sandbox.aws.workspaces.shared_workspace_images import all_workspace_images
from pulumi_vmimport_sandbox.clock import SandboxClock

DEFAULT_REGION = "us-east-1"
_POLL_SECONDS = 0.05


class AwsSandbox:
    """Simulated AWS. The `with` block starts and stops it; a process can run only one at a time.

    It starts without resources and accepts any credentials. The account is enabled for BYOL (see `disable_byol`).
    `second_account` creates another account.
    """

    _one_at_a_time: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self,
        clock: SandboxClock | None = None,
        *,
        region: str = DEFAULT_REGION,
        settings: SimulationSettings | None = None,
    ) -> None:
        self.clock = clock or SandboxClock.real()
        self.region = region
        """The default Region of clients and methods."""
        self.account_id = str(DEFAULT_ACCOUNT_ID)
        self.settings = (settings or SimulationSettings()).copy()
        """Durations and quotas. Tests may change them in place."""
        self.calls = CallLog()
        """The calls of all clients except observers."""
        self._initial_settings = self.settings.copy()
        self._keys = AccessKeys()
        self.faults = Faults(self._keys)
        self.permissions = CallerPermissions()
        """What programs may call: `with aws.permissions.limited_to(policy): ...`. Default: everything."""
        self._cloud = Cloud(self.clock, self.settings, self.faults)
        self._clients = Clients()
        self._running: ExitStack | None = None
        self._server: BaseWSGIServer | None = None

    def __enter__(self) -> Self:
        if not self._one_at_a_time.acquire(blocking=False):
            raise RuntimeError(
                "an AwsSandbox is already running in this process, and moto has global state; stop it first"
            )
        with ExitStack() as running:
            running.callback(self._one_at_a_time.release)
            application = running.enter_context(installed(self._cloud))
            front = Gateway(
                application,
                self.clock,
                self.calls,
                self.faults,
                permissions=self.permissions,
                regions=DisabledRegions(self._cloud, self.account_id).require_enabled,
                done=self._cloud.record_iam_change,
            )
            server = make_server("127.0.0.1", 0, front, threaded=True, request_handler=_QuietHandler)
            running.callback(server.server_close)
            thread = threading.Thread(
                target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True, name="aws-sandbox"
            )
            thread.start()
            running.callback(thread.join)
            running.callback(server.shutdown)
            self._server = server
            self._running = running.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        if self._running is not None:
            self._running.close()
        self._running = self._server = None
        self._clients.clear()

    @property
    def endpoint(self) -> str:
        """The endpoint URL of all services."""
        if self._server is None:
            raise RuntimeError("this AwsSandbox is not running; use it in a with block")
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def access_key(self) -> str:
        """The access key for programs. `faults.renew_credentials()` replaces it."""
        return self._keys.current.access_key

    @property
    def secret_key(self) -> str:
        """The secret key of the access key."""
        return self._keys.current.secret_key

    def client(self, service: str, region: str | None = None, config: Config | None = None) -> Any:
        """A boto3 client with the sandbox's current credentials. Default: one attempt per call.

        Calls without a configuration of their own share one client of each service and Region.
        """
        return self._client(service, region, self.access_key, config)

    def observer(self, service: str, region: str | None = None) -> Any:
        """A boto3 client for setup and assertions. Its calls are not recorded and not affected by faults."""
        return self._client(service, region, OBSERVER_KEY, SEVERAL_ATTEMPTS)

    def presigned_url(self, bucket: str, key: str, seconds: float, region: str | None = None) -> str:
        """A presigned http URL of an object that expires after some seconds of the sandbox's clock."""
        ahead = self.clock.now() - time.time()  # botocore signs with the real time
        signing = self._client("s3", region, self.access_key, PRESIGNING)
        named = {"Bucket": bucket, "Key": key}
        return str(signing.generate_presigned_url("get_object", Params=named, ExpiresIn=int(seconds + ahead)))

    def enable_byol(self, region: str | None = None) -> None:
        """Enable BYOL in a Region."""
        self._account(self.account_id).enable_byol(region)

    def disable_byol(self, region: str | None = None, *, approved: bool = True) -> None:
        """Disable BYOL in a Region. ModifyAccount can enable it only if `approved`."""
        self._account(self.account_id).disable_byol(region, approved=approved)

    def second_account(self) -> Account:
        """A new account of the same organization, enabled for BYOL."""
        with self._cloud.lock:
            return self.account(join_organization(self.account_id, self.region))

    def account(self, account_id: str) -> Account:
        """The account with an id. It is in the organization only if moto's Organizations created it."""
        with self._cloud.lock:
            if account_id != self.account_id and account_id not in self._cloud.accounts:
                self._cloud.accounts.append(account_id)
            return self._account(account_id)

    def offer_image_update(self, image_id: str) -> None:
        """Make an update of a WorkSpaces image available for CreateUpdatedWorkspaceImage.

        Raises:
            KeyError: The image does not exist.
        """
        with self._cloud.lock:
            {str(image.image_id): image for _, image in all_workspace_images()}[image_id].offer_update()

    def make_workspace(
        self,
        region: str | None = None,
        user: str = "sandbox",
        *,
        dedicated: bool = False,
        bundle_id: str = workspace_provisioning.PUBLIC_BUNDLE,
    ) -> str:
        """Create an AVAILABLE WorkSpace and return its id."""
        return workspace_provisioning.make_workspace(
            self.observer, region or self.region, user, bundle_id, dedicated=dedicated
        )

    def set_workspace_state(self, workspace_id: str, state: str, region: str | None = None) -> None:
        """Set the state of a WorkSpace, for example STOPPED."""
        with self._cloud.lock:
            workspaces_backends[self.account_id][region or self.region].workspaces[workspace_id].state = state

    @property
    def import_tasks(self) -> Sequence[ImportTaskRecord]:
        """All image import tasks, oldest first, with their parameters and current status."""
        with self._cloud.lock:
            complete(self._cloud)
            found = self._cloud.tasks_of(SimulatedImportTask)
            return [
                task.record(account_region.region, self._cloud.now, self.settings) for account_region, task in found
            ]

    @property
    def times_fast_launch_enabled(self) -> dict[str, int]:
        """How often EnableFastLaunch has changed something since EC2 Fast Launch was disabled, by AMI."""
        with self._cloud.lock:
            images = [image for by_id in self._cloud.fast_launch.values() for image in by_id.values()]
            return {image.image_id: image.times_enabled for image in images}

    def snapshot(self, snapshot_id: str, region: str | None = None) -> SnapshotRecord:
        """A snapshot written through the EBS direct APIs, with its content and current status.

        Raises:
            KeyError: The snapshot does not exist.
        """
        region = region or self.region
        with self._cloud.lock:
            complete(self._cloud)
            found = ec2_backends[self.account_id][region].snapshots.get(snapshot_id)
            if not isinstance(found, SimulatedSnapshot):
                raise KeyError(snapshot_id)
            return SnapshotRecord.of(found, region)

    @property
    def snapshot_tasks(self) -> Sequence[SnapshotTaskRecord]:
        """All snapshot import tasks, oldest first, with their parameters and current status."""
        with self._cloud.lock:
            complete(self._cloud)
            found = self._cloud.tasks_of(SimulatedSnapshotTask)
            return [
                task.record(account_region.region, self._cloud.now, self.settings) for account_region, task in found
            ]

    @property
    def export_tasks(self) -> Sequence[ExportTaskRecord]:
        """All image and instance export tasks, oldest first, with their parameters and current status."""
        with self._cloud.lock:
            complete(self._cloud)
            found = self._cloud.tasks_of(SimulatedExportTask)  # type: ignore[type-abstract] # both types
            return [
                task.record(account_region.region, self._cloud.now, self.settings) for account_region, task in found
            ]

    def remaining_resources(self) -> list[str]:
        """The existing resources: active tasks, AMIs, snapshots, WorkSpaces images, bundles, objects, roles ...

        Includes the resources of accounts of `second_account` and `account`.
        """
        return remaining_resources(self._cloud, self.account_id)

    def reset(self) -> None:
        """Delete resources, faults and recorded calls and restore the settings; keep clock and credentials."""
        with self._cloud.lock:
            clear_moto()
            self._cloud.clear()
            self.faults.clear()
            self.calls.clear()
            self.settings.copy_from(self._initial_settings)

    def _account(self, account_id: str) -> Account:
        return Account(account_id, self.region, self._cloud, self._client)

    def _client(self, service: str, region: str | None, access_key: str, config: Config | None) -> Any:
        return self._clients.get(service, region or self.region, self.endpoint, access_key, config)


class _QuietHandler(MotoRequestHandler):  # type: ignore[misc] # moto has no types
    """Logs errors but not requests."""

    def log_request(self, *_: object) -> None:
        """Do nothing: `AwsSandbox.calls` records the requests."""
