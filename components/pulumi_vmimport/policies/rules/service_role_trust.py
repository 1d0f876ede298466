"""The service role trusts VM Import/Export only with the external ID."""

from collections.abc import Iterator

from pulumi_vmimport.aws.iam.iam_documents import EXTERNAL_ID, SERVICE_PRINCIPAL
from pulumi_vmimport.aws.iam.policy_conditions import conditions_hold
from pulumi_vmimport.aws.iam.policy_statements import Document, statements
from pulumi_vmimport.policies.policy_documents import document, principals
from pulumi_vmimport.policies.rule import Enforcement, Finding, Rule, Settings, Severity
from pulumi_vmimport.policies.stack_facts import ROLE, StackFacts

_ANOTHER_ID = {"sts:externalid": f"not-{EXTERNAL_ID}"}


def _findings(stack: StackFacts, settings: Settings) -> Iterator[Finding]:
    del settings
    for role in stack.of_type(ROLE):
        trust = document(role.get("assumeRolePolicy"))
        if trust is not None and _trusts_any_id(trust):
            yield Finding(
                role,
                f"{role.label}: the trust policy lets {SERVICE_PRINCIPAL} assume the role without the external ID; "
                f'add "Condition": {{"StringEquals": {{"sts:Externalid": "{EXTERNAL_ID}"}}}}',
            )


def _trusts_any_id(trust: Document) -> bool:
    """Whether VM Import/Export can certainly assume the role with another external ID."""
    about = [s for s in statements(trust) if {SERVICE_PRINCIPAL, "*"} & {*principals(s, "Service")}]
    allowed = any(s["Effect"] == "Allow" and conditions_hold(s, _ANOTHER_ID) for s in about)
    may_deny = any(s["Effect"] == "Deny" and conditions_hold(s, _ANOTHER_ID) is not False for s in about)
    return allowed and not may_deny and any(SERVICE_PRINCIPAL in principals(s, "Service") for s in about)


RULE = Rule(
    id="service-role-external-id",
    title="The trust policy of the VM Import/Export service role requires the external ID.",
    severity=Severity.HIGH,
    enforcement=Enforcement.ADVISORY,
    remediation="Use `VmimportRole`, or add the condition `sts:Externalid` equals vmimport to the trust policy.",
    doc=(
        "VM Import/Export sends the external ID vmimport when it assumes the role; without the condition, the trust "
        "policy is wider than the one that AWS documents. The rule reports a role whose trust policy allows "
        "`vmie.amazonaws.com` with any external ID. It reports nothing if another condition, such as "
        "`aws:SourceAccount`, restricts the statement."
    ),
    sources=(
        "https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    ),
    findings=_findings,
)
