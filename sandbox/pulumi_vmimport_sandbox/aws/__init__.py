"""AWS on this machine, for tests: see `server.AwsSandbox`."""

from pulumi_vmimport_sandbox.aws.account import Account
from pulumi_vmimport_sandbox.aws.calls import Call, CallLog
from pulumi_vmimport_sandbox.aws.direct_snapshot import SnapshotRecord
from pulumi_vmimport_sandbox.aws.export_tasks import ExportTaskRecord
from pulumi_vmimport_sandbox.aws.faults import Faults
from pulumi_vmimport_sandbox.aws.import_tasks import ImportSource, ImportTaskRecord
from pulumi_vmimport_sandbox.aws.pace import EXPORT_STAGES, IMPORT_STAGES, SNAPSHOT_STAGES, AwsPace, Stage
from pulumi_vmimport_sandbox.aws.server import AwsSandbox
from pulumi_vmimport_sandbox.aws.snapshot_tasks import SnapshotTaskRecord

__all__ = [
    "EXPORT_STAGES",
    "IMPORT_STAGES",
    "SNAPSHOT_STAGES",
    "Account",
    "AwsPace",
    "AwsSandbox",
    "Call",
    "CallLog",
    "ExportTaskRecord",
    "Faults",
    "ImportSource",
    "ImportTaskRecord",
    "SnapshotRecord",
    "SnapshotTaskRecord",
    "Stage",
]
