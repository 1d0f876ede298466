"""EC2 Image Builder, which moto does not implement."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.core.request import Request

from pulumi_vmimport_sandbox.aws.core.cloud import Cloud
from pulumi_vmimport_sandbox.aws.image_builder.distribution_configuration_calls import DistributionConfigurationCalls
from pulumi_vmimport_sandbox.aws.image_builder.image_import_calls import ImageImportCalls
from pulumi_vmimport_sandbox.aws.image_builder.infrastructure_configuration_calls import (
    InfrastructureConfigurationCalls,
)
from pulumi_vmimport_sandbox.aws.image_builder.tag_calls import TagCalls
from pulumi_vmimport_sandbox.aws.server.completion import complete

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class ImageBuilderCalls(DistributionConfigurationCalls, InfrastructureConfigurationCalls, ImageImportCalls, TagCalls):
    """The calls of Image Builder. A subclass with `cloud` belongs to one sandbox."""

    def call_action(self) -> Any:
        with self.cloud.lock:
            complete(self.cloud)
            return super().call_action()


class ImageBuilderService:
    """A WSGI application for the service `imagebuilder`."""

    def __init__(self, cloud: Cloud) -> None:
        self._calls: Any = type("SandboxImageBuilder", (ImageBuilderCalls,), {"cloud": cloud})

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        status, headers, body = self._calls.dispatch(Request(environ))
        content = body.encode() if isinstance(body, str) else body
        named = {name: str(value) for name, value in headers.items() if name != "status"}
        named["Content-Length"] = str(len(content))
        start_response(f"{status} {HTTPStatus(int(status)).phrase}", list(named.items()))
        return [content]
