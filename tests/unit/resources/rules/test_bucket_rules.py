from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.contract import Problem
from pulumi_vmimport.resources.rules.bucket_rules import bucket_problems


def check(run: Any, bucket: str, **values: Any) -> tuple[list[Problem], bool]:
    """The problems, and whether the bucket is usable."""
    results: list[bool] = []

    def collect() -> Any:
        results.append(
            (yield from bucket_problems(run, "a.b", bucket, **{"input_path": "a", "use": "import", **values}))
        )

    return list(collect()), results[0]


def test_a_bucket_in_the_region_is_usable(run: Any, bucket: str) -> None:
    assert check(run, bucket) == ([], True)


def test_fails_for_a_bucket_that_does_not_exist(run: Any) -> None:
    ((problem,), is_usable) = check(run, "nowhere", create="create it with ExportBucket")
    assert problem.path == "a.b"
    assert "'nowhere' does not exist; create it with ExportBucket" in problem.reason
    assert not is_usable


def test_a_bucket_that_the_stack_creates_is_not_a_problem(new_run: Callable[..., Any]) -> None:
    assert check(new_run(supplied=("a",)), "nowhere") == ([], False)


@pytest.mark.parametrize("supplied", [(), ("a",)])
def test_fails_for_a_bucket_in_another_region(new_run: Callable[..., Any], aws: Any, supplied: tuple[str, ...]) -> None:
    aws.observer("s3", "us-east-1").create_bucket(Bucket="far-away")
    run = new_run(supplied=supplied)
    ((problem,), is_usable) = check(run, "far-away")
    assert problem.path == "a.b"
    assert "'far-away' is in us-east-1, expected eu-west-1" in problem.reason
    assert "import in us-east-1" in problem.reason
    assert not is_usable
    assert check(run, "far-away", use=None) == ([], True)
