"""What components leave: service roles, managed policies and buckets, with the tags of the component that created them.

A role without its inline policy, or a bucket without its bucket policy, was left by a run that was killed: a component
creates the policy after Pulumi has recorded the role or the bucket, and attaches a managed policy after its record.
"""

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import Any

from pulumi_vmimport.aws.iam.distribution_documents import CROSS_ACCOUNT_ROLE, REMOVAL_ROLE
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.tag_lists import tags_in
from pulumi_vmimport.cli.orphans.found_resource import FoundResource, RegionSearch, own_tags
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG
from pulumi_vmimport.resources.orphan_kinds import OrphanKind
from pulumi_vmimport.resources.rules.role_names import DEFAULT_ROLE

KINDS = frozenset({OrphanKind.ROLE, OrphanKind.MANAGED_POLICY, OrphanKind.BUCKET})
COMPLETE, WITHOUT_POLICY = "available", "no policy"
NOT_ATTACHED = "not attached"
_CONCURRENT_BUCKETS = 8
_ROLE_NAMES = (DEFAULT_ROLE, "distribution-", CROSS_ACCOUNT_ROLE, REMOVAL_ROLE)


def service_roles(search: RegionSearch, names: Collection[str]) -> Iterator[FoundResource]:
    """The roles with the library's tags whose name is one of the library's or is in `names`."""
    for role in search.all("iam", "service roles", partial(_roles, search)):
        if role["RoleName"].startswith(_ROLE_NAMES) or role["RoleName"] in names:
            yield from search.all("iam", f"tags of role {role['RoleName']}", partial(_tagged_role, search, role))


def managed_policies(search: RegionSearch) -> Iterator[FoundResource]:
    """The policies with the library's tags that are attached to nothing. IAM returns the tags of one in each call."""
    for policy in search.all("iam", "managed policies", partial(_unattached_policies, search)):
        yield from search.all("iam", f"tags of policy {policy['Arn']}", partial(_tagged_policy, search, policy))


def buckets(search: RegionSearch) -> Iterator[FoundResource]:
    """The buckets of the Region with the library's tags. S3 returns the tags of one bucket in each call."""

    def tagged(bucket: Any) -> list[FoundResource]:
        return search.all("s3", f"tags of bucket {bucket['Name']}", partial(_tagged_bucket, search, bucket))

    listed = search.all("s3", "buckets of components", partial(_buckets, search))
    with ThreadPoolExecutor(_CONCURRENT_BUCKETS, thread_name_prefix="bucket") as pool:
        yield from chain.from_iterable(list(pool.map(tagged, listed)))


def _roles(search: RegionSearch) -> Iterator[Any]:
    for page in search.aws.client("iam").get_paginator("list_roles").paginate():
        yield from page["Roles"]


def _tagged_role(search: RegionSearch, role: Any) -> Iterator[FoundResource]:
    iam = search.aws.client("iam")
    tags = own_tags(tags_in(iam.list_role_tags(RoleName=role["RoleName"])["Tags"]))
    if IDENTITY_TAG in tags:
        has_policy = bool(iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"])
        state = COMPLETE if has_policy else WITHOUT_POLICY
        yield _found(search, OrphanKind.ROLE, role["Arn"], role, tags=tags, state=state)


def _unattached_policies(search: RegionSearch) -> Iterator[Any]:
    for page in search.aws.client("iam").get_paginator("list_policies").paginate(Scope="Local"):
        yield from (policy for policy in page["Policies"] if policy["AttachmentCount"] == 0)


def _tagged_policy(search: RegionSearch, policy: Any) -> Iterator[FoundResource]:
    listed = search.aws.client("iam").list_policy_tags(PolicyArn=policy["Arn"])["Tags"]
    tags = own_tags(tags_in(listed))
    if IDENTITY_TAG in tags:
        yield _found(search, OrphanKind.MANAGED_POLICY, policy["Arn"], policy, tags=tags, state=NOT_ATTACHED)


def _buckets(search: RegionSearch) -> Iterator[Any]:
    for page in search.aws.client("s3").get_paginator("list_buckets").paginate(BucketRegion=search.region):
        yield from page.get("Buckets", [])


def _tagged_bucket(search: RegionSearch, bucket: Any) -> Iterator[FoundResource]:
    s3, name = search.aws.client("s3"), bucket["Name"]
    tags = own_tags(tags_in(_present(partial(s3.get_bucket_tagging, Bucket=name), "NoSuchTagSet").get("TagSet", [])))
    if IDENTITY_TAG in tags:
        has_policy = bool(_present(partial(s3.get_bucket_policy, Bucket=name), "NoSuchBucketPolicy"))
        state = COMPLETE if has_policy else WITHOUT_POLICY
        arn = f"arn:{search.aws.partition}:s3:::{name}"
        yield _found(search, OrphanKind.BUCKET, arn, bucket, tags=tags, state=state)


def _present(read: Any, code_of_none: str) -> Any:
    """The response of a call; empty if the bucket has no such setting."""
    try:
        return read()
    except Exception as error:
        if error_code(error) in {code_of_none, "NoSuchBucket"}:
            return {}
        raise


def _found(
    search: RegionSearch, kind: OrphanKind, arn: str, answer: Any, *, tags: dict[str, str], state: str
) -> FoundResource:
    return FoundResource(
        kind=kind,
        id=arn,
        region=search.region,
        state=state,
        tags=tags,
        created=answer.get("CreateDate") or answer.get("CreationDate"),
    )
