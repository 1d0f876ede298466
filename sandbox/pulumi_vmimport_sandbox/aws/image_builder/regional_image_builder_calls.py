"""The base class of the Image Builder calls: the account and the Region of a call, and the resources there."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from moto.core.responses import ActionResult, BaseResponse
from moto.utilities.utils import get_partition

from pulumi_vmimport_sandbox.aws.core.client_tokens import IdempotentParameterMismatch
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.image_builder_state import ImageBuilderState
from pulumi_vmimport_sandbox.aws.core.paging import page_of
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.image_builder.model_validation import check_request, invalid_value

_PAGE = 25  # https://docs.aws.amazon.com/imagebuilder/latest/APIReference: maxResults
SERVICE = "imagebuilder"
# Error codes are the service model's; when each applies and messages without a source are assumed.


class RegionalImageBuilderCalls(BaseResponse):  # type: ignore[misc] # moto has no types
    """Image Builder calls of an account in a Region."""

    cloud: ClassVar[Cloud]

    def __init__(self) -> None:
        super().__init__(service_name=SERVICE)
        self.automated_parameter_parsing = True

    @property
    def account_region(self) -> AccountRegion:
        """The account and Region of the call."""
        return AccountRegion(str(self.current_account), str(self.region))

    @property
    def request(self) -> Mapping[str, Any]:
        """The parameters of the call.

        Raises:
            ServiceError: They violate the service model.
        """
        request = {name: value for name, value in self.params.items() if value is not None}
        check_request(self._get_action(), request)
        return request

    @property
    def resources(self) -> ImageBuilderState:
        """The resources of the account in the Region."""
        return self.cloud.image_builder[self.account_region]

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource. Names that differ only in case, spaces and underscores have the same ARN."""
        there, normalized = self.account_region, name.lower().replace(" ", "-").replace("_", "-")
        return f"arn:{get_partition(there.region)}:{SERVICE}:{there.region}:{there.account}:{kind}/{normalized}"

    def answered_once(self, work: Callable[[], Mapping[str, Any]]) -> ActionResult:
        """The response of an earlier call with the same clientToken, or that of the work."""
        operation, now = self._get_action(), self.cloud.now
        request = {**self.request, "ClientToken": self.request["clientToken"]}
        tokens = self.cloud.client_tokens
        try:
            known = tokens.answer(
                self.account_region, operation, request, now - self.cloud.settings.client_token_seconds
            )
        except IdempotentParameterMismatch as error:
            text = f"The client token {request['clientToken']} was used with different parameters."
            raise ServiceError("IdempotentParameterMismatchException", text) from error
        if not known:
            known = {**work(), "clientToken": request["clientToken"]}
            tokens.remember(self.account_region, operation, request, known, now)
        return ActionResult({**known, "requestId": "sandbox"})

    def page(self, member: str, found: Mapping[str, Any]) -> ActionResult:
        """The response with a page of a list."""
        try:
            entries, following = page_of(found, self.request.get("maxResults", _PAGE), self.request.get("nextToken"))
        except KeyError as error:
            raise ServiceError("InvalidPaginationTokenException", "The pagination token is invalid.") from error
        answer = {"requestId": "sandbox", member: list(entries)}
        return ActionResult(answer | ({"nextToken": following} if following else {}))

    def filters(self, *allowed: str) -> list[tuple[str, Sequence[str]]]:
        """The names and values of the filters of a List call."""
        given = [(entry.get("name", ""), entry.get("values") or []) for entry in self.request.get("filters") or []]
        for number, (name, _) in enumerate(given):
            if name not in allowed:
                raise invalid_value(f"filters[{number}].name", f"The filters are {', '.join(allowed)}.")
        return given


def not_found(arn: str) -> ServiceError:
    """The error for a resource that does not exist."""
    # Get and Delete return it without modeling it, as hashicorp/terraform-provider-aws relies on. Message assumed.
    return ServiceError("ResourceNotFoundException", f"The resource with the ARN '{arn}' does not exist.")
