"""The target of the command: a file, an object in S3, an https URL, or a virtual machine in vSphere."""

import importlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.cli.aws_error_text import aws_error_text
from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.disk.inspection.facts import ImageFacts
from pulumi_vmimport.disk.inspection.inspect_disk import ReadGuest
from pulumi_vmimport.functions.inspection_target import InspectedFile, Reads, open_file, open_object
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.transfer.data_requests import ClientRequests
from pulumi_vmimport.transfer.remote_image import RemoteImage
from pulumi_vmimport.transfer.transfer_errors import TransferError
from pulumi_vmimport.vsphere.vsphere_errors import VSphereError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_S3, _HTTPS, _VSPHERE = "s3://", "https://", "vsphere://"


class InspectionTarget(Protocol):
    """What the command inspects."""

    @property
    def size_bytes(self) -> int:
        """The number of bytes to read at most."""

    def facts(self, *, deep: bool, read_guest: ReadGuest | None = None) -> ImageFacts:
        """Inspect the target; the arguments are those of `inspect_image`."""

    def reads(self) -> Reads:
        """What was read so far."""


@contextmanager
def open_target(target: str, profile: str | None, region: str | None) -> Iterator[InspectionTarget]:
    """Open the image while the block runs. Raises: CommandError if it cannot be read."""
    with ExitStack() as stack:
        try:
            if target.lower().startswith(_HTTPS):
                if not _has_host(target):
                    raise CommandError(f"expected {_HTTPS}host/file, got {shown_value(name_of(target))}")
                yield _of_url(target, stack)
            elif target.startswith(_S3):
                yield _of_object(target, profile, region, stack)
            elif target.startswith(_VSPHERE):
                yield _of_machine(target, stack)
            elif "://" in target or not target:
                raise CommandError(
                    f"expected a file, {_S3}bucket/key, an https URL or {_VSPHERE}datacenter/vm/name, got "
                    f"{shown_value(name_of(target))}"
                )
            else:
                yield open_file(target, stack)
        except (TransferError, VSphereError) as error:
            raise CommandError(str(error)) from error
        except (ClientError, BotoCoreError) as error:
            raise CommandError(f"{_place(target)} cannot be read: {aws_error_text(error)}") from error
        except OSError as error:
            raise CommandError(f"{_place(target)} cannot be read: {error.strerror or error}") from error


def name_of(target: str) -> str:
    """The name for output. A URL loses its query, user and password, which may be credentials."""
    scheme, mark, rest = target.partition("://")
    if not mark:
        return Path(target).name or target
    place, slash, path = rest.partition("?")[0].partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}"


def _place(target: str) -> str:
    """The name for errors."""
    return name_of(target) if "://" in target else target


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # invalid port or brackets
        return False


def _of_url(url: str, stack: ExitStack) -> InspectedFile:
    module = importlib.import_module("pulumi_vmimport.transfer.url_image")
    image: RemoteImage = stack.enter_context(module.UrlImage(url))
    return InspectedFile(image, None, lambda: Reads(image.requests, image.received_bytes))


def _of_machine(target: str, stack: ExitStack) -> InspectionTarget:
    path = target.removeprefix(_VSPHERE).strip("/")
    if not path:
        raise CommandError(f"expected {_VSPHERE}datacenter/vm/name, got {shown_value(target)}")
    module = importlib.import_module("pulumi_vmimport.cli.inspect.machine_target")
    machine: InspectionTarget = stack.enter_context(module.MachineTarget(path, os.environ))
    return machine


def _of_object(uri: str, profile: str | None, region: str | None, stack: ExitStack) -> InspectedFile:
    bucket, _, key = uri.removeprefix(_S3).partition("/")
    if not bucket or not key:
        raise CommandError(f"expected {_S3}bucket/key, got {shown_value(uri)}")
    account = importlib.import_module("pulumi_vmimport.cli.inspect.s3_client")
    try:
        client: S3Client = account.s3_client(profile, region)
    except ValueError as error:  # botocore: invalid endpoint
        variables = "AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 or endpoint_url"
        raise CommandError(f"{uri} cannot be read: {error} ({variables})") from error
    return open_object(ClientRequests(client), bucket, key, stack)
