from typing import cast

from pulumi_vmimport.aws.connection import AwsConnection, AwsSettings
from pulumi_vmimport.lifecycle.turns import Turns

IRELAND = AwsConnection(AwsSettings(region="eu-west-1"))


def test_nobody_waits_until_one_is_refused() -> None:
    turns = Turns()
    with turns.taking(IRELAND) as first, turns.taking(IRELAND) as second:
        assert (first.ahead, second.ahead) == (0, 0)


def test_those_who_were_refused_ask_in_the_order_they_came_and_newcomers_after_them() -> None:
    turns = Turns()
    with turns.taking(IRELAND) as first, turns.taking(IRELAND) as second, turns.taking(IRELAND) as newcomer:
        second.refused()
        first.refused()
        assert newcomer.ahead == 2
        assert (second.ahead, first.ahead) == (0, 1)
        second.refused()  # again: it stays the first
        assert (second.ahead, first.ahead) == (0, 1)
        second.leave()
        assert (first.ahead, newcomer.ahead) == (0, 1)


def test_one_that_ends_gives_its_turn_back() -> None:
    turns = Turns()
    with turns.taking(IRELAND) as second:
        with turns.taking(IRELAND) as first:
            first.refused()
            assert second.ahead == 1
        assert second.ahead == 0


def test_each_connection_has_its_own_line() -> None:
    turns, ohio = Turns(), cast("AwsConnection", object())
    with turns.taking(IRELAND) as here, turns.taking(ohio) as there:
        here.refused()
        assert there.ahead == 0
