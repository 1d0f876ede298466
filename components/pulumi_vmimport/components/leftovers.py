"""What an interrupted run of a component left in AWS, which the next run imports instead of creating.

A run that is killed between the response of AWS and the next write of Pulumi's state leaves a resource that no state
contains. Pulumi imports a resource only if the state does not contain it under the same id (resource option `import`),
so the option has no effect on any other run.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any, TypeVar

import pulumi
import pulumi_aws as aws

from pulumi_vmimport.components.provider_lookups import account_of, partition_of
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, Identity
from pulumi_vmimport.lifecycle.program_values import without_dependency

T = TypeVar("T")

_NOT_IN_BUCKET_NAMES = re.compile(r"[^a-z0-9-]+")
_BUCKET_NAME_LENGTH = 63
_HASH_LENGTH = 16


def identity_of(component: pulumi.ComponentResource) -> pulumi.Output[Identity]:
    """The identity that the tags of a component's role or bucket contain."""
    return without_dependency(component.urn).apply(Identity)


def leftover_role(component: pulumi.ComponentResource, name: pulumi.Output[str]) -> pulumi.Output[str | None]:
    """The name of the role if it exists with the tags of this component; None otherwise."""
    found = _or_none(aws.iam.get_role_output(name=name, opts=pulumi.InvokeOutputOptions(parent=component)))
    return pulumi.Output.all(found, identity_of(component), name).apply(
        lambda v: v[2] if v[0] and (v[0].tags or {}).get(IDENTITY_TAG) == v[1].key else None
    )


def leftover_policy(component: pulumi.ComponentResource, name: pulumi.Output[str]) -> pulumi.Output[str | None]:
    """The ARN of the managed policy if it exists with the tags of this component; None otherwise."""
    arn = pulumi.Output.all(partition_of(component), account_of(component), name).apply(
        lambda v: f"arn:{v[0]}:iam::{v[1]}:policy/{v[2]}"
    )
    found = _or_none(aws.iam.get_policy_output(arn=arn, opts=pulumi.InvokeOutputOptions(parent=component)))
    return pulumi.Output.all(found, identity_of(component)).apply(
        lambda v: v[0].arn if v[0] and (v[0].tags or {}).get(IDENTITY_TAG) == v[1].key else None
    )


def bucket_name(component: pulumi.ComponentResource, name: str, region: pulumi.Output[str]) -> pulumi.Output[str]:
    """A bucket name that no other component, stack, account or Region has, the same in every run.

    With a random suffix no run could recognize the bucket of an earlier one.
    """
    account_id = account_of(component)
    stem = _NOT_IN_BUCKET_NAMES.sub("-", name.lower()).strip("-")[: _BUCKET_NAME_LENGTH - _HASH_LENGTH - 1] or "bucket"

    def named(values: list[Any]) -> str:
        identity, *place = values
        return f"{stem}-{hashlib.sha256(' '.join([identity.urn, *place]).encode()).hexdigest()[:_HASH_LENGTH]}"

    return pulumi.Output.all(identity_of(component), account_id, region).apply(named)


def leftover_bucket(component: pulumi.ComponentResource, name: pulumi.Output[str]) -> pulumi.Output[str | None]:
    """The name of the bucket if it exists without its bucket policy, as a run leaves it that was killed; or None.

    The component creates the policy after Pulumi has recorded the bucket.
    """
    opts = pulumi.InvokeOutputOptions(parent=component)
    policy = _or_none(aws.s3.get_bucket_policy_output(bucket=name, opts=opts))

    def without_policy(found: Any) -> pulumi.Output[str | None] | None:
        if found is not None:
            return None
        bucket = _or_none(aws.s3.get_bucket_output(bucket=name, opts=opts))
        return bucket.apply(lambda existing: existing.bucket if existing is not None else None)

    return policy.apply(without_policy)


def leftover_configuration(component: pulumi.ComponentResource, arn: pulumi.Output[str]) -> pulumi.Output[str | None]:
    """The ARN of the distribution configuration if it exists with the tags of this component; None otherwise."""
    opts = pulumi.InvokeOutputOptions(parent=component)
    found = _or_none(aws.imagebuilder.get_distribution_configuration_output(arn=arn, opts=opts))
    return pulumi.Output.all(found, identity_of(component), arn).apply(
        lambda v: v[2] if v[0] and (v[0].tags or {}).get(IDENTITY_TAG) == v[1].key else None
    )


def declare_or_import(leftover: pulumi.Output[str | None], declare: Callable[[str | None], T]) -> pulumi.Output[T]:
    """The resource that `declare` creates with the id of the leftover as its import id, once the id is known."""
    return leftover.apply(lambda found: declare(found if isinstance(found, str) else None), run_with_unknowns=True)


def _or_none(output: pulumi.Output[T]) -> pulumi.Output[T | None]:
    nothing: Any = None
    # A look-up that fails, because nothing exists or because it is not allowed, leaves the error to the create.
    return output.recover(lambda _: nothing)
