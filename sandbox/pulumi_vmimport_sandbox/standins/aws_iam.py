"""IAM roles and their inline policies."""

import json
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from .aws_client import Aws
from .aws_shapes import from_tags, to_tags
from .resource_kind import Rejected, ResourceKind
from .values import UNKNOWN, Properties

_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}")
_PATH = re.compile(r"/|/[\x21-\x7e]*/")  # the message is that of IAM, see create
_SESSION_SECONDS = range(3600, 43201)
_DESCRIPTION_LENGTH = 1000


class Role(ResourceKind[Aws]):
    """aws:iam/role:Role."""

    inputs = frozenset(
        {"assumeRolePolicy", "description", "forceDetachPolicies", "maxSessionDuration", "name", "path"}
        | {"permissionsBoundary", "tags"}
    )
    required = frozenset({"assumeRolePolicy"})
    identity_inputs = frozenset({"name"})
    replaces = frozenset({"name", "path"})
    auto_name = "name"
    defaults: ClassVar = {
        "description": None,
        "maxSessionDuration": 3600,
        "path": "/",
        "permissionsBoundary": None,
        "tags": None,
    }
    write_only = frozenset({"forceDetachPolicies"})
    outputs: ClassVar = {"description": "", "forceDetachPolicies": False, "namePrefix": ""}
    refreshed: ClassVar = {"tags": {}}

    _parameters: ClassVar = {
        "assumeRolePolicy": "AssumeRolePolicyDocument",
        "description": "Description",
        "maxSessionDuration": "MaxSessionDuration",
        "name": "RoleName",
        "path": "Path",
        "permissionsBoundary": "PermissionsBoundary",
    }

    def problems(self, olds: Properties, news: Properties) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        known = {name: value for name, value in news.items() if value != UNKNOWN}
        name, seconds = known.get("name", "role"), known.get("maxSessionDuration", _SESSION_SECONDS[0])
        if not _ROLE_NAME.fullmatch(name):
            yield "name", f"expected 1 to 64 of A-Z, a-z, 0-9 and _+=,.@-, got {name!r}"
        if seconds not in _SESSION_SECONDS:
            reason = f"expected max_session_duration to be in the range (3600 - 43200), got {seconds}"
            yield "maxSessionDuration", reason
        if (length := len(known.get("description") or "")) > _DESCRIPTION_LENGTH:
            yield "description", f"expected length of description to be in the range (0 - 1000), got {length}"
        if not _is_json(known.get("assumeRolePolicy", "{}")):
            yield "assumeRolePolicy", '"assume_role_policy" contains an invalid JSON policy'
        if not str(known.get("permissionsBoundary") or "arn:").startswith("arn:"):
            boundary = known["permissionsBoundary"]
            yield "permissionsBoundary", f'"permissions_boundary" ({boundary}) is an invalid ARN: arn: invalid prefix'

    def create(self, service: Aws, inputs: Properties) -> str:
        if not _PATH.fullmatch(inputs.get("path", "/")):
            raise Rejected(
                "CreateRole: ValidationError: The specified value for path is invalid. It must begin and end with / "
                "and contain only alphanumeric characters and/or / characters."
            )
        params = {member: inputs[name] for name, member in self._parameters.items() if name in inputs}
        service.call("iam", "CreateRole", **params, Tags=to_tags(inputs.get("tags") or {}))
        return str(inputs["name"])

    def read(self, service: Aws, id: str, state: Properties) -> Properties:  # noqa: ARG002
        return {
            **describe_role(service, id),
            "inlinePolicies": _inline_policies(service, id),
            "managedPolicyArns": _managed_policies(service, id),
        }

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:  # noqa: ARG002
        live = self.read(service, id, news)
        service.call(
            "iam",
            "UpdateRole",
            RoleName=id,
            Description=news.get("description", ""),
            MaxSessionDuration=news.get("maxSessionDuration", self.defaults["maxSessionDuration"]),
        )
        service.call("iam", "UpdateAssumeRolePolicy", RoleName=id, PolicyDocument=news["assumeRolePolicy"])
        if boundary := news.get("permissionsBoundary"):
            service.call("iam", "PutRolePermissionsBoundary", RoleName=id, PermissionsBoundary=boundary)
        elif live["permissionsBoundary"]:
            service.call("iam", "DeleteRolePermissionsBoundary", RoleName=id)
        tags = news.get("tags") or {}
        if stale := sorted(live["tagsAll"].keys() - tags.keys()):
            service.call("iam", "UntagRole", RoleName=id, TagKeys=stale)
        if tags:
            service.call("iam", "TagRole", RoleName=id, Tags=to_tags(tags))

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        # The real provider also deletes the policies that a refresh has recorded.
        if state.get("forceDetachPolicies") or state.get("inlinePolicies"):
            for policy in _inline_policies(service, id):
                service.call("iam", "DeleteRolePolicy", RoleName=id, PolicyName=policy["name"])
        if state.get("forceDetachPolicies") or state.get("managedPolicyArns"):
            for arn in _managed_policies(service, id):
                service.call("iam", "DetachRolePolicy", RoleName=id, PolicyArn=arn)
        service.call("iam", "DeleteRole", RoleName=id)


