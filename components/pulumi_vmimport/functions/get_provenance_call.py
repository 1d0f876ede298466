"""The call of getProvenance."""

from collections.abc import Iterator

from pulumi_vmimport.functions import traced_image
from pulumi_vmimport.functions.get_provenance import GetProvenanceInputs, GetProvenanceResult
from pulumi_vmimport.functions.traced_image import TracedImage
from pulumi_vmimport.lifecycle.contract import Problem, Run
from pulumi_vmimport.lifecycle.function import Function, FunctionError, region_problem
from pulumi_vmimport.lifecycle.provenance import provenance_of
from pulumi_vmimport.resources.rules.object_source import tags_of_object
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.transfer import s3_object

_S3 = "s3://"


class GetProvenance(Function[GetProvenanceInputs, GetProvenanceResult]):
    """The source of an image, from its tags; that of an object, from its metadata and its manifest."""

    inputs_type = GetProvenanceInputs
    result_type = GetProvenanceResult

    def check(self, inputs: GetProvenanceInputs) -> Iterator[Problem]:
        yield from region_problem(inputs)
        if not (all(_location(inputs.id)) if inputs.id.startswith(_S3) else traced_image.is_traceable(inputs.id)):
            expected = "ami-..., snap-..., wsi-... or s3://bucket/key"
            yield Problem("id", f"expected {expected}, got {shown_value(inputs.id)}")

    def call(self, run: Run, inputs: GetProvenanceInputs) -> GetProvenanceResult:
        id, aws = inputs.id, run.aws
        found = _object(run, id) if id.startswith(_S3) else traced_image.find(aws, id)
        if found is None:
            raise FunctionError(f"{id} does not exist in {aws.region}; check the id, the Region and the account")
        return GetProvenanceResult(
            id=id,
            kind=found.kind,
            name=found.name or None,
            state=found.state or None,
            account_id=aws.account_id,
            region=str(aws.region),
            provenance=provenance_of(found.tags),
        )


def _object(run: Run, uri: str) -> TracedImage | None:
    """The object, with what its metadata and its manifest say as the tags of an image that is made of it."""
    bucket, key = _location(uri)
    if s3_object.find_object(run.aws.client("s3"), bucket, key) is None:
        return None
    return TracedImage("object", uri, "", "", tags_of_object(run, bucket, key))


def _location(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix(_S3).partition("/")
    return bucket, key
