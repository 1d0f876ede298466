from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.task_poller import Pollers
from pulumi_vmimport.lifecycle.contract import Progress, RunInterruptedError
from pulumi_vmimport.lifecycle.task_waiting import POLLS_BEFORE_GONE, wait_for_end

ID = "import-ami-1"


@dataclass
class Service:
    """Answers one look after the other; the last answer stays."""

    answers: Sequence[str | Exception | None]
    aws: AwsConnection = field(default_factory=lambda: AwsConnection(AwsSettings(region="eu-west-1")))
    poll_seconds: float = 0.0
    texts: list[str] = field(default_factory=list)
    waits: int = 0
    most_waits: int = 20

    def describe(self, _: AwsConnection, ids: list[str]) -> Mapping[str, str]:
        answer, *following = self.answers
        self.answers = following or [answer]
        if isinstance(answer, Exception):
            raise answer
        return {} if answer is None else dict.fromkeys(ids, answer)

    def status(self, status: Progress) -> None:
        self.texts.append(status.text(0))

    def wait(self, seconds: float) -> None:
        self.waits += 1
        if self.waits > self.most_waits:
            raise RunInterruptedError("out of time")


def watched(service: Service) -> str | None:
    run: Any = service
    return wait_for_end(run, Pollers[str](service.describe), ID, lambda task: task == "completed", Progress)


def test_a_task_that_is_over_is_returned_at_once() -> None:
    service = Service(["completed"])
    assert (watched(service), service.waits) == ("completed", 0)


def test_the_status_is_shown_until_the_task_is_over() -> None:
    service = Service(["active", "converting", "completed"])
    assert watched(service) == "completed"
    assert [text.partition(",")[0] for text in service.texts] == ["active", "converting"]


def test_a_task_that_aws_does_not_list_yet_is_waited_for() -> None:
    service = Service([None] * (POLLS_BEFORE_GONE - 1) + ["active", None, "completed"])
    assert watched(service) == "completed"


def test_a_task_missing_in_several_consecutive_polls_is_gone() -> None:
    service = Service(["active", None])
    assert watched(service) is None
    assert service.waits == POLLS_BEFORE_GONE


def test_a_failed_poll_does_not_count_as_missing() -> None:
    lost = ClientError({"Error": {"Code": "Throttling", "Message": "slow down"}}, "Describe")
    service = Service([None] + [lost] * (POLLS_BEFORE_GONE + 1) + ["completed"])
    assert watched(service) == "completed"
    assert "slow down" in service.texts[1]


@pytest.mark.parametrize("answer", ["active", None], ids=["there", "gone"])
def test_fails_when_the_run_ends_before_the_task(answer: str | None) -> None:
    with pytest.raises(RunInterruptedError):
        watched(Service([answer], most_waits=1))
