"""Distribution configurations of EC2 Image Builder.

Source: https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/imagebuilder/distribution_configuration.go
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from .aws_client import Aws
from .aws_shapes import from_aws, to_aws
from .function_arguments import accepts
from .resource_kind import NotFound, Rejected, ResourceKind
from .values import UNKNOWN, Properties

_SERVICE = "imagebuilder"
_TEMPLATES, _FAST_LAUNCHES = "launchTemplateConfigurations", "fastLaunchConfigurations"
_IS_DEFAULT, _SETS_DEFAULT = "default", "setDefaultVersion"


class DistributionConfiguration(ResourceKind[Aws]):
    """aws:imagebuilder/distributionConfiguration:DistributionConfiguration; its id is its ARN."""

    inputs = frozenset({"description", "distributions", "name", "region", "tags"})
    required = frozenset({"distributions"})
    identity_inputs = frozenset({"name"})
    replaces = frozenset({"name", "region"})
    auto_name = "name"
    defaults: ClassVar = {"description": None, "tags": None}
    nested_defaults: ClassVar = {_IS_DEFAULT: True}

    def problems(self, olds: Properties, news: Properties) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        distributions = news.get("distributions", [])
        for number, distribution in enumerate(distributions if isinstance(distributions, list) else []):
            launches = distribution.get(_FAST_LAUNCHES) if isinstance(distribution, dict) else None
            for index, launch in enumerate(launches if isinstance(launches, list) else []):
                if launch != UNKNOWN and "accountId" not in launch:
                    yield f"distributions[{number}].{_FAST_LAUNCHES}[{index}].accountId", "Missing required argument"

    def create(self, service: Aws, inputs: Properties) -> str:
        members = {name: inputs[name] for name in ("name", "description", "tags") if inputs.get(name)}
        members["distributions"] = self._request(service, inputs)
        created = service.call(_SERVICE, "CreateDistributionConfiguration", inputs.get("region"), **members)
        return str(created["distributionConfigurationArn"])

    def read(self, service: Aws, id: str, state: Properties) -> Properties:
        return describe_configuration(service, id, state.get("region"))

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:
        region = news.get("region")
        if any(olds.get(name) != news.get(name) for name in ("description", "distributions")):
            members = {"description": news["description"]} if news.get("description") else {}
            members["distributions"] = self._request(service, news)
            service.call(
                _SERVICE, "UpdateDistributionConfiguration", region, distributionConfigurationArn=id, **members
            )
        tags = news.get("tags") or {}
        live = describe_configuration(service, id, region)["tagsAll"]
        if stale := sorted(live.keys() - tags.keys()):
            service.call(_SERVICE, "UntagResource", region, resourceArn=id, tagKeys=stale)
        if tags.items() - live.items():
            service.call(_SERVICE, "TagResource", region, resourceArn=id, tags=tags)

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        service.call(_SERVICE, "DeleteDistributionConfiguration", state.get("region"), distributionConfigurationArn=id)

    @staticmethod
    def _request(service: Aws, inputs: Properties) -> Any:
        shape = service.shape(_SERVICE, "CreateDistributionConfiguration", "distributions")
        return to_aws(shape, [_to_api(of) for of in inputs["distributions"]], "distributions")


def describe_configuration(service: Aws, arn: str, region: str | None) -> Properties:
    """The properties of a configuration."""
    answer = service.call(_SERVICE, "GetDistributionConfiguration", region, distributionConfigurationArn=arn)
    found = answer["distributionConfiguration"]
    tags = found.get("tags") or {}
    return {
        "arn": arn,
        "name": found["name"],
        "description": found.get("description"),
        "distributions": [_from_api(of) for of in found["distributions"]],
        "dateCreated": found["dateCreated"],
        "dateUpdated": found["dateUpdated"],
        "region": region or arn.split(":")[3],
        "tags": tags or None,
        "tagsAll": tags,
    }


@accepts("arn", "region")
def distribution_configuration(service: Aws, args: Properties) -> Properties:
    """aws:imagebuilder/getDistributionConfiguration:getDistributionConfiguration."""
    try:
        found = describe_configuration(service, args["arn"], args.get("region"))
    except NotFound as gone:
        raise Rejected(f"reading Image Builder Distribution Configuration ({args['arn']}): {gone}") from gone
    return {"id": args["arn"], **found, "tags": found["tagsAll"]}


def _to_api(distribution: Mapping[str, Any]) -> Properties:
    """The provider sends setDefaultVersion always, true if the program omits it."""
    templates = [
        {**{name: value for name, value in of.items() if name != _IS_DEFAULT}, _SETS_DEFAULT: of.get(_IS_DEFAULT, True)}
        for of in distribution.get(_TEMPLATES) or []
    ]
    kept = {name: value for name, value in distribution.items() if value not in (None, [], {})}
    return kept | ({_TEMPLATES: templates} if templates else {})


def _from_api(distribution: Mapping[str, Any]) -> Properties:
    tags = (distribution.get("amiDistributionConfiguration") or {}).get("amiTags")
    found: Properties = from_aws(dict(distribution))
    if tags:  # their keys are no names of members
        found["amiDistributionConfiguration"]["amiTags"] = dict(tags)
    for template in found.get(_TEMPLATES, []):
        template[_IS_DEFAULT] = template.pop(_SETS_DEFAULT, False)
    return found
