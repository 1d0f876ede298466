"""The inputs and outputs that the resources behind EC2's import and export tasks share."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.schema import updatable


@dataclass(frozen=True, kw_only=True)
class ConversionInputs(AwsInputs):
    tags: Mapping[str, str] | None = updatable()
    retain_on_delete: bool | None = updatable()


@dataclass(frozen=True, kw_only=True)
class ConversionState(ConversionInputs):
    task_status: str | None = None
    status_message: str | None = None
