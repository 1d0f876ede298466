"""IAM roles and their inline policies."""

import json
from typing import ClassVar

from .aws_client import Aws
from .aws_shapes import from_tags, to_tags
from .resource_kind import ResourceKind
from .values import Properties


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

    _parameters: ClassVar = {
        "assumeRolePolicy": "AssumeRolePolicyDocument",
        "description": "Description",
        "maxSessionDuration": "MaxSessionDuration",
        "name": "RoleName",
        "path": "Path",
        "permissionsBoundary": "PermissionsBoundary",
    }

    def create(self, service: Aws, inputs: Properties) -> str:
        params = {member: inputs[name] for name, member in self._parameters.items() if name in inputs}
        service.call("iam", "CreateRole", **params, Tags=to_tags(inputs.get("tags") or {}))
        return str(inputs["name"])

    def read(self, service: Aws, id: str, state: Properties) -> Properties:  # noqa: ARG002
        role = service.call("iam", "GetRole", RoleName=id)["Role"]
        tags = from_tags(role.get("Tags", []))
        return {
            "name": id,
            "arn": role["Arn"],
            "uniqueId": role["RoleId"],
            "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),  # botocore returns it parsed
            "description": role.get("Description"),
            "maxSessionDuration": role.get("MaxSessionDuration", 3600),
            "path": role["Path"],
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "tags": tags,
            "tagsAll": tags,
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
        if stale := sorted(live["tags"].keys() - tags.keys()):
            service.call("iam", "UntagRole", RoleName=id, TagKeys=stale)
        if tags:
            service.call("iam", "TagRole", RoleName=id, Tags=to_tags(tags))

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        if state.get("forceDetachPolicies"):
            for name in service.call("iam", "ListRolePolicies", RoleName=id)["PolicyNames"]:
                service.call("iam", "DeleteRolePolicy", RoleName=id, PolicyName=name)
            for policy in service.call("iam", "ListAttachedRolePolicies", RoleName=id)["AttachedPolicies"]:
                service.call("iam", "DetachRolePolicy", RoleName=id, PolicyArn=policy["PolicyArn"])
        service.call("iam", "DeleteRole", RoleName=id)


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
