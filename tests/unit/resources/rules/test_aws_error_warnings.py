"""What becomes of an error of AWS in a check before the run."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error


def refused(code: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "refused"}}
    return ClientError(response, "GetRole")


def check(run: Any, code: str) -> None:
    with warn_on_aws_error(run, "role web"):
        raise refused(code)


def test_a_check_that_fails_for_the_identity_is_no_warning(run: Any) -> None:
    with pytest.raises(ClientError):
        check(run, "ExpiredToken")
    check(run, "AccessDenied")
    assert [text.partition(":")[0] for text in run.warnings] == ["role web not checked before the run"]