def describe_role(service: Aws, name: str) -> Properties:
    """The properties of a role without its policies."""
    role = service.call("iam", "GetRole", RoleName=name)["Role"]
    tags = from_tags(role.get("Tags", []))
    return {
        "name": name,
        "arn": role["Arn"],
        "uniqueId": role["RoleId"],
        "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),  # botocore returns it parsed
        "description": role.get("Description"),
        "maxSessionDuration": role.get("MaxSessionDuration", 3600),
        "path": role["Path"],
        "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "tags": tags or None,
        "tagsAll": tags,
    }


def _inline_policies(service: Aws, role: str) -> list[dict[str, str]]:
    names = service.call("iam", "ListRolePolicies", RoleName=role)["PolicyNames"]
    found = (service.call("iam", "GetRolePolicy", RoleName=role, PolicyName=name) for name in names)
    return [{"name": policy["PolicyName"], "policy": json.dumps(policy["PolicyDocument"])} for policy in found]


def _managed_policies(service: Aws, role: str) -> list[str]:
    listed = service.call("iam", "ListAttachedRolePolicies", RoleName=role)["AttachedPolicies"]
    return [policy["PolicyArn"] for policy in listed]


def _is_json(text: Any) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


class RolePolicy(ResourceKind[Aws]):
    """aws:iam/rolePolicy:RolePolicy."""

    inputs = frozenset({"name", "policy", "role"})
    required = frozenset({"policy", "role"})
    identity_inputs = frozenset({"name", "role"})
    replaces = frozenset({"name", "role"})
    auto_name = "name"

    def create(self, service: Aws, inputs: Properties) -> str:
        self._put(service, inputs)
        return f"{inputs['role']}:{inputs['name']}"

    def read(self, service: Aws, id: str, state: Properties) -> Properties:  # noqa: ARG002
        role, name = id.split(":", 1)
        found = service.call("iam", "GetRolePolicy", RoleName=role, PolicyName=name)
        return {"role": role, "name": name, "policy": json.dumps(found["PolicyDocument"])}

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:  # noqa: ARG002
        self._put(service, news)

    def delete(self, service: Aws, id: str, state: Properties) -> None:  # noqa: ARG002
        role, name = id.split(":", 1)
        service.call("iam", "DeleteRolePolicy", RoleName=role, PolicyName=name)

    def _put(self, service: Aws, inputs: Properties) -> None:
        role, name, policy = inputs["role"], inputs["name"], inputs["policy"]
        service.call("iam", "PutRolePolicy", RoleName=role, PolicyName=name, PolicyDocument=policy)
