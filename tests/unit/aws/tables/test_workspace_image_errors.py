import re
from typing import Any

import pytest
from botocore.session import get_session

from pulumi_vmimport.aws.tables.workspace_image_errors import KnownImageError, explain, table
from pulumi_vmimport.aws.workspaces.workspace_images import ImageError

ERRORS = table().errors


def test_the_table_has_every_code_of_the_service_model_once() -> None:
    shape: Any = get_session().get_service_model("workspaces").shape_for("WorkspaceImageErrorDetailCode")
    assert sorted(ERRORS) == sorted(shape.enum)
    assert len(ERRORS) == 48


@pytest.mark.parametrize("error", [pytest.param(error, id=code) for code, error in ERRORS.items()])
def test_a_code_has_a_meaning_a_remedy_and_known_steps(error: KnownImageError) -> None:
    assert error.steps
    assert set(error.steps) <= table().steps.keys()
    assert error.checker in {None, "fails", "fixes"}
    for words in (error.meaning, error.remedy):
        assert words
        assert "\n" not in words
        assert not re.search(r"[.;:]$", words), "it is a clause of a sentence"


def test_no_code_of_the_byol_checker_is_assumed_and_every_step_is_used() -> None:
    assert [error.code for error in ERRORS.values() if error.checker and error.assumed] == []
    assert {step for error in ERRORS.values() for step in error.steps} == set(table().steps)


def test_every_error_is_explained_after_the_words_of_aws() -> None:
    text = explain([ImageError("AutoMountDisabled", "Mount it."), ImageError("NewCode", "Something new.")])
    known = ERRORS["AutoMountDisabled"]
    assert text == f"AutoMountDisabled: Mount it. ({known.explanation}); NewCode: Something new."
    assert explain([]) == "no error code"


@pytest.mark.parametrize(
    ("code", "steps"), [("AutoMountDisabled", "; step byol-checker"), ("DomainJoined", "; steps byol-checker, restart")]
)
def test_an_explanation_has_meaning_remedy_and_steps(code: str, steps: str) -> None:
    known = ERRORS[code]
    assert known.explanation == f"{known.meaning}; {known.remedy}{steps}"
