"""AWS on this machine, for tests: see `server.AwsSandbox`."""

from pulumi_vmimport.sandbox.aws.calls import Call, CallLog
from pulumi_vmimport.sandbox.aws.faults import Faults
from pulumi_vmimport.sandbox.aws.import_tasks import ImportSource, ImportTaskRecord
from pulumi_vmimport.sandbox.aws.pace import IMPORT_STAGES, AwsPace, Stage
from pulumi_vmimport.sandbox.aws.server import AwsSandbox

__all__ = [
    "IMPORT_STAGES",
    "AwsPace",
    "AwsSandbox",
    "Call",
    "CallLog",
    "Faults",
    "ImportSource",
    "ImportTaskRecord",
    "Stage",
]
