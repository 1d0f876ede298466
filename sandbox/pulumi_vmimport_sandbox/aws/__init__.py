"""Simulated AWS. See `AwsSandbox`."""

from pulumi_vmimport_sandbox.aws.core.call_log import CallLog, RecordedCall
from pulumi_vmimport_sandbox.aws.core.fault_injection import Faults
from pulumi_vmimport_sandbox.aws.core.simulation_settings import (
    EXPORT_STAGES,
    IMPORT_STAGES,
    SNAPSHOT_STAGES,
    SimulationSettings,
    Stage,
)
from pulumi_vmimport_sandbox.aws.ebs.simulated_snapshot import SnapshotRecord
from pulumi_vmimport_sandbox.aws.server.accounts import Account
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox
from pulumi_vmimport_sandbox.aws.vm_import.export_simulation import ExportTaskRecord
from pulumi_vmimport_sandbox.aws.vm_import.import_simulation import ImportSource, ImportTaskRecord
from pulumi_vmimport_sandbox.aws.vm_import.snapshot_import_simulation import SnapshotTaskRecord

__all__ = [
    "EXPORT_STAGES",
    "IMPORT_STAGES",
    "SNAPSHOT_STAGES",
    "Account",
    "AwsSandbox",
    "CallLog",
    "ExportTaskRecord",
    "Faults",
    "ImportSource",
    "ImportTaskRecord",
    "RecordedCall",
    "SimulationSettings",
    "SnapshotRecord",
    "SnapshotTaskRecord",
    "Stage",
]
