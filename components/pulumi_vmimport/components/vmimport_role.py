"""VmimportRole: the service role with which VM Import/Export reads images and creates snapshots and AMIs.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NotRequired, TypedDict, Unpack, overload

import pulumi

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.aws.s3.s3_names import BUCKET_NAME
from pulumi_vmimport.components.component_base import CheckedInputs, Component, Values
from pulumi_vmimport.components.owned_role import owned_role
from pulumi_vmimport.components.provider_lookups import account_of, partition_of, region_of
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Problem, is_set
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.program_values import without_dependency
from pulumi_vmimport.resources.iam.role_readiness import RoleReadiness, RoleReadinessArgs
from pulumi_vmimport.resources.rules.role_names import DEFAULT_ROLE, role_name_problems
from pulumi_vmimport.resources.rules.tag_rules import tag_problems
from pulumi_vmimport.shown_value import shown_value

POLICY_NAME = "vmimport"
_KMS_KEY_ARN = re.compile(r"\*|arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+")
_POLICY_ARN = re.compile(r"arn:[\w-]+:iam::(aws|\d{12}):policy/.+")
_NEW_ROLE_ARGS = ("confine_to_account", "permissions_boundary", "tags")


class VmimportRoleArgs(TypedDict):
    """The arguments of VmimportRole."""

    import_buckets: pulumi.Input[list[pulumi.Input[str]]]
    """The names of the buckets to import images from; an empty list for a role that only exports, or only imports EBS
    snapshots."""
    export_buckets: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The names of the buckets to export to. Name a bucket for imports and exports in both lists. Default: none; the
    role cannot write to any bucket."""
    kms_key_arns: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ARNs of the KMS keys of encrypted AMIs and snapshots, or "*" for any key. IAM does not accept the ARNs of
    aliases. Required when an import names a key, or EBS encryption by default uses a customer managed key. Default:
    none."""
    license_manager: NotRequired[pulumi.Input[bool]]
    """Allow imports to attach License Manager configurations. Default: false."""
    role_name: NotRequired[pulumi.Input[str]]
    """The name of the role. Pass another name than the default to the imports as role_name. Default: vmimport, which
    exists once per account."""
    adopt: NotRequired[bool]
    """Use an existing role and never change it; preview reports what it lacks. Default: false."""
    confine_to_account: NotRequired[pulumi.Input[bool]]
    """Trust VM Import/Export only when it acts for this account (aws:SourceAccount and aws:SourceArn). Default: false,
    as in the AWS guide."""
    permissions_boundary: NotRequired[pulumi.Input[str]]
    """The ARN of the permissions boundary of the role. Default: none."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the role, at most 40; the library adds four to identify its own role. Default: none."""
    propagation_seconds: NotRequired[pulumi.Input[int]]
    """How long to wait for IAM to propagate a new or changed role, in seconds. Default: 10, or less with a shorter
    vmimport:pollSeconds."""
    profile: NotRequired[pulumi.Input[str]]
    """The profile of the shared AWS files to read IAM with. Set it when the aws provider has one. Default: the stack's
    credentials."""
    assume_role_arn: NotRequired[pulumi.Input[str]]
    """The role to assume to read IAM. Set it when the aws provider has one. Default: the stack's role, if any."""


class VmimportRole(Component):
    """The role vmimport with a trust policy and a permissions policy for the given buckets and keys.

    A role of that name that this component did not create is never changed: preview fails unless adopt is set. The
    account, Region and partition are those of the aws provider. Whether the partition aws-cn has the same service
    principal is not verified.
    """

    role_name: pulumi.Output[str]
    """The name of the role for the imports (role_name), available once IAM has propagated the role."""
    role_arn: pulumi.Output[str]
    """The ARN of the role, available once IAM has propagated the role."""
    source_key_policy_statement: pulumi.Output[dict[str, Any]]
    """The statement that the policy of a KMS key requires for images that it encrypts in S3 (SSE-KMS)."""

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
        account_id = account_of(self)
        readiness: RoleReadinessArgs = {
            "role_name": inputs.get("role_name", default=DEFAULT_ROLE),
            "account_id": account_id,
            "region": region_of(self),
            "owner": without_dependency(self.urn).apply(lambda urn: Identity(urn).key),
            "propagation_seconds": inputs.get("propagation_seconds"),
            "profile": inputs.get("profile"),
            "assume_role_arn": inputs.get("assume_role_arn"),
        }
        if args.get("adopt"):
            readiness["adopt"] = True
            readiness["import_buckets"] = inputs.get("import_buckets")
            readiness["export_buckets"] = inputs.get("export_buckets")
            readiness["kms_key_arns"] = inputs.get("kms_key_arns")
            readiness["license_manager"] = inputs.get("license_manager")
            ready = RoleReadiness(f"{name}-readiness", readiness, pulumi.ResourceOptions(parent=self))
        else:
            partition = partition_of(self)
            trust = pulumi.Output.all(inputs.get("confine_to_account"), account_id, partition).apply(
                lambda v: iam_documents.trust_policy(account_id=v[1] if v[0] else None, partition=v[2])
            )
            ready = owned_role(
                self,
                name,
                inputs,
                readiness,
                description="VM Import/Export reads images and makes snapshots and AMIs with this role",
                trust=trust,
                policy_name=POLICY_NAME,
                policy=_policy(inputs, partition),
            )
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
        for name in _NEW_ROLE_ARGS:
            if values.get(name) is not None:
                yield Problem(
                    name, "applies only to a new role, and an adopted role is not changed; remove it or adopt"
                )
    yield from role_name_problems(values.get("role_name"), "role_name")
    yield from _matching(values, "permissions_boundary", _POLICY_ARN, "the ARN of a policy")
    for name in ("import_buckets", "export_buckets"):
        yield from _all_matching(values, name, BUCKET_NAME, "the name of a bucket")
    yield from _all_matching(values, "kms_key_arns", _KMS_KEY_ARN, 'the ARN of a KMS key (not of an alias) or "*"')
    seconds = values.get("propagation_seconds")
    if is_set(seconds) and seconds < 0:
        yield Problem("propagation_seconds", f"expected at least 0, got {seconds}")
    tags = values.get("tags")
    if is_set(tags):
        yield from tag_problems(tags)


def _matching(values: Values, name: str, pattern: re.Pattern[str], expected: str) -> Iterator[Problem]:
    value = values.get(name)
    if is_set(value) and not pattern.fullmatch(value):
        yield Problem(name, f"expected {expected}, got {shown_value(value)}")


def _all_matching(values: Values, name: str, pattern: re.Pattern[str], expected: str) -> Iterator[Problem]:
    items = values.get(name)
    known_items: Sequence[Any] = items if is_set(items) else ()
    for i, item in enumerate(known_items):
        if item is not UNKNOWN and not pattern.fullmatch(item):
            yield Problem(f"{name}[{i}]", f"expected {expected}, got {shown_value(item)}")
