"""Image Builder calls for the tags of resources."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.image_builder.regional_image_builder_calls import (
    RegionalImageBuilderCalls,
    not_found,
)

_TAGS = 50


class TagCalls(RegionalImageBuilderCalls):
    """TagResource, UntagResource, ListTagsForResource."""

    def tag_resource(self) -> ActionResult:
        resource = self._resource()
        merged = {**resource.tags, **self.request["tags"]}
        if len(merged) > _TAGS:  # assumed
            raise ServiceError("InvalidParameterException", f"A resource can have up to {_TAGS} tags.")
        resource.tags = merged
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        resource, keys = self._resource(), self.request["tagKeys"]
        resource.tags = {key: value for key, value in resource.tags.items() if key not in keys}
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        return ActionResult({"tags": dict(self._resource().tags)})

    def _resource(self) -> Any:
        arn = self.request["resourceArn"]
        resources = self.resources.tagged
        if arn not in resources:
            raise not_found(arn)
        return resources[arn]
