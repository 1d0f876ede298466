"""OperatorPolicy: the least-privilege IAM policy of the person or pipeline that runs `pulumi up`.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

import json
from typing import Any, Literal, NotRequired, TypedDict, Unpack, overload

import pulumi
import pulumi_aws as aws

from pulumi_vmimport.aws.iam.iam_documents import Document
from pulumi_vmimport.aws.permissions.operator_statements import (
    PolicyScope,
    guide_policy,
    managed_policies,
    operator_policy,
)
from pulumi_vmimport.components.component_base import CheckedInputs, Component, InvalidInputsError, Values
from pulumi_vmimport.components.leftovers import declare_or_import, identity_of, leftover_policy
from pulumi_vmimport.components.operator_kinds import operator_kinds
from pulumi_vmimport.components.operator_policy_rules import argument_problems, managed_policy_problems, name_of_policy
from pulumi_vmimport.components.provider_lookups import account_of, partition_of, region_of
from pulumi_vmimport.resources.rules.role_names import DEFAULT_ROLE

_SCOPE_ARGS = ("buckets", "regions", "role_names", "kms_key_arns")
# The default quota of managed policies for each role and user.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MOST_ATTACHED = 10


class OperatorPolicyArgs(TypedDict):
    """The arguments of OperatorPolicy. Set `resources` or `preset`, and what the policy is limited to."""

    resources: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The names of the resources and components that the program declares, such as `ImportImage` and `ImportBucket`.
    Exactly one of resources and preset is required."""
    preset: NotRequired[pulumi.Input[Literal["vm_import_export_guide"]]]
    """`vm_import_export_guide`: the policy of the VM Import/Export User Guide, whose EC2 actions apply to all
    resources. It lacks actions that this library calls, such as `ec2:DeregisterImage`."""
    buckets: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The buckets of the images: the name, which may contain * and ?, or `bucket/prefix` to limit the actions on
    objects to the keys that start with the prefix. Required if one of the resources uses S3."""
    role_names: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The roles that the program creates, reads and passes to AWS services, with their paths; a name may contain * and
    ?. ByolWorkspaceImage names its role `vmimport-<project>-<stack>-<component>`. Default: vmimport."""
    kms_key_arns: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ARNs of the KMS keys that encrypt the images in S3. Default: none; preview can describe each key of the
    account, and no key can be used."""
    regions: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The Regions of the resources. Default: the Region of the aws provider."""
    policy_name: NotRequired[pulumi.Input[str]]
    """Create a managed policy of this name; if it is too large for IAM, further ones of this name with -2, -3 ...
    Whether it is set must be known. Default: none; the outputs `policy` and `policies` contain the documents."""
    attach_to_roles: NotRequired[list[str]]
    """The names of existing roles to attach the managed policies to. Default: none."""
    attach_to_users: NotRequired[list[str]]
    """The names of existing users to attach the managed policies to. Default: none."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the managed policies, at most 40; the library adds three to identify its own policy. Default: none."""


