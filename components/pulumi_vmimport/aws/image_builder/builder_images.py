"""Images of EC2 Image Builder: distribute an AMI, follow the run, retry, cancel and delete it.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_DistributeImage.html, API_GetImage.html,
API_ListImageBuildVersions.html, API_RetryImage.html, API_CancelImageCreation.html, API_DeleteImage.html.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.task_poller import Pollers

# Image Builder returns it for GetImage and DeleteImage too, whose models do not list it: the acceptance tests of
# hashicorp/terraform-provider-aws rely on it.
NOT_FOUND = frozenset({"ResourceNotFoundException"})
# In any other status, even an unknown one, Image Builder still works on the image.
FINAL_STATUSES = frozenset({"AVAILABLE", "FAILED", "CANCELLED", "DEPRECATED", "DISABLED", "DELETED"})
RETRYABLE_STATUSES = frozenset({"FAILED", "CANCELLED"})
COMPLETE_STATUSES = frozenset({"AVAILABLE", "DEPRECATED", "DISABLED"})
VM_IMPORT, ISO_IMPORT = "IMPORT", "IMPORT_ISO"
"""The build types of an image of an import task (ImportVmImage) and of an ISO file (ImportDiskImage)."""
_IMAGES_PER_PAGE = 100
# The API has no error code of its own for the role.
_REJECTED_ROLE = re.compile(r"'executionRole'")
_INVALID_VALUE = frozenset({"InvalidParameterException", "InvalidParameterValueException", "InvalidRequestException"})


@dataclass(frozen=True)
class DistributedAmi:
    """The AMI of an image in a Region and an account."""

    region: str
    account: str
    id: str
    name: str


@dataclass(frozen=True)
class RegionFailure:
    """Why an image was not distributed to an account in a Region."""

    region: str
    account_id: str | None
    step: str | None
    """The step after the copy that failed, such as UPDATE_LAUNCH_TEMPLATES; None for the copy of the AMI."""
    message: str

    def __str__(self) -> str:
        account = f" (account {self.account_id})" if self.account_id else ""
        return f'{self.region}{account}: {self.step or "copy of the AMI"}: "{self.message}"'


@dataclass(frozen=True)
class BuilderImage:
    """An image as GetImage or ListImageBuildVersions returns it."""

    arn: str
    status: str
    reason: str | None
    failures: tuple[RegionFailure, ...]
    amis: tuple[DistributedAmi, ...]
    ami_statuses: Mapping[str, str]
    """The statuses of the AMIs by their ids."""
    targets: tuple[tuple[str, str | None], ...]
    """The Regions and accounts to distribute to; an account of None is that of the image. Only from GetImage."""
    tags: Mapping[str, str]
    execution_role: str | None
    configuration_arn: str | None
    log_group_name: str | None
    created: str
    lifecycle_execution_id: str | None
    """The last execution that changes the state of the image."""
    name: str = ""
    version: str = ""
    """The semantic version, such as 1.0.0."""
    platform: str | None = None
    os_version: str | None = None
    build_type: str | None = None
    infrastructure_arn: str | None = None

    @property
    def is_in_progress(self) -> bool:
        """Whether Image Builder still works on the image."""
        return self.status not in FINAL_STATUSES

    @property
    def account_id(self) -> str:
        """The account that owns the image."""
        return self.arn.split(":")[4]

    @property
    def own_amis(self) -> Mapping[str, list[str]]:
        """The ids of the AMIs of the image's account, by Region."""
        by_region: dict[str, list[str]] = {}
        for ami in self.amis:
            if ami.account == self.account_id:
                by_region.setdefault(ami.region, []).append(ami.id)
        return by_region

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "BuilderImage":
        """The image in `image` or in an element of `imageSummaryList`."""
        state = answer.get("state", {})
        failure = state.get("failureContext", {}).get("distributionFailure", {})
        amis = answer.get("outputResources", {}).get("amis", [])
        owner = str(answer["arn"]).split(":")[4]
        configuration = answer.get("distributionConfiguration", {})
        return cls(
            arn=answer["arn"],
            status=state.get("status", "PENDING"),
            reason=state.get("reason") or failure.get("errorMessage"),
            failures=tuple(map(_region_failure, failure.get("regionFailures", []))),
            amis=tuple(_ami(ami, owner) for ami in amis if ami.get("image")),
            ami_statuses={ami["image"]: _status(ami) for ami in amis if ami.get("image")},
            targets=targets_of(configuration.get("distributions", [])),
            tags=answer.get("tags", {}),
            execution_role=answer.get("executionRole"),
            configuration_arn=configuration.get("arn"),
            log_group_name=answer.get("loggingConfiguration", {}).get("logGroupName"),
            created=answer.get("dateCreated", ""),
            lifecycle_execution_id=answer.get("lifecycleExecutionId"),
            name=answer.get("name", ""),
            version=str(answer.get("version", "")).partition("/")[0],
            platform=answer.get("platform"),
            os_version=answer.get("osVersion"),
            build_type=answer.get("buildType"),
            infrastructure_arn=answer.get("infrastructureConfiguration", {}).get("arn"),
        )


