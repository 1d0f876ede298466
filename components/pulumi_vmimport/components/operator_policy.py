"""OperatorPolicy: the least-privilege IAM policy of the person or pipeline that runs `pulumi up`.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

import json
from typing import Any, Literal, NotRequired, TypedDict, Unpack, overload

import pulumi
import pulumi_aws as aws

from pulumi_vmimport.aws.iam.iam_documents import Document
from pulumi_vmimport.aws.permissions.operator_statements import PolicyScope, guide_policy, operator_policy
from pulumi_vmimport.components.component_base import CheckedInputs, Component, InvalidInputsError, Values
from pulumi_vmimport.components.leftovers import declare_or_import, identity_of, leftover_policy
from pulumi_vmimport.components.operator_kinds import operator_kinds
from pulumi_vmimport.components.operator_policy_rules import argument_problems, size_problem
from pulumi_vmimport.components.provider_lookups import account_of, partition_of, region_of
from pulumi_vmimport.resources.rules.role_names import DEFAULT_ROLE

_SCOPE_ARGS = ("buckets", "regions", "role_names", "kms_key_arns")


class OperatorPolicyArgs(TypedDict):
    """The arguments of OperatorPolicy: `resources` or `preset`, and what the policy is limited to."""

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
    """Create a managed policy of this name. Whether it is set must be known. Default: none; the output `policy`
    contains the document."""
    attach_to_roles: NotRequired[list[str]]
    """The names of existing roles to attach the managed policy to. Default: none."""
    attach_to_users: NotRequired[list[str]]
    """The names of existing users to attach the managed policy to. Default: none."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the managed policy, at most 40; the library adds three to identify its own policy. Default: none."""


class OperatorPolicy(Component):
    """The IAM policy that allows what `preview`, `up`, `refresh` and `destroy` of these resources do, and no more.

    It is computed from the API calls of the resources. Each action is limited to the buckets, roles, keys, account and
    Regions of the arguments, as far as AWS supports it. Deploy it with a stack and credentials of its own, because it
    grants the permissions that the other stack needs. Account and partition are those of the aws provider.
    """

    policy: pulumi.Output[str]
    """The policy document as JSON."""
    policy_arn: pulumi.Output[str | None]
    """The ARN of the managed policy, available once the policy is attached; None without policy_name."""

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
        self.policy = self._document(inputs).apply(lambda document: json.dumps(document, indent=2))
        self.policy_arn = pulumi.Output.from_input(None)
        if inputs.is_given("policy_name"):
            self.policy_arn = self._managed(name, inputs, args)
        self.register_outputs({"policy": self.policy, "policyArn": self.policy_arn})

    def _document(self, inputs: CheckedInputs) -> pulumi.Output[Document]:
        values = {name: inputs.get(name) for name in ("resources", "preset", *_SCOPE_ARGS)}
        place = {"partition": partition_of(self), "account_id": account_of(self), "region": region_of(self)}
        is_managed = inputs.is_given("policy_name")

        def document(known: Values) -> Document:
            made = _document_of(known)
            if problem := size_problem(made, list(known["resources"] or ()), _scope(known)):
                if is_managed:
                    raise InvalidInputsError(inputs.component, [problem])
                pulumi.log.warn(f"{problem.path}: {problem.reason}", resource=self)
            return made

        together: pulumi.Output[dict[str, Any]] = pulumi.Output.all(**values, **place)
        return together.apply(document)

    def _managed(self, name: str, inputs: CheckedInputs, args: OperatorPolicyArgs) -> pulumi.Output[str | None]:
        policy_name, child = inputs.get("policy_name"), pulumi.ResourceOptions(parent=self)
        tags = pulumi.Output.all(inputs.get("tags", default={}), identity_of(self)).apply(
            lambda v: {**v[0], **v[1].owner_tags}
        )

        def declare(leftover: str | None) -> aws.iam.Policy:
            return aws.iam.Policy(
                name,
                name=policy_name,
                description="What `pulumi up` of pulumi-vmimport needs",
                policy=self.policy,
                tags=tags,
                opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(import_=leftover)),
            )

        created: pulumi.Output[Any] = declare_or_import(leftover_policy(self, policy_name), declare)
        arn: pulumi.Output[str] = created.apply(lambda policy: policy.arn)
        attachments: list[pulumi.CustomResource] = [
            *(
                aws.iam.RolePolicyAttachment(f"{name}-role-{role}", role=role, policy_arn=arn, opts=child)
                for role in args.get("attach_to_roles") or ()
            ),
            *(
                aws.iam.UserPolicyAttachment(f"{name}-user-{user}", user=user, policy_arn=arn, opts=child)
                for user in args.get("attach_to_users") or ()
            ),
        ]
        return pulumi.Output.all(arn, *(each.urn for each in attachments)).apply(lambda ready: ready[0])


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
