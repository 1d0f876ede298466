import pytest

from pulumi_vmimport.aws.configuration.durations import seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h", 3600), ("1h30m", 5400), ("0.5h", 1800), ("900s", 900), ("900000ms", 900), ("1m500ms", 60), ("15m0s", 900)],
)
def test_a_duration_is_in_the_notation_of_go(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "3600", "1 h", "1d", "h", "-1h", "1h ", "PT1H", "1hh"])
def test_fails_for_any_other_text(text: str) -> None:
    assert seconds_of(text) is None
