"""Install the sandbox's services in moto's server and restore moto afterwards."""

import gc
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import moto.core.responses
import moto.ec2.urls
import moto.settings
import moto.workspaces.urls
from moto.ec2.models.elastic_block_store import EBSBackend
from moto.iam.responses import IamResponse
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeBucket, FakeKey
from moto.s3.responses import S3Response
from moto.s3.utils import _VersionedKeyStore
from moto.sts.responses import TokenResponse

from pulumi_vmimport_sandbox.aws.core.cloud import Cloud
from pulumi_vmimport_sandbox.aws.iam.caller_permissions import decode_authorization_message
from pulumi_vmimport_sandbox.aws.iam.policy_simulation import simulate_principal_policy
from pulumi_vmimport_sandbox.aws.kms import ebs_keys
from pulumi_vmimport_sandbox.aws.s3 import (
    bucket_policy_conditions,
    delete_markers,
    multipart_validation,
    object_headers,
    object_ownership,
)
from pulumi_vmimport_sandbox.aws.server.ebs_direct_service import EbsDirectService
from pulumi_vmimport_sandbox.aws.server.ec2_service import Ec2Service
from pulumi_vmimport_sandbox.aws.server.image_builder_service import ImageBuilderService
from pulumi_vmimport_sandbox.aws.server.workspaces_service import WorkspacesService

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# moto iterates over collections that other threads change, and fails.
moto_lock = threading.RLock()
LOCKED_BY_THE_CLOUD = frozenset({"ec2", "ebs", "workspaces", "imagebuilder"})

_IMAGE_BUILDER = ("imagebuilder", re.compile(r"https?://imagebuilder\.(.+)\.amazonaws\.com"))


@contextmanager
def installed(cloud: Cloud) -> Iterator["WSGIApplication"]:
    """The application of moto's server with the sandbox's EC2, EBS, WorkSpaces and Image Builder, without resources."""
    ec2: Any = type("SandboxEc2", (Ec2Service,), {"cloud": cloud})
    workspaces: Any = type("SandboxWorkspaces", (WorkspacesService,), {"cloud": cloud})
    with ExitStack() as replaced:
        replaced.enter_context(_replaced(FakeBucket, "get_permission", bucket_policy_conditions.permission))
        replaced.enter_context(_replaced(FakeKey, "response_dict", property(object_headers.response_dict)))
        replaced.enter_context(_replaced(_VersionedKeyStore, "pop", delete_markers.pop))
        replaced.enter_context(_replaced(S3Response, "all_buckets", object_ownership.all_buckets))
        replaced.enter_context(_replaced(IamResponse, "simulate_principal_policy", simulate_principal_policy))
        replaced.enter_context(_replaced(EBSBackend, "_create_default_encryption_key", ebs_keys.create_default_key))
        replaced.enter_context(_replaced(TokenResponse, "decode_authorization_message", decode_authorization_message))
        replaced.enter_context(_replaced(S3Response, "list_parts", multipart_validation.list_parts))
        # moto takes a quarter of a second to load a Region's public AMIs, which imports do not need.
        replaced.enter_context(_replaced(moto.settings, "ec2_load_default_amis", lambda: False))
        # moto lists the methods of the service's class at every request.
        method_names = cache(moto.core.responses.method_names_from_class)
        replaced.enter_context(_replaced(moto.core.responses, "method_names_from_class", method_names))
        clear_moto()
        replaced.callback(clear_moto)
        application = DomainDispatcherApplication(_create_backend_app)
        # moto lists its package folders at every request to find the backend: a quarter of the total time.
        application.get_backend_for_host = cache(application.get_backend_for_host)
        application.app_instances["ebs"] = EbsDirectService(cloud)
        # moto's list of services lacks Image Builder.
        application.backend_url_patterns = [*application.backend_url_patterns, _IMAGE_BUILDER]
        application.app_instances["imagebuilder"] = ImageBuilderService(cloud)
        for name, urls, path, response in (
            ("ec2", moto.ec2.urls, "{0}/", ec2),
            ("workspaces", moto.workspaces.urls, "{0}/$", workspaces),
        ):
            # The routes are read only here; afterwards moto's own routes are restored.
            with _replaced(urls, "url_paths", {**urls.url_paths, path: response.dispatch}):
                application.app_instances[name] = _create_backend_app(name)
        yield cast("WSGIApplication", application)


def clear_moto() -> None:
    """Delete all resources of moto's services."""
    with moto_lock:
        moto_api_backend.reset()


def _create_backend_app(service: str) -> Any:
    """The application of one of moto's services.

    werkzeug parses Python code for each route. CPython 3.11 fails when the garbage collector runs a finalizer meanwhile
    that parses code too, as the report of an abandoned coroutine does (gh-106905).
    """
    with moto_lock:
        enabled = gc.isenabled()
        gc.disable()
        try:
            return create_backend_app(service)
        finally:
            if enabled:
                gc.enable()


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(owner, name, None)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is None:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
