"""The roles that the configuration assumes, with the members of the requests to AWS STS.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html,
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from dataclasses import dataclass, field
from typing import Any

from pulumi_vmimport.aws.configuration.value_reader import ValueReader

_SESSION_NAME = "pulumi-vmimport"
_SHORTEST, _LONGEST = 15 * 60, 12 * 3600
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
_LONGEST_IN_CHAIN = 3600
_SESSION_KEYS = frozenset({"roleArn", "sessionName", "duration", "policy", "policyArns"})
ROLE_KEYS = _SESSION_KEYS | {"externalId", "tags", "transitiveTagKeys", "sourceIdentity"}
"""The keys of an entry of assumeRoles."""
WEB_IDENTITY_KEYS = _SESSION_KEYS | {"webIdentityToken", "webIdentityTokenFile"}
"""The keys of assumeRoleWithWebIdentity."""


@dataclass(frozen=True)
class AssumedRole:
    """A role and the properties of its session."""

    role_arn: str
    session_name: str = _SESSION_NAME
    duration_seconds: int | None = None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    external_id: str | None = field(default=None, repr=False)
    tags: tuple[tuple[str, str], ...] = ()
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None

    def members(self) -> dict[str, Any]:
        """The members of the request, except RoleArn. Absent ones have AWS's defaults."""
        return {
            "RoleSessionName": self.session_name,
            **({"DurationSeconds": self.duration_seconds} if self.duration_seconds else {}),
            **({"Policy": self.policy} if self.policy else {}),
            **({"PolicyArns": [{"arn": arn} for arn in self.policy_arns]} if self.policy_arns else {}),
            **({"ExternalId": self.external_id} if self.external_id else {}),
            **({"Tags": [{"Key": key, "Value": value} for key, value in self.tags]} if self.tags else {}),
            **({"TransitiveTagKeys": list(self.transitive_tag_keys)} if self.transitive_tag_keys else {}),
            **({"SourceIdentity": self.source_identity} if self.source_identity else {}),
        }


@dataclass(frozen=True)
class WebIdentity:
    """A role that is assumed with an OpenID Connect token."""

    role: AssumedRole
    token: str | None = field(default=None, repr=False)
    token_file: str | None = None


def read_roles(values: ValueReader, key: str) -> tuple[AssumedRole, ...]:
    """The roles of a list, in the order in which they are assumed."""
    roles = []
    for number, entry in enumerate(values.structures(key)):
        entry.only(ROLE_KEYS)
        roles.append(_read_role(entry, in_chain=number > 0))
    return tuple(roles)


def read_web_identity(values: ValueReader, key: str) -> WebIdentity | None:
    """The role to assume with a token."""
    entry = values.structure(key)
    if entry is None:
        return None
    entry.only(WEB_IDENTITY_KEYS)
    found = WebIdentity(
        _read_role(entry, in_chain=False), entry.text("webIdentityToken"), entry.file("webIdentityTokenFile")
    )
    if (found.token is None) is (found.token_file is None):
        entry.problem("webIdentityToken", "expected either webIdentityToken or webIdentityTokenFile")
    return found


def _read_role(entry: ValueReader, *, in_chain: bool) -> AssumedRole:
    arn = entry.text("roleArn")
    if arn is None:
        entry.problem("roleArn", "expected the ARN of a role, got none")
    return AssumedRole(
        role_arn=arn or "",
        session_name=entry.text("sessionName") or _SESSION_NAME,
        duration_seconds=entry.seconds("duration", _SHORTEST, _LONGEST_IN_CHAIN if in_chain else _LONGEST),
        policy=entry.text("policy"),
        policy_arns=entry.texts("policyArns"),
        external_id=entry.text("externalId"),
        tags=entry.mapping("tags"),
        transitive_tag_keys=entry.texts("transitiveTagKeys"),
        source_identity=entry.text("sourceIdentity"),
    )
