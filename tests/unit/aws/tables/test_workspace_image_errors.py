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
def test_a_code_has_a_meaning_and_a_remedy(error: KnownImageError) -> None:
    assert error.checker in {None, "fails", "fixes"}
    for words in (error.meaning, error.remedy):
        assert words
        assert "\n" not in words
        assert not re.search(r"[.;:]$", words), "it is a clause of a sentence"


def test_no_code_of_the_byol_checker_is_assumed() -> None:
    assert [error.code for error in ERRORS.values() if error.checker and error.assumed] == []


def test_every_error_is_explained_after_the_words_of_aws() -> None:
    errors = [ImageError("AutoMountDisabled", "Mount it."), ImageError("NewCode", "Something new.")]
    text = explain(errors, {"AutoMountDisabled": ["auto-mount"]})
    known = ERRORS["AutoMountDisabled"].explanation(["auto-mount"])
    assert text == f"AutoMountDisabled: Mount it. ({known}); NewCode: Something new."
    assert explain([], {}) == "no error code"


@pytest.mark.parametrize(
    ("steps", "words"),
    [((), ""), (("dhcp",), "; preparation step dhcp"), (("dhcp", "no-ipv6"), "; preparation steps dhcp, no-ipv6")],
)
def test_an_explanation_has_meaning_remedy_and_steps(steps: tuple[str, ...], words: str) -> None:
    known = ERRORS["DHCPDisabled"]
    assert known.explanation(steps) == f"{known.meaning}; {known.remedy}{words}"
