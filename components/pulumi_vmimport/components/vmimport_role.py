"""VmimportRole: the service role that VM Import/Export takes to read images and to make snapshots and AMIs.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html; requirements IAM-02 to IAM-06,
IAM-08, IAM-09.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NotRequired, TypedDict, Unpack, overload

import pulumi
import pulumi_aws as aws

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.aws.s3.s3_locations import BUCKET_NAME
from pulumi_vmimport.components.component_base import CheckedInputs, Component, Values
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Problem, is_set
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.managed_resource import without_dependency
from pulumi_vmimport.resources.iam.role_readiness import (
    RoleReadiness,
    RoleReadinessArgs,
    RoleReadinessInputs,
    document_hash,
)
from pulumi_vmimport.resources.rules.service_role_rules import DEFAULT_ROLE, ROLE_NAME
from pulumi_vmimport.resources.rules.tag_rules import tag_problems

POLICY_NAME = "vmimport"
_KMS_KEY_ARN = re.compile(r"\*|arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+")
_POLICY_ARN = re.compile(r"arn:[\w-]+:iam::(aws|\d{12}):policy/.+")
_OF_NEW_ROLES = ("confine_to_account", "permissions_boundary", "tags")


class VmimportRoleArgs(TypedDict):
    """The arguments of VmimportRole."""

    import_buckets: pulumi.Input[list[pulumi.Input[str]]]
    """The names of the buckets that images are imported from; an empty list for a role that only exports or imports EBS
    snapshots."""
    export_buckets: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The names of the buckets that images are exported to; one that is imported from too is named in both lists.
    Default: none, the role writes to no bucket."""
    kms_key_arns: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ARNs of the KMS keys of encrypted AMIs and snapshots, not of aliases, which IAM does not know; "*" for any.
    Needed where a key is named, or EBS encrypts by default with a key of your own. Default: none."""
    license_manager: NotRequired[pulumi.Input[bool]]
    """Let imports attach License Manager configurations. Default: false."""
    role_name: NotRequired[pulumi.Input[str]]
    """The role's name; one of another name must be given to the imports (role_name). Default: vmimport, which there is
    once in an account."""
    adopt: NotRequired[bool]
    """Take a role that is there instead of a new one and never write to it; what it lacks is told in preview. Default:
    false."""
    confine_to_account: NotRequired[pulumi.Input[bool]]
    """Trust VM Import/Export only when it acts for this account (aws:SourceAccount and aws:SourceArn). Default: false,
    as AWS's guide prints it."""
    permissions_boundary: NotRequired[pulumi.Input[str]]
    """The ARN of the policy that bounds the role. Default: none."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the role beside four of this library's, by which it knows its own; at most 45. Default: none."""
    propagation_seconds: NotRequired[pulumi.Input[int]]
    """How long to let IAM spread a new or changed role before it is handed on, in seconds. Default: 10, less where the
    stack polls faster (vmimport:pollSeconds)."""
    profile: NotRequired[pulumi.Input[str]]
    """The profile of the shared AWS files to read IAM with, where the aws provider has one of its own. Default: the
    stack's credentials."""
    assume_role_arn: NotRequired[pulumi.Input[str]]
    """The role to assume to read IAM, where the aws provider has one of its own. Default: none beside the stack's."""


