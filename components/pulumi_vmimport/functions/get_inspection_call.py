"""The call of getInspection."""

from collections.abc import Iterator
from contextlib import ExitStack

from pulumi_vmimport.functions.get_inspection import (
    GetInspectionInputs,
    GetInspectionResult,
    InspectedSystem,
    InspectionFinding,
    InspectionVerdict,
)
from pulumi_vmimport.functions.inspection_result import InspectionResult, guest_reader
from pulumi_vmimport.functions.inspection_target import InspectedFile, open_file, open_object
from pulumi_vmimport.lifecycle.contract import Problem, Run
from pulumi_vmimport.lifecycle.function import Function, region_problem
from pulumi_vmimport.resources.data_requests import RunRequests
from pulumi_vmimport.transfer import s3_object


class GetInspection(Function[GetInspectionInputs, GetInspectionResult]):
    """The inspection of a local file or of an object in S3."""

    inputs_type = GetInspectionInputs
    result_type = GetInspectionResult

    def check(self, inputs: GetInspectionInputs) -> Iterator[Problem]:
        in_s3 = {"bucket": inputs.bucket, "key": inputs.key, "versionId": inputs.version_id}
        if inputs.path is not None:
            for name in (name for name, value in in_s3.items() if value is not None):
                yield Problem(name, "cannot be used together with path; remove one of them")
            if not inputs.path:
                yield Problem("path", "expected the path of a file, got ''")
        elif not inputs.bucket or not inputs.key:
            missing = "bucket" if not inputs.bucket else "key"
            yield Problem(missing, "is required; set path for a local file, or bucket and key for an object in S3")
        else:
            yield from region_problem(inputs)

    def call(self, run: Run, inputs: GetInspectionInputs) -> GetInspectionResult:
        profile = inputs.image_profile
        with ExitStack() as stack:
            image, name = _open(run, inputs, stack)
            facts = image.facts(deep=inputs.deep, read_guest=guest_reader(profile, is_wanted=inputs.read_guest))
        result = InspectionResult.of(facts, profile)
        guest = result.guest
        return GetInspectionResult(
            target=name,
            image_profile=profile,
            verdict=result.verdict,
            has_errors=result.has_errors,
            findings=tuple(InspectionFinding(**vars(finding)) for finding in result.findings),
            detected_guest=InspectedSystem(**vars(guest.detected)) if guest and guest.detected else None,
            verdicts=tuple(InspectionVerdict(**vars(verdict)) for verdict in guest.verdicts) if guest else (),
            facts=result.facts_document,
        )


def _open(run: Run, inputs: GetInspectionInputs, stack: ExitStack) -> tuple[InspectedFile, str]:
    """The image, and its name in the result."""
    if inputs.path is not None:
        file = open_file(inputs.path, stack)
        return file, file.source.name
    bucket, key = str(inputs.bucket), str(inputs.key)
    return open_object(RunRequests(run), bucket, key, stack, inputs.version_id), s3_object.uri(bucket, key)
