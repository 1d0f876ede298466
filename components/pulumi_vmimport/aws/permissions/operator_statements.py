"""The IAM policy of the person or pipeline that runs `pulumi up`, as narrow as AWS allows. Pure.

Every action is limited to the ARNs of the Service Authorization Reference (tables/iam_actions.toml). An action that AWS
cannot limit to resources is limited to Regions.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product

from pulumi_vmimport.aws.iam.iam_documents import VERSION, Document, via_service
from pulumi_vmimport.aws.permissions.needed_actions import NeededActions
from pulumi_vmimport.aws.tables import iam_actions
from pulumi_vmimport.aws.tables.iam_actions import UNLIMITED

ROLE_PASSING = "iam:PassRole"
ALWAYS_ALLOWED = frozenset({"sts:GetCallerIdentity"})
"""What no policy has to allow. Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
MANAGED_POLICY_CHARACTERS = 6144
"""White space does not count. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
OF_SEVERAL_TYPES = frozenset({"ec2:CancelExportTask", "ec2:CancelImportTask", "ec2:CreateTags", "ec2:DeleteTags"})
"""Each applies to one resource of several types, of which a kind has some: those of its other actions"""
_EVERY_KEY = "arn:{partition}:kms:{region}:{account}:key/*"

# Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
GUIDE_S3_ACTIONS = ("s3:GetBucketLocation", "s3:GetObject", "s3:PutObject")
GUIDE_EC2_ACTIONS = tuple(
    f"ec2:{name}"
    for name in (
        "CancelConversionTask", "CancelExportTask", "CreateImage", "CreateInstanceExportTask", "CreateTags",
        "DescribeConversionTasks", "DescribeExportTasks", "DescribeExportImageTasks", "DescribeImages",
        "DescribeInstanceStatus", "DescribeInstances", "DescribeSnapshots", "DescribeTags", "ExportImage",
        "ImportInstance", "ImportVolume", "StartInstances", "StopInstances", "TerminateInstances", "ImportImage",
        "ImportSnapshot", "DescribeImportImageTasks", "DescribeImportSnapshotTasks", "CancelImportTask",
    )
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PolicyScope:
    """The AWS objects that a policy is limited to. The names of buckets and roles may contain * and ?."""

    partition: str
    account_id: str
    regions: tuple[str, ...]
    buckets: tuple[str, ...] = ()
    """`bucket`, or `bucket/prefix` for the objects whose keys start with the prefix"""
    role_names: tuple[str, ...] = ()
    kms_key_arns: tuple[str, ...] = ()
    """Without them, every key of the account can be described, and none be used."""


def operator_policy(kinds: Iterable[NeededActions], scope: PolicyScope) -> Document:
    """The policy for these kinds of resources."""
    resources: dict[tuple[str, str], set[str]] = {}
    for kind in kinds:
        for action, limit in _limits(kind, scope):
            resources.setdefault((action, json.dumps(limit.condition)), set()).update(limit.resources)
    actions: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (action, condition), arns in sorted(resources.items()):
        actions.setdefault((tuple(sorted(arns)), condition), []).append(action)
    statements = [_allow(of, arns, json.loads(condition)) for (arns, condition), of in actions.items()]
    return {"Version": VERSION, "Statement": sorted(statements, key=lambda s: (s["Resource"] == "*", str(s["Action"])))}


def guide_policy(scope: PolicyScope, *, creates_buckets: bool = False) -> Document:
    """The policy of the VM Import/Export User Guide for the users of its operations."""
    s3 = [*GUIDE_S3_ACTIONS, *(["s3:CreateBucket"] if creates_buckets else [])]
    arns = [
        arn
        for bucket in scope.buckets
        for of_type in ("s3:bucket", "s3:object")
        for arn in _arns(of_type, replace(scope, buckets=(bucket,)))
    ]
    statements = [_allow(s3, arns)] if arns else []
    return {"Version": VERSION, "Statement": [*statements, _allow(GUIDE_EC2_ACTIONS, ("*",))]}


def managed_policies(document: Document) -> list[Document]:
    """The document as managed policies that together allow the same, each as large as IAM accepts.

    A statement that is too large alone is split between its resources or actions, as far as it has several.
    """
    parts: list[list[Document]] = [[]]
    for statement in chain.from_iterable(map(_pieces, document["Statement"])):
        if parts[-1] and not fits_managed_policy({**document, "Statement": [*parts[-1], statement]}):
            parts.append([])
        parts[-1].append(statement)
    return [{**document, "Statement": part} for part in parts]


def fits_managed_policy(document: Document) -> bool:
    """Whether IAM accepts the document in a managed policy."""
    return counted_characters(document) <= MANAGED_POLICY_CHARACTERS


def counted_characters(document: Document) -> int:
    """The size of a document as IAM counts it."""
    return len("".join(json.dumps(document, separators=(",", ":")).split()))


def passed_to(called: Iterable[str]) -> tuple[str, ...]:
    """The services to which these actions pass a role."""
    services = iam_actions.table().passed_to
    return tuple(sorted({services[action] for action in called if action in services}))


@dataclass(frozen=True)
class _Limit:
    """What a statement limits an action to."""

    resources: Sequence[str]
    condition: Mapping[str, Mapping[str, Sequence[str]]] | None = None


def _limits(kind: NeededActions, scope: PolicyScope) -> Iterator[tuple[str, _Limit]]:
    types = iam_actions.table().types_of
    of_kind = {each for action in kind.called - OF_SEVERAL_TYPES for each in types(action)}
    for action in (kind.called | kind.implied) - ALWAYS_ALLOWED:
        if action == ROLE_PASSING:
            condition = {"StringEquals": {"iam:PassedToService": passed_to(kind.called)}}
            yield action, _Limit(_arns("iam:role", scope), condition)
        elif action.startswith("kms:") and action not in kind.called:
            if scope.kms_key_arns:
                yield action, _Limit(scope.kms_key_arns, _via_service(kind, scope))
        else:
            limited_to = types(action)
            if action in OF_SEVERAL_TYPES:
                limited_to = tuple(t for t in limited_to if t in of_kind) or limited_to
            yield action, _limit(action, limited_to, scope)


def _limit(action: str, types: Sequence[str], scope: PolicyScope) -> _Limit:
    if UNLIMITED not in types:
        return _Limit([arn for each in types for arn in _arns(each, scope)])
    if action.partition(":")[0] in iam_actions.table().global_services:
        return _Limit("*")
    return _Limit("*", {"StringEquals": {"aws:RequestedRegion": scope.regions}})


def _via_service(kind: NeededActions, scope: PolicyScope) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """The service that uses a key on behalf of the caller."""
    service = "s3" if "s3:PutObject" in kind.called else "ec2"
    services = [via_service(service, region, scope.partition) for region in scope.regions]
    return {"StringEquals": {"kms:ViaService": services}}


def _arns(of_type: str, scope: PolicyScope) -> list[str]:
    """The ARNs of a type of resource in the scope."""
    found: dict[str, None] = {}
    names = product(
        iam_actions.table().arns[of_type],
        scope.regions,
        scope.buckets or ("*",),
        scope.role_names or ("*",),
        scope.kms_key_arns or (_EVERY_KEY,),
    )
    for template, region, bucket, role, key in names:
        name, _, prefix = bucket.partition("/")
        values = {
            "kms_key": key, "bucket": name, "object": f"{name}/{prefix}*", "role": role, "region": region,
            "partition": scope.partition, "account": scope.account_id,
        }  # fmt: skip
        arn = template
        for placeholder, value in values.items():
            arn = arn.replace(f"{{{placeholder}}}", value)
        found[arn] = None
    return list(found)


def _pieces(statement: Document) -> Iterator[Document]:
    for member in ("Resource", "Action"):
        values = statement[member]
        if isinstance(values, list) and not fits_managed_policy({"Version": VERSION, "Statement": [statement]}):
            middle = len(values) // 2
            for half in (values[:middle], values[middle:]):
                yield from _pieces({**statement, member: _one(half)})
            return
    yield statement


def _allow(actions: Sequence[str], resources: Sequence[str], condition: object = None) -> Document:
    statement = {"Effect": "Allow", "Action": _one(actions), "Resource": _one(resources)}
    return {**statement, "Condition": condition} if condition else statement


def _one(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
