"""A function of the provider (a data source): it reads AWS, vSphere or this package's tables and changes nothing.

Like a lifecycle, a function is a plain class over two frozen dataclasses, its inputs and its result. It does not depend
on Pulumi: the host converts the property bags and passes a Run.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.lifecycle.contract import Problem, Run

InputsT = TypeVar("InputsT")
ResultT = TypeVar("ResultT")


class FunctionError(VmimportError):
    """A function has no result, such as for an id that does not exist. The message has the cause and the remedy."""


@dataclass(frozen=True, kw_only=True)
class AwsFunctionInputs:
    """The inputs that every function of AWS has."""

    region: str | None = None
    """The Region to read. Default: that of the explicit provider, else that of the stack's configuration, else that of
    the environment or the profile."""
    profile: str | None = None
    """The profile of the shared AWS files to use. Default: the credentials of the explicit provider, else those of the
    stack."""
    assume_role_arn: str | None = None
    """The ARN of a role to assume. Default: the roles of the explicit provider, else those of the stack, if any."""


class Function(ABC, Generic[InputsT, ResultT]):
    """Returns a result for inputs, all of which are known."""

    inputs_type: ClassVar[type[Any]]
    result_type: ClassVar[type[Any]]
    uses_aws: ClassVar[bool] = True
    """Whether the function reads AWS. For any other function, the host looks up neither Region nor account."""

    def check(self, inputs: InputsT) -> Iterator[Problem]:
        """Yield every problem of the inputs alone. Makes no call and never raises."""
        del inputs
        return iter(())

    @abstractmethod
    def call(self, run: Run, inputs: InputsT) -> ResultT:
        """The result. `run` records nothing.

        Raises: FunctionError if there is no result, and the errors of AWS and vSphere.
        """


def region_problem(inputs: AwsFunctionInputs) -> Iterator[Problem]:
    """The problem of inputs for which no Region is configured."""
    if inputs.region is None:
        yield Problem("region", "no Region is set; set region, aws:region in the stack's configuration, or AWS_REGION")
