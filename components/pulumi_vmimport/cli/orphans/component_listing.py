"""What components leave: service roles and buckets, which have the tags of the component that created them.

A role without its inline policy, or a bucket without its bucket policy, was left by a run that was killed: a component
creates the policy after Pulumi has recorded the role or the bucket.
"""

import re
from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from pulumi_vmimport.aws.iam.distribution_documents import CROSS_ACCOUNT_ROLE, REMOVAL_ROLE
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.tag_lists import tags_in
from pulumi_vmimport.cli.orphans.found_resource import FoundResource, RegionSearch, own_tags
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG
from pulumi_vmimport.resources.orphan_kinds import OrphanKind
from pulumi_vmimport.resources.rules.role_names import DEFAULT_ROLE

KINDS = frozenset({OrphanKind.ROLE, OrphanKind.BUCKET})
COMPLETE, WITHOUT_POLICY = "available", "no policy"
_ROLE_NAMES = (DEFAULT_ROLE, "distribution-", CROSS_ACCOUNT_ROLE, REMOVAL_ROLE)
# The names of new buckets that the program does not choose (components/leftovers.py).
_OWN_NAME = re.compile(r".+-[0-9a-f]{16}")


def service_roles(search: RegionSearch, names: Collection[str]) -> Iterator[FoundResource]:
    """The roles with the library's tags whose name is one of the library's or is in `names`."""
    for role in search.all("iam", "service roles", partial(_roles, search)):
        if role["RoleName"].startswith(_ROLE_NAMES) or role["RoleName"] in names:
            yield from search.all("iam", f"tags of role {role['RoleName']}", partial(_tagged_role, search, role))


def buckets(search: RegionSearch, names: Collection[str]) -> Iterator[FoundResource]:
    """The buckets of the Region with the library's tags that have a name of the library or one in `names`."""
    for bucket in search.all("s3", "buckets of components", partial(_buckets, search)):
        if _OWN_NAME.fullmatch(bucket["Name"]) or bucket["Name"] in names:
            yield from search.all("s3", f"tags of bucket {bucket['Name']}", partial(_tagged_bucket, search, bucket))


def _roles(search: RegionSearch) -> Iterator[Any]:
    for page in search.aws.client("iam").get_paginator("list_roles").paginate():
        yield from page["Roles"]


def _tagged_role(search: RegionSearch, role: Any) -> Iterator[FoundResource]:
    iam = search.aws.client("iam")
    tags = own_tags(tags_in(iam.list_role_tags(RoleName=role["RoleName"])["Tags"]))
    if IDENTITY_TAG in tags:
        has_policy = bool(iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"])
        yield _found(search, OrphanKind.ROLE, role["Arn"], role, tags, has_policy=has_policy)


def _buckets(search: RegionSearch) -> Iterator[Any]:
    for page in search.aws.client("s3").get_paginator("list_buckets").paginate(BucketRegion=search.region):
        yield from page.get("Buckets", [])


def _tagged_bucket(search: RegionSearch, bucket: Any) -> Iterator[FoundResource]:
    s3, name = search.aws.client("s3"), bucket["Name"]
    tags = own_tags(tags_in(_present(partial(s3.get_bucket_tagging, Bucket=name), "NoSuchTagSet").get("TagSet", [])))
    if IDENTITY_TAG in tags:
        has_policy = bool(_present(partial(s3.get_bucket_policy, Bucket=name), "NoSuchBucketPolicy"))
        arn = f"arn:{search.aws.partition}:s3:::{name}"
        yield _found(search, OrphanKind.BUCKET, arn, bucket, tags, has_policy=has_policy)


def _present(read: Any, code_of_none: str) -> Any:
    """The response of a call; empty if the bucket has no such setting."""
    try:
        return read()
    except Exception as error:
        if error_code(error) in {code_of_none, "NoSuchBucket"}:
            return {}
        raise


def _found(
    search: RegionSearch, kind: OrphanKind, arn: str, answer: Any, tags: dict[str, str], *, has_policy: bool
) -> FoundResource:
    return FoundResource(
        kind=kind,
        id=arn,
        region=search.region,
        state=COMPLETE if has_policy else WITHOUT_POLICY,
        tags=tags,
        created=answer.get("CreateDate") or answer.get("CreationDate"),
    )
