"""Managed IAM policies and their attachments."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from .aws_client import Aws
from .aws_shapes import from_tags, to_tags
from .function_arguments import accepts
from .resource_kind import NotFound, Rejected, ResourceKind
from .values import Properties

# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MOST_VERSIONS = 5


class Policy(ResourceKind[Aws]):
    """aws:iam/policy:Policy."""

    inputs = frozenset({"description", "name", "path", "policy", "tags"})
    required = frozenset({"policy"})
    identity_inputs = frozenset({"name"})
    replaces = frozenset({"description", "name", "path"})
    auto_name = "name"
    defaults: ClassVar = {"description": None, "path": "/", "tags": None}
    outputs: ClassVar = {"description": "", "namePrefix": ""}

    def create(self, service: Aws, inputs: Properties) -> str:
        members = {"description": "Description", "name": "PolicyName", "path": "Path", "policy": "PolicyDocument"}
        params = {member: inputs[name] for name, member in members.items() if name in inputs}
        created = service.call("iam", "CreatePolicy", **params, Tags=to_tags(inputs.get("tags") or {}))
        return str(created["Policy"]["Arn"])

    def read(self, service: Aws, id: str, state: Properties) -> Properties:  # noqa: ARG002
        return describe_policy(service, id)

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:
        if olds.get("policy") != news["policy"]:
            versions = service.call("iam", "ListPolicyVersions", PolicyArn=id)["Versions"]
            if len(versions) >= _MOST_VERSIONS:
                oldest = min((v for v in versions if not v["IsDefaultVersion"]), key=lambda v: v["CreateDate"])
                service.call("iam", "DeletePolicyVersion", PolicyArn=id, VersionId=oldest["VersionId"])
            service.call("iam", "CreatePolicyVersion", PolicyArn=id, PolicyDocument=news["policy"], SetAsDefault=True)
        live, tags = describe_policy(service, id)["tagsAll"], news.get("tags") or {}
        if stale := sorted(live.keys() - tags.keys()):
            service.call("iam", "UntagPolicy", PolicyArn=id, TagKeys=stale)
        if tags:
            service.call("iam", "TagPolicy", PolicyArn=id, Tags=to_tags(tags))

    def delete(self, service: Aws, id: str, state: Properties) -> None:  # noqa: ARG002
        for version in service.call("iam", "ListPolicyVersions", PolicyArn=id)["Versions"]:
            if not version["IsDefaultVersion"]:
                service.call("iam", "DeletePolicyVersion", PolicyArn=id, VersionId=version["VersionId"])
        service.call("iam", "DeletePolicy", PolicyArn=id)


def describe_policy(service: Aws, arn: str) -> Properties:
    """The properties of a managed policy."""
    found = service.call("iam", "GetPolicy", PolicyArn=arn)["Policy"]
    version = service.call("iam", "GetPolicyVersion", PolicyArn=arn, VersionId=found["DefaultVersionId"])
    document = version["PolicyVersion"]["Document"]
    tags = from_tags(found.get("Tags", []))
    return {
        "arn": arn,
        "attachmentCount": found["AttachmentCount"],
        "description": found.get("Description") or None,
        "name": found["PolicyName"],
        "path": found["Path"],
        "policy": document if isinstance(document, str) else json.dumps(document),
        "policyId": found["PolicyId"],
        "tags": tags or None,
        "tagsAll": tags,
    }


@accepts("arn")
def policy(service: Aws, args: Properties) -> Properties:
    """aws:iam/getPolicy:getPolicy, by the policy's ARN."""
    try:
        found = describe_policy(service, args["arn"])
    except NotFound as gone:
        raise Rejected(f"reading IAM policy ({args['arn']}): {gone}") from gone
    return {"id": args["arn"], **found}


@dataclass(frozen=True)
class _Target:
    """What a policy is attached to: the input that names it, the member of the API, and the calls."""

    input: str
    member: str
    noun: str


class _Attachment(ResourceKind[Aws]):
    """The attachment of one policy."""

    target: ClassVar[_Target]

    def create(self, service: Aws, inputs: Properties) -> str:
        self._call(service, "Attach", inputs)
        return f"{inputs[self.target.input]}/{inputs['policyArn']}"

    def read(self, service: Aws, id: str, state: Properties) -> Properties:  # noqa: ARG002
        name, _, arn = id.partition("/")
        listed = service.call("iam", f"ListAttached{self.target.noun}Policies", **{self.target.member: name})
        if arn not in [attached["PolicyArn"] for attached in listed["AttachedPolicies"]]:
            raise NotFound(f"policy {arn} is not attached to {name}")
        return {self.target.input: name, "policyArn": arn}

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:
        """Do nothing: every change replaces the attachment."""

    def delete(self, service: Aws, id: str, state: Properties) -> None:  # noqa: ARG002
        name, _, arn = id.partition("/")
        self._call(service, "Detach", {self.target.input: name, "policyArn": arn})

    def _call(self, service: Aws, verb: str, inputs: Properties) -> None:
        named: dict[str, Any] = {self.target.member: inputs[self.target.input], "PolicyArn": inputs["policyArn"]}
        service.call("iam", f"{verb}{self.target.noun}Policy", **named)


class RolePolicyAttachment(_Attachment):
    """aws:iam/rolePolicyAttachment:RolePolicyAttachment."""

    inputs = required = identity_inputs = replaces = frozenset({"policyArn", "role"})
    target = _Target("role", "RoleName", "Role")


class UserPolicyAttachment(_Attachment):
    """aws:iam/userPolicyAttachment:UserPolicyAttachment."""

    inputs = required = identity_inputs = replaces = frozenset({"policyArn", "user"})
    target = _Target("user", "UserName", "User")