class VmimportRole(Component):
    """The role vmimport: its trust and its policy, from the lists of what it is to reach.

    A role of that name that this component did not make is never overwritten: preview fails, unless adopt=True takes it
    as it is. Account, Region and partition are those of the aws provider; that the service principal is the same in
    the partition aws-cn is not verified.
    """

    role_name: pulumi.Output[str]
    """The role's name, there once IAM has spread the role: what an import takes as role_name."""
    role_arn: pulumi.Output[str]
    """The role's ARN, there once IAM has spread the role."""
    source_key_policy_statement: pulumi.Output[dict[str, Any]]
    """What the policy of a KMS key needs for the role to read images that the key encrypts in S3 (SSE-KMS)."""

    @overload
    def __init__(
        self, resource_name: str, args: VmimportRoleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[VmimportRoleArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: VmimportRoleArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__("vmimport:index:VmimportRole", resource_name, args, opts, **kwargs)

    def _declare(self, name: str, args: VmimportRoleArgs) -> None:
        inputs = CheckedInputs(self, name, args, VmimportRoleArgs, _check)
        provider = pulumi.InvokeOptions(parent=self)
        account_id = aws.get_caller_identity_output(opts=provider).account_id
        readiness: RoleReadinessArgs = {
            "role_name": inputs.get("role_name", default=DEFAULT_ROLE),
            "account_id": account_id,
            "region": aws.get_region_output(opts=provider).region,
            "owner": without_dependency(self.urn).apply(lambda urn: Identity(urn).key),
            "propagation_seconds": inputs.get("propagation_seconds"),
            "profile": inputs.get("profile"),
            "assume_role_arn": inputs.get("assume_role_arn"),
        }
        made: list[pulumi.Resource] = []
        if args.get("adopt"):
            readiness["adopt"] = True
            readiness["import_buckets"] = inputs.get("import_buckets")
            readiness["export_buckets"] = inputs.get("export_buckets")
            readiness["kms_key_arns"] = inputs.get("kms_key_arns")
            readiness["license_manager"] = inputs.get("license_manager")
        else:
            partition = aws.get_partition_output(opts=provider).partition
            trust = pulumi.Output.all(inputs.get("confine_to_account"), account_id, partition).apply(
                lambda v: iam_documents.trust_policy(account_id=v[1] if v[0] else None, partition=v[2])
            )
            policy = _policy(inputs, partition)
            made = self._create(name, inputs, trust, policy)
            readiness["trust_hash"] = trust.apply(document_hash)
            readiness["policy_hash"] = policy.apply(document_hash)
        opts = pulumi.ResourceOptions(parent=self, depends_on=made)
        ready = RoleReadiness(f"{name}-readiness", readiness, opts)
        self.role_name = ready.role_name
        self.role_arn = ready.role_arn
        self.source_key_policy_statement = ready.role_arn.apply(iam_documents.sse_kms_key_statement)
        self.register_outputs(
            {
                "roleName": self.role_name,
                "roleArn": self.role_arn,
                "sourceKeyPolicyStatement": self.source_key_policy_statement,
            }
        )

    def _create(
        self,
        name: str,
        inputs: CheckedInputs,
        trust: pulumi.Output[iam_documents.Document],
        policy: pulumi.Output[iam_documents.Document],
    ) -> list[pulumi.Resource]:
        child = pulumi.ResourceOptions(parent=self)
        role_name = inputs.get("role_name", default=DEFAULT_ROLE)
        tags = pulumi.Output.all(inputs.get("tags", default={}), without_dependency(self.urn), role_name).apply(
            lambda v: {**v[0], **Identity(v[1]).tags(RoleReadinessInputs(role_name=v[2]))}
        )
        role = aws.iam.Role(
            name,
            name=role_name,
            description="VM Import/Export reads images and makes snapshots and AMIs with this role",
            assume_role_policy=trust.apply(json.dumps),
            permissions_boundary=inputs.get("permissions_boundary"),
            tags=tags,
            opts=child,
        )
        role_policy = aws.iam.RolePolicy(
            f"{name}-policy", name=POLICY_NAME, role=role.name, policy=policy.apply(json.dumps), opts=child
        )
        return [role, role_policy]


def _policy(inputs: CheckedInputs, partition: pulumi.Output[str]) -> pulumi.Output[iam_documents.Document]:
    return pulumi.Output.all(
        inputs.get("import_buckets"),
        inputs.get("export_buckets", default=[]),
        inputs.get("kms_key_arns", default=[]),
        inputs.get("license_manager", default=False),
        partition,
    ).apply(
        lambda v: iam_documents.role_policy(
            import_buckets=v[0], export_buckets=v[1], kms_key_arns=v[2], license_manager=v[3], partition=v[4]
        )
    )


def _check(values: Values) -> Iterator[Problem]:
    if values.get("adopt") is True:
        for name in _OF_NEW_ROLES:
            if values.get(name) is not None:
                yield Problem(name, "is for a new role, and an adopted one is never changed; drop it or adopt")
    yield from _matching(values, "role_name", ROLE_NAME, "1 to 64 of letters, digits and _+=,.@-")
    yield from _matching(values, "permissions_boundary", _POLICY_ARN, "the ARN of a policy")
    for name in ("import_buckets", "export_buckets"):
        yield from _all_matching(values, name, BUCKET_NAME, "the name of a bucket")
    yield from _all_matching(values, "kms_key_arns", _KMS_KEY_ARN, 'the ARN of a KMS key (of no alias) or "*"')
    seconds = values.get("propagation_seconds")
    if is_set(seconds) and seconds < 0:
        yield Problem("propagation_seconds", f"expected at least 0, got {seconds}")
    tags = values.get("tags")
    if is_set(tags):
        yield from tag_problems(tags)


def _matching(values: Values, name: str, pattern: re.Pattern[str], expected: str) -> Iterator[Problem]:
    value = values.get(name)
    if is_set(value) and not pattern.fullmatch(value):
        yield Problem(name, f"expected {expected}, got {value!r}")


def _all_matching(values: Values, name: str, pattern: re.Pattern[str], expected: str) -> Iterator[Problem]:
    items = values.get(name)
    known: Sequence[Any] = items if is_set(items) else ()
    for i, item in enumerate(known):
        if item is not UNKNOWN and not pattern.fullmatch(item):
            yield Problem(f"{name}[{i}]", f"expected {expected}, got {item!r}")
