"""Calls of functions against the sandbox's AWS, as a host makes them: from property bag to property bag.

While a function runs, the sandbox allows only the actions of its row in the catalog.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.resources.conftest import (  # noqa: F401 - fixtures
    FakeRun,
    aws,
    bucket,
    connection,
    new_run,
    raw_disk,
    role,
    run,
    running_aws,
)

from pulumi_vmimport.functions.catalog import FUNCTIONS, function_of
from pulumi_vmimport.lifecycle.property_bag import read_bag, write_bag

REGION = "eu-west-1"
_ACTIONS = {entry.name: [*entry.actions, "sts:GetCallerIdentity"] for entry in FUNCTIONS}


@pytest.fixture
def call(run: FakeRun) -> Callable[..., Any]:  # noqa: F811 - the fixture
    """Calls a function with the inputs of a bag; returns the bag of the result."""

    def call_function(name: str, **bag: Any) -> Any:
        function = function_of(name)
        given = {"region": REGION, **bag} if function.uses_aws else bag
        inputs, problems = read_bag(function.inputs_type, given)
        assert [*problems, *function.check(inputs)] == []
        statement = {"Effect": "Allow", "Action": _ACTIONS[name], "Resource": "*"}
        with run.sandbox.permissions.limited_to({"Version": "2012-10-17", "Statement": [statement]}):
            return write_bag(function.call(run, inputs))

    return call_function


def problems_of(name: str, **bag: Any) -> dict[str, str]:
    """The problems of the inputs of a function, by path."""
    function = function_of(name)
    inputs, problems = read_bag(function.inputs_type, bag)
    return {problem.path: problem.reason for problem in [*problems, *function.check(inputs)]}
