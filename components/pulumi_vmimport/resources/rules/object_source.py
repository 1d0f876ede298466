"""The source of an import in the metadata of its objects: an export records the virtual machine and its disks there."""

from collections.abc import Iterable, Iterator, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.credential_errors import is_identity_error
from pulumi_vmimport.aws.error_descriptions import describe_aws_error
from pulumi_vmimport.lifecycle.contract import Run, is_known
from pulumi_vmimport.lifecycle.provenance import (
    CHANGE_VERSION_METADATA,
    MACHINE_UUID_METADATA,
    machine_fact,
    object_fact,
    several,
    source_tags,
)
from pulumi_vmimport.resources.data_requests import RunRequests
from pulumi_vmimport.resources.rules.disk_container_rules import AnyContainer, s3_location
from pulumi_vmimport.transfer import manifest, s3_object
from pulumi_vmimport.transfer.s3_object import FoundObject
from pulumi_vmimport.transfer.transfer_errors import TransferError


def tags_of_source(run: Run, containers: Sequence[AnyContainer] | None) -> dict[str, str]:
    """The tags that lead from an image to its source.

    An object that cannot be read is a warning: EC2 reads it with the service role.
    """
    given = containers or ()
    locations = [location[1:] for container in given if (location := s3_location(container))]
    snapshots = [str(s) for c in given if is_known(c) and is_known(s := getattr(c, "snapshot_id", None)) and s]
    return source_tags(_source(run, locations, snapshots))


def tags_of_object(run: Run, bucket: str, key: str) -> dict[str, str]:
    """The tags that lead from an image to the one object that it is made of. See tags_of_source."""
    return source_tags(_source(run, [(bucket, key)], []))


def _source(run: Run, locations: Iterable[tuple[str, str]], snapshots: Iterable[str]) -> dict[str, str]:
    objects: list[FoundObject] = []
    digests: list[str] = []
    for bucket, key in locations:
        try:
            found = s3_object.find_object(run.aws.client("s3"), bucket, key)
            if found is not None:
                objects.append(found)
                digests += _digests(run, found)
        except (ClientError, BotoCoreError, TransferError) as error:
            if is_identity_error(error):
                raise
            words = str(error) if isinstance(error, TransferError) else describe_aws_error(error)
            run.warn(f"the tags of the image lack the source of {s3_object.uri(bucket, key)}: {words}")
    return {
        "virtualMachine": several(dict.fromkeys(_machines(objects))),
        "diskSha256": several(digests),
        "object": several([*(object_fact(each.bucket, each.key, each.version_id) for each in objects), *snapshots]),
    }


def _machines(objects: Iterable[FoundObject]) -> Iterator[str]:
    for found in objects:
        if uuid := found.metadata.get(MACHINE_UUID_METADATA):
            yield machine_fact(uuid, found.metadata.get(CHANGE_VERSION_METADATA))


def _digests(run: Run, found: FoundObject) -> Iterable[str]:
    """The SHA-256 of the disks in an OVA, or of a VMDK of an export, as the manifest states them."""
    requests, folder, name = RunRequests(run), *_split(found.key)
    if name.lower().endswith(".ova"):
        stated = manifest.read_manifest(requests, found.bucket, found.key)
        return [digest for file, digest in stated.items() if not file.lower().endswith(".ovf")]
    if MACHINE_UUID_METADATA not in found.metadata:
        return []
    stated = manifest.read_manifest(requests, found.bucket, folder + manifest.FILE_NAME)
    return [stated[name]] if name in stated else []


def _split(key: str) -> tuple[str, str]:
    folder, slash, name = key.rpartition("/")
    return folder + slash, name