@dataclass(frozen=True)
class DistributionRequest:
    """A call of DistributeImage."""

    source_image: str
    distribution_configuration_arn: str
    execution_role: str
    log_group_name: str | None


def distribute(aws: AwsConnection, request: DistributionRequest, token: str, tags: Mapping[str, str]) -> str:
    """Call DistributeImage and return the ARN of the image. The same token returns the image that it started before."""
    logging = {"loggingConfiguration": {"logGroupName": request.log_group_name}} if request.log_group_name else {}
    answer = aws.client("imagebuilder").distribute_image(
        sourceImage=request.source_image,
        distributionConfigurationArn=request.distribution_configuration_arn,
        executionRole=request.execution_role,
        clientToken=token,
        tags=dict(tags),
        **logging,
    )
    return str(answer["imageBuildVersionArn"])


def rejects_role(error: BaseException) -> bool:
    """Whether Image Builder rejects a request because of its execution role, which IAM may not have propagated yet."""
    words = str(error.response["Error"].get("Message", "")) if isinstance(error, ClientError) else ""
    return error_code(error) in _INVALID_VALUE and _REJECTED_ROLE.search(words) is not None


def find(aws: AwsConnection, arn: str) -> BuilderImage | None:
    """The image, or None if it does not exist."""
    return describe(aws, [arn]).get(arn)


def describe(aws: AwsConnection, arns: list[str]) -> dict[str, BuilderImage]:
    """The existing images of these ARNs, with one call each."""
    found: dict[str, BuilderImage] = {}
    for arn in arns:
        try:
            answer = aws.client("imagebuilder").get_image(imageBuildVersionArn=arn)
        except ClientError as error:
            if error_code(error) not in NOT_FOUND:
                raise
        else:
            image = BuilderImage.read(answer["image"])
            if image.status != "DELETED":
                found[arn] = image
    return found


def list_own(aws: AwsConnection) -> Iterator[BuilderImage]:
    """The account's build versions in the Region."""
    pages = aws.client("imagebuilder").get_paginator("list_image_build_versions")
    for page in pages.paginate(PaginationConfig={"PageSize": _IMAGES_PER_PAGE}):
        yield from (BuilderImage.read(answer) for answer in page["imageSummaryList"])


def retry(aws: AwsConnection, arn: str) -> None:
    """Resume a failed or cancelled image at the phase where it ended."""
    aws.client("imagebuilder").retry_image(imageBuildVersionArn=arn)


def cancel(aws: AwsConnection, arn: str) -> None:
    """Stop the work on an image. Image Builder keeps the AMIs that it has created."""
    aws.client("imagebuilder").cancel_image_creation(imageBuildVersionArn=arn)


def delete(aws: AwsConnection, arn: str) -> None:
    """Delete the record of an image, not its AMIs; succeeds if it does not exist."""
    try:
        aws.client("imagebuilder").delete_image(imageBuildVersionArn=arn)
    except ClientError as error:
        if error_code(error) not in NOT_FOUND:
            raise


def tag(aws: AwsConnection, arn: str, tags: Mapping[str, str]) -> None:
    """Add tags to an image."""
    aws.client("imagebuilder").tag_resource(resourceArn=arn, tags=dict(tags))


def untag(aws: AwsConnection, arn: str, keys: Iterable[str]) -> None:
    """Remove tags from an image."""
    if listed := sorted(keys):
        aws.client("imagebuilder").untag_resource(resourceArn=arn, tagKeys=listed)


def targets_of(distributions: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, str | None], ...]:
    """The Regions and accounts of the distributions of a configuration; an account of None is that of the caller."""
    return tuple(
        (distribution["region"], account)
        for distribution in distributions
        for account in distribution.get("amiDistributionConfiguration", {}).get("targetAccountIds") or [None]
    )


POLLERS = Pollers[BuilderImage](describe)


def _region_failure(answer: Mapping[str, Any]) -> RegionFailure:
    return RegionFailure(
        region=answer.get("region", ""),
        account_id=answer.get("targetAccountId"),
        step=answer.get("imageConfigurationStep"),
        message=answer.get("errorMessage") or answer.get("status", "no message"),
    )


def _ami(answer: Mapping[str, Any], owner: str) -> DistributedAmi:
    return DistributedAmi(
        region=answer.get("region", ""),
        account=answer.get("accountId") or owner,
        id=answer["image"],
        name=answer.get("name", ""),
    )


def _status(ami: Mapping[str, Any]) -> str:
    return str(ami.get("state", {}).get("status", ""))
