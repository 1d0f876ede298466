"""The call of getServiceRoleProblems."""

from collections.abc import Iterator

from pulumi_vmimport.functions.get_service_role_problems import (
    GetServiceRoleProblemsInputs,
    GetServiceRoleProblemsResult,
)
from pulumi_vmimport.lifecycle.contract import Problem, Run
from pulumi_vmimport.lifecycle.function import Function, region_problem
from pulumi_vmimport.resources.rules.role_names import role_name_problems
from pulumi_vmimport.resources.rules.service_role_access import RequiredAccess
from pulumi_vmimport.resources.rules.service_role_rules import assess_role


class GetServiceRoleProblems(Function[GetServiceRoleProblemsInputs, GetServiceRoleProblemsResult]):
    """The checks of a preview, for any role and any buckets and keys."""

    inputs_type = GetServiceRoleProblemsInputs
    result_type = GetServiceRoleProblemsResult

    def check(self, inputs: GetServiceRoleProblemsInputs) -> Iterator[Problem]:
        yield from region_problem(inputs)
        yield from role_name_problems(inputs.role_name)

    def call(self, run: Run, inputs: GetServiceRoleProblemsInputs) -> GetServiceRoleProblemsResult:
        access = RequiredAccess(
            import_buckets=inputs.import_buckets,
            import_objects=[(each.bucket, each.key) for each in inputs.import_objects],
            export_buckets=inputs.export_buckets,
            kms_key_arns=inputs.kms_key_arns,
            license_manager=inputs.license_manager,
        )
        assessment = assess_role(run, inputs.role_name, access, fresh=True)
        return GetServiceRoleProblemsResult(
            role_name=inputs.role_name,
            role_arn=assessment.role_arn,
            is_sufficient=not assessment.problems,
            problems=assessment.problems,
            doubts=assessment.doubts,
        )
