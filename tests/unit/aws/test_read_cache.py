import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_vmimport.aws.read_cache import ReadCache


class Source:
    """Counts its reads; each answers with its number."""

    def __init__(self) -> None:
        self.now, self.reads = 0.0, 0

    def read(self) -> int:
        self.reads += 1
        return self.reads


@pytest.fixture
def source() -> Source:
    return Source()


def test_an_answer_is_read_again_only_after_the_time(source: Source) -> None:
    cache = ReadCache(30, lambda: source.now)
    assert [cache.get("role", source.read) for _ in range(100)] == [1] * 100
    assert cache.get("other", source.read) == 2
    source.now = 29.9
    assert cache.get("role", source.read) == 1
    source.now = 30
    assert cache.get("role", source.read) == 3


def test_a_fresh_answer_replaces_the_kept_one(source: Source) -> None:
    cache = ReadCache(30, lambda: source.now)
    cache.get("role", source.read)
    assert cache.get("role", source.read, fresh=True) == 2
    assert cache.get("role", source.read) == 2


def test_none_is_an_answer_and_an_error_is_not(source: Source) -> None:
    cache = ReadCache(30, lambda: source.now)
    answers = iter([None, 1])
    assert [cache.get("role", lambda: next(answers)) for _ in range(2)] == [None, None]
    with pytest.raises(ZeroDivisionError):
        cache.get("other", lambda: 1 // 0)
    assert cache.get("other", source.read) == 1


def test_without_a_time_nothing_is_kept(source: Source) -> None:
    cache = ReadCache(0, lambda: source.now)
    assert [cache.get("role", source.read) for _ in range(3)] == [1, 2, 3]


def test_concurrent_readers_share_one_call(source: Source) -> None:
    cache, started = ReadCache(30, lambda: source.now), threading.Barrier(8)

    def reader() -> int:
        started.wait()
        return cache.get("role", source.read)

    with ThreadPoolExecutor(8) as pool:
        assert {future.result() for future in [pool.submit(reader) for _ in range(8)]} == {1}
