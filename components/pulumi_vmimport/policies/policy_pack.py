"""The rules as policies of pulumi-policy, and the pack that serves them to the engine.

Source: https://www.pulumi.com/docs/iac/crossguard/
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi_vmimport.lifecycle.unknown import UNKNOWN
from pulumi_vmimport.policies.rule import Rule
from pulumi_vmimport.policies.rule_catalog import RULES
from pulumi_vmimport.policies.stack_facts import StackFacts, StackResource

try:
    from pulumi_policy import (
        EnforcementLevel,
        PolicyConfigSchema,
        PolicyPack,
        PolicyResource,
        ReportViolation,
        StackValidationArgs,
        StackValidationPolicy,
    )
    from pulumi_policy import Severity as PolicySeverity
    from pulumi_policy.proxy import UnknownValueError
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("pulumi-policy is not installed; run: pip install pulumi-policy") from error

PACK_NAME = "pulumi-vmimport"
_PAGE = "https://github.com/pulumi-vmimport/pulumi-vmimport/blob/main/docs/policies.md"


def policies() -> list[StackValidationPolicy]:
    """The rules, for a policy pack of your own."""
    return [_policy(rule) for rule in RULES]


def serve() -> None:
    """Serve the rules to the engine until it ends this process: the program of a policy pack."""
    PolicyPack(PACK_NAME, [*policies()], description="Guard rails for imported, shared and distributed AMIs")


def _policy(rule: Rule) -> StackValidationPolicy:
    return StackValidationPolicy(
        name=rule.id,
        description=rule.title,
        validate=_validation(rule),
        enforcement_level=EnforcementLevel(rule.enforcement.value),
        severity=PolicySeverity(rule.severity.value),
        config_schema=PolicyConfigSchema({k: dict(v) for k, v in rule.settings.items()}) if rule.settings else None,
        remediation_steps=rule.remediation,
        url=f"{_PAGE}#{rule.id}",
    )


def _validation(rule: Rule) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = StackFacts(tuple(map(_resource, args.resources)))
        for finding in rule.findings(stack, args.get_config()):
            report(finding.message, finding.resource.urn)

    return validate


def _resource(resource: PolicyResource) -> StackResource:
    return StackResource(
        type=resource.resource_type,
        urn=resource.urn,
        name=resource.name,
        properties=_known(resource.props),
        dependencies={k: tuple(d.urn for d in found) for k, found in resource.property_dependencies.items()},
        provider_region=_known(resource.provider.props).get("region") if resource.provider else None,
        is_protected=resource.opts.protect,
    )


def _known(value: Any) -> Any:
    """A value without the proxies of pulumi-policy, which raise an error where they meet an unknown value."""
    if isinstance(value, Mapping):
        return {key: _member(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_member(value, index) for index in range(len(value))]
    return value


def _member(container: Any, key: Any) -> Any:
    try:
        return _known(container[key])
    except UnknownValueError:
        return UNKNOWN
