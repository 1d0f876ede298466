from typing import cast

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.lifecycle.quota_queue import QuotaQueue

IRELAND = AwsConnection(AwsSettings(region="eu-west-1"))


def test_no_request_waits_until_aws_rejects_one() -> None:
    queue = QuotaQueue()
    with queue.place(IRELAND) as first, queue.place(IRELAND) as second:
        assert (first.ahead, second.ahead) == (0, 0)


def test_rejected_requests_keep_their_order_and_later_ones_queue_behind_them() -> None:
    queue = QuotaQueue()
    with queue.place(IRELAND) as first, queue.place(IRELAND) as second, queue.place(IRELAND) as newcomer:
        second.join()
        first.join()
        assert newcomer.ahead == 2
        assert (second.ahead, first.ahead) == (0, 1)
        second.join()  # rejected again: it stays at the head
        assert (second.ahead, first.ahead) == (0, 1)
        second.leave()
        assert (first.ahead, newcomer.ahead) == (0, 1)


def test_the_end_of_a_request_lets_the_next_one_run() -> None:
    queue = QuotaQueue()
    with queue.place(IRELAND) as second:
        with queue.place(IRELAND) as first:
            first.join()
            assert second.ahead == 1
        assert second.ahead == 0


def test_each_connection_has_its_own_queue() -> None:
    queue, ohio = QuotaQueue(), cast("AwsConnection", object())
    with queue.place(IRELAND) as here, queue.place(ohio) as there:
        here.join()
        assert there.ahead == 0
