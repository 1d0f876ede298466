"""The inputs and outputs that the two exports share."""

from dataclasses import dataclass

from pulumi_vmimport.resources.ec2_tasks.conversion_state import ConversionInputs, ConversionState


@dataclass(frozen=True, kw_only=True)
class ExportInputs(ConversionInputs):
    s3_bucket: str
    description: str | None = None
    s3_prefix: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExportState(ExportInputs, ConversionState):
    s3_key: str | None = None
    etag: str | None = None
    size_bytes: int | None = None
