import re
from typing import Any

import pytest
from botocore.session import get_session

from pulumi_vmimport.aws.tables.workspace_image_errors import KnownImageError, explain, table
from pulumi_vmimport.aws.workspaces.workspace_images import ImageError

ERRORS = table().errors


def test_the_codes_are_those_of_the_service_model_each_once() -> None:
    shape: Any = get_session().get_service_model("workspaces").shape_for("WorkspaceImageErrorDetailCode")
    assert sorted(ERRORS) == sorted(shape.enum)
    assert len(ERRORS) == 48


@pytest.mark.parametrize("error", [pytest.param(error, id=code) for code, error in ERRORS.items()])
def test_a_code_has_meaning_and_remedy_and_a_step_that_is_there(error: KnownImageError) -> None:
    assert error.steps
    assert set(error.steps) <= table().steps.keys()
    assert error.checker in {None, "fails", "fixes"}
    for words in (error.meaning, error.remedy):
        assert words
        assert "\n" not in words
        assert not re.search(r"[.;:]$", words), "it is part of a sentence"


def test_what_the_checker_looks_at_is_not_assumed_and_every_step_is_used() -> None:
    assert [error.code for error in ERRORS.values() if error.checker and error.assumed] == []
    assert {step for error in ERRORS.values() for step in error.steps} == set(table().steps)


def test_all_errors_are_explained_with_the_service_s_own_words_first() -> None:
    told = explain([ImageError("AutoMountDisabled", "Mount it."), ImageError("NewCode", "What is new.")])
    assert (
        told
        == "AutoMountDisabled: Mount it. (new volumes are not mounted by themselves: `mountvol /E`, GP-17); NewCode: What is new."
    )
    assert explain([]) == "no error code"
