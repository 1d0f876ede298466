"""Validation of Encrypted and KmsKeyId."""

from collections.abc import Mapping
from typing import Any

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.core.conversion_task import TaskFailure
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.core.simulation_settings import VALIDATED_PERCENT
from pulumi_vmimport_sandbox.aws.kms.key_lookup import find_kms_key


def check_key_is_for_encryption(request: Mapping[str, Any]) -> None:
    """Reject KmsKeyId without Encrypted."""
    if request.get("KmsKeyId") and not request.get("Encrypted"):  # EC2's words for a volume; assumed for imports
        text = "The parameter [KmsKeyId] requires the parameter Encrypted to be set."
        raise ServiceError("InvalidParameterDependency", text)


def key_failure(account_region: AccountRegion, request: Mapping[str, Any]) -> TaskFailure | None:
    """The failure of a task whose key is not usable, which the service detects during the task. Text assumed."""
    name = request.get("KmsKeyId")
    key = find_kms_key(account_region, name) if name else None
    if name is None or (key and key.is_usable):
        return None
    return TaskFailure(f"ClientError: The KMS key {name} cannot be used", VALIDATED_PERCENT)