class OperatorPolicy(Component):
    """The IAM policy that allows what `preview`, `up`, `refresh` and `destroy` of these resources do, and no more.

    It is computed from the API calls of the resources. Each action is limited to the buckets, roles, keys, account and
    Regions of the arguments, as far as AWS supports it. Deploy it with a stack and credentials of its own, because it
    grants the permissions that the other stack needs. Account and partition are those of the aws provider.
    """

    policy: pulumi.Output[str]
    """The whole policy document as JSON."""
    policies: pulumi.Output[list[str]]
    """The same as JSON documents that IAM accepts as managed policies: one, or several if it is too large."""
    policy_arn: pulumi.Output[str | None]
    """The ARN of the first managed policy, available once it is attached; None without policy_name."""
    policy_arns: pulumi.Output[list[str]]
    """The ARNs of all managed policies, available once they are attached; empty without policy_name."""

    @overload
    def __init__(
        self, resource_name: str, args: OperatorPolicyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[OperatorPolicyArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: OperatorPolicyArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__("vmimport:index:OperatorPolicy", resource_name, args, opts, **kwargs)

    def _declare(self, name: str, args: OperatorPolicyArgs) -> None:
        inputs = CheckedInputs(self, name, args, OperatorPolicyArgs, argument_problems)
        document = self._document(inputs)
        parts = self._parts(inputs, document)
        self.policy = document.apply(_as_json)
        self.policies = parts.apply(lambda documents: [_as_json(part) for part in documents])
        self.policy_arn, self.policy_arns = pulumi.Output.from_input(None), pulumi.Output.from_input([])
        if inputs.is_given("policy_name"):
            first = self._managed(name, 1, inputs, args)

            def declare_others(documents: list[str]) -> Any:
                numbers = range(2, len(documents) + 1)
                return pulumi.Output.all(first, *(self._managed(name, number, inputs, args) for number in numbers))

            self.policy_arn, self.policy_arns = first, self.policies.apply(declare_others)
        self.register_outputs(
            {
                "policy": self.policy,
                "policies": self.policies,
                "policyArn": self.policy_arn,
                "policyArns": self.policy_arns,
            }
        )

    def _document(self, inputs: CheckedInputs) -> pulumi.Output[Document]:
        values = {name: inputs.get(name) for name in ("resources", "preset", *_SCOPE_ARGS)}
        place = {"partition": partition_of(self), "account_id": account_of(self), "region": region_of(self)}
        together: pulumi.Output[dict[str, Any]] = pulumi.Output.all(**values, **place)
        return together.apply(_document_of)

    def _parts(self, inputs: CheckedInputs, document: pulumi.Output[Document]) -> pulumi.Output[list[Document]]:
        """The document, split as far as IAM requires for managed policies."""
        is_managed = inputs.is_given("policy_name")

        def split(known: list[Any]) -> list[Document]:
            parts, policy_name = managed_policies(known[0]), known[1]
            problems = list(managed_policy_problems(parts, policy_name))
            if problems and is_managed:
                raise InvalidInputsError(inputs.component, problems)
            for problem in problems:
                pulumi.log.warn(f"{problem.path}: {problem.reason}", resource=self)
            if len(parts) > _MOST_ATTACHED:
                pulumi.log.warn(
                    f"the policy is split into {len(parts)} managed policies, and the default quota of a role or user "
                    f"is {_MOST_ATTACHED}; name fewer buckets, roles and Regions, or have the quota increased",
                    resource=self,
                )
            return parts

        return pulumi.Output.all(document, inputs.get("policy_name")).apply(split)

    def _managed(
        self, name: str, number: int, inputs: CheckedInputs, args: OperatorPolicyArgs
    ) -> pulumi.Output[str | None]:
        """The ARN of one of the managed policies, which it declares with its attachments."""
        policy_name = inputs.get("policy_name").apply(lambda known: name_of_policy(known, number))
        child = pulumi.ResourceOptions(parent=self)
        tags = pulumi.Output.all(inputs.get("tags", default={}), identity_of(self)).apply(
            lambda v: {**v[0], **v[1].owner_tags}
        )
        label = name if number == 1 else f"{name}-policy-{number}"

        def declare(leftover: str | None) -> aws.iam.Policy:
            return aws.iam.Policy(
                label,
                name=policy_name,
                description="What `pulumi up` of pulumi-vmimport needs",
                policy=self.policies.apply(lambda documents: documents[number - 1]),
                tags=tags,
                opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(import_=leftover)),
            )

        created: pulumi.Output[Any] = declare_or_import(leftover_policy(self, policy_name), declare)
        arn: pulumi.Output[str] = created.apply(lambda policy: policy.arn)
        attachments: list[pulumi.CustomResource] = [
            *(
                aws.iam.RolePolicyAttachment(f"{label}-role-{role}", role=role, policy_arn=arn, opts=child)
                for role in args.get("attach_to_roles") or ()
            ),
            *(
                aws.iam.UserPolicyAttachment(f"{label}-user-{user}", user=user, policy_arn=arn, opts=child)
                for user in args.get("attach_to_users") or ()
            ),
        ]
        return pulumi.Output.all(arn, *(each.urn for each in attachments)).apply(lambda ready: ready[0])


def _as_json(document: Document) -> str:
    return json.dumps(document, indent=2)


def _document_of(known: Values) -> Document:
    scope = _scope(known)
    if known["preset"] is not None:
        return guide_policy(scope)
    kinds = operator_kinds()
    return operator_policy((needed for name in known["resources"] for needed in kinds[name]), scope)


def _scope(known: Values) -> PolicyScope:
    return PolicyScope(
        partition=known["partition"],
        account_id=known["account_id"],
        regions=tuple(known["regions"] or [known["region"]]),
        buckets=tuple(known["buckets"] or ()),
        role_names=tuple(known["role_names"] or (DEFAULT_ROLE,)),
        kms_key_arns=tuple(known["kms_key_arns"] or ()),
    )
