import pytest

from pulumi_vmimport.lifecycle.native_provider_settings import provider_problems


@pytest.mark.parametrize(
    ("argument", "value", "reason"),
    [
        ("vsphereServr", "vc", "is not supported; expected vsphereServer"),
        ("regoin", "eu-west-1", "is not supported; expected region"),
        ("vsphereAllowUnverifiedSsl", "maybe", "expected true or false, got 'maybe'"),
        ("vsphereServer", ["vc"], "expected a string, got a list"),
        ("pollSeconds", "abc", "expected a number of seconds above 0, got 'abc'"),
        ("pollSeconds", 0, "expected a number of seconds above 0, got 0"),
        ("pollSeconds", "nan", "expected a number of seconds above 0, got 'nan'"),
        ("retryMode", "often", "expected one of standard, adaptive, got 'often'"),
    ],
)
def test_a_problem_names_the_argument_the_value_and_what_is_expected(argument: str, value: object, reason: str) -> None:
    assert provider_problems({argument: value}) == [(argument, reason)]


def test_an_argument_that_no_other_resembles_is_shown_with_all_names() -> None:
    ((name, reason),) = provider_problems({"quantum": "on"})
    assert name == "quantum"
    assert "vsphereServer" in reason
    assert "skipRegionValidation" not in reason, "a key without an effect is accepted, not offered"


def test_every_problem_is_reported_at_once() -> None:
    given = {"pollSeconds": "abc", "maxRetries": "many", "regoin": "x", "profile": "web"}
    assert {name for name, _ in provider_problems(given)} == {"pollSeconds", "maxRetries", "regoin"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"region": "eu-west-1", "pollSeconds": "0.5", "vsphereAllowUnverifiedSsl": "true", "vsphereServer": "vc"},
        {"version": "0.1.0", "pluginDownloadURL": "x", "__internal": {}},
        {"skipRegionValidation": "true"},
        {"pollSeconds": None, "vspherePassword": ""},
    ],
)
def test_valid_arguments_and_those_of_the_engine_have_no_problem(arguments: dict[str, object]) -> None:
    assert provider_problems(arguments) == []
