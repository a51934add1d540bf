"""Answers are got once, kept for as long as they are good, and fit for many processes."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from docsvc.confined import Answer
from docsvc.http import FetchRefusedError, UnreachableError
from docsvc.revocation import online as online_module
from docsvc.revocation.asking import Asking, Known
from docsvc.revocation.cache import Cache, Files
from docsvc.revocation.indexes import FolderIndex
from docsvc.revocation.online import EndlessWishError, Online
from docsvc.revocation.rules import key_of

from .test_revocation_rules import NOW, crl

URL = "http://crl.example/ca.crl"


@dataclass
class Time:
    """A clock that is set by hand."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class Outside:
    """The other end: gives what it is told, and remembers what it was asked."""

    answer: bytes | Exception
    asked: list[tuple[str, bytes | None]] = field(default_factory=list)

    def get(self, url: str) -> bytes:
        return self._given(url, None)

    def post(self, url: str, body: bytes, content_type: str) -> bytes:
        assert content_type == "application/ocsp-request"
        return self._given(url, body)

    def _given(self, url: str, body: bytes | None) -> bytes:
        self.asked.append((url, body))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Shop:
    """A cache with its surroundings."""

    folder: Path
    outside: Outside = field(default_factory=lambda: Outside(answer=crl()))
    time: Time = field(default_factory=Time)

    @property
    def cache(self) -> Cache:
        """Return a cache as another process would open it."""
        return Cache(
            client=self.outside,
            index=FolderIndex(self.folder / "index"),
            files=Files(folder=self.folder / "answers", max_bytes=1 << 20),
            clock=self.time,
        )

    def obtain(self, body: bytes | None = None) -> bytes | None:
        path = self.cache.obtain(URL, body)
        return path.read_bytes() if path else None


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(folder=tmp_path / "revocation")


def test_answer_is_got_once_for_all_processes(shop: Shop) -> None:
    assert shop.obtain() == shop.obtain()
    assert shop.outside.asked == [(URL, None)]


def test_answer_lies_under_its_digest(shop: Shop) -> None:
    path = shop.cache.obtain(URL)

    assert path is not None
    assert path.name == hashlib.sha256(path.read_bytes()).hexdigest()


def test_question_is_posted_and_kept_apart_from_the_address(shop: Shop) -> None:
    shop.obtain()
    shop.obtain(b"question")
    shop.obtain(b"question")

    assert shop.outside.asked == [(URL, None), (URL, b"question")]


def test_answer_that_is_due_is_got_anew(shop: Shop) -> None:
    first = shop.obtain()
    shop.time.at += timedelta(days=1)
    shop.outside.answer = crl()

    assert shop.obtain() != first
    assert len(shop.outside.asked) == 2


def test_old_answer_serves_while_the_address_fails(shop: Shop) -> None:
    first = shop.obtain()
    shop.time.at += timedelta(days=2)
    shop.outside.answer = TimeoutError()

    assert shop.obtain() == first
    assert shop.obtain() == first
    assert len(shop.outside.asked) == 2


@pytest.mark.parametrize(
    "failure", [ConnectionError(), FetchRefusedError(host="x"), b"<html>maintenance</html>"]
)
def test_failure_is_remembered_for_a_minute(shop: Shop, failure: bytes | Exception) -> None:
    shop.outside.answer = failure

    assert [shop.obtain(), shop.obtain()] == [None, None]
    assert len(shop.outside.asked) == 1
    shop.time.at += timedelta(minutes=1)
    shop.outside.answer = crl()
    assert shop.obtain()


@pytest.mark.parametrize("failure", [UnreachableError(), TimeoutError()])
def test_host_that_does_not_answer_is_left_alone_for_a_minute(
    shop: Shop, failure: Exception
) -> None:
    shop.outside.answer = failure
    for number in range(3):
        assert shop.obtain(bytes([number])) is None
    assert len(shop.outside.asked) == 1

    shop.time.at += timedelta(minutes=1)
    shop.outside.answer = crl()
    assert shop.obtain(b"\x00")


def test_host_that_answers_badly_is_asked_for_the_next(shop: Shop) -> None:
    shop.outside.answer = ConnectionError(404)
    for number in range(3):
        shop.obtain(bytes([number]))

    assert len(shop.outside.asked) == 3


def test_why_it_failed_is_written_down(shop: Shop) -> None:
    shop.outside.answer = FetchRefusedError(host="x")
    shop.obtain()

    entry = FolderIndex(shop.folder / "index").find(key_of(URL, None))
    assert entry is not None
    assert entry.error == "http.refused"


def test_answer_whose_bytes_are_gone_is_got_anew(shop: Shop) -> None:
    path = shop.cache.obtain(URL)
    assert path is not None
    path.unlink()

    assert shop.obtain()
    assert len(shop.outside.asked) == 2


@pytest.mark.parametrize("limits", [{"max_bytes": 20}, {"max_bytes": 1000, "max_count": 2}])
def test_what_was_not_used_for_the_longest_time_goes_first(
    tmp_path: Path, limits: dict[str, int]
) -> None:
    files = Files(folder=tmp_path, **limits)
    old, used = files.put(b"0" * 10), files.put(b"1" * 10)
    os.utime(old, (1, 1))
    os.utime(used, (0, 0))
    files.find(used.name)

    new = files.put(b"2" * 10)

    assert set(tmp_path.iterdir()) == {used, new}


def test_answer_larger_than_the_whole_folder_is_used_all_the_same(tmp_path: Path) -> None:
    path = Files(folder=tmp_path, max_bytes=1).put(b"22")

    assert path.read_bytes() == b"22"


def wishes(*urls: str) -> Answer:
    asking = Asking(Known())
    for url in urls:
        with pytest.raises(ConnectionError):
            asking.fetch(url)
    assert asking.wanted is not None
    return asking.wanted


def test_child_says_what_it_wants_and_gets_it(shop: Shop) -> None:
    got: list[bytes] = []

    def ask(known: Known) -> Answer:
        asking = Asking(known)
        for body in (None, b"question"):
            try:
                got.append(asking.fetch(URL, body))
            except ConnectionError:
                continue
        return asking.wanted or Answer(facts={"done": True})

    assert Online(cache=shop.cache).complete(ask).facts == {"done": True}
    assert shop.outside.asked == [(URL, None), (URL, b"question")]
    assert len(got) == 2


def test_what_others_wanted_a_moment_ago_is_at_hand(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online_module, "_MAX_RECENT", 1)
    online = Online(cache=shop.cache)
    rounds: list[bool] = []

    def ask(known: Known) -> Answer:
        rounds.append(known.is_first)
        asking = Asking(known)
        with contextlib.suppress(ConnectionError):
            asking.fetch(URL, questions[-1])
        return asking.wanted or Answer()

    questions: list[bytes | None] = [None]
    online.complete(ask)
    online.complete(ask)
    assert rounds == [True, False, True]
    questions.append(b"another")
    online.complete(ask)
    assert rounds == [True, False, True, True, False]
    assert len(shop.outside.asked) == 2


def test_what_could_not_be_got_is_not_wanted_again(shop: Shop) -> None:
    shop.outside.answer = ConnectionError()

    def ask(known: Known) -> Answer:
        asking = Asking(known)
        with pytest.raises(ConnectionError):
            asking.fetch(URL)
        return asking.wanted or Answer(facts={"done": True})

    assert Online(cache=shop.cache).complete(ask).facts == {"done": True}


def test_child_without_a_parent_on_line_wants_nothing() -> None:
    asking = Asking(None)

    with pytest.raises(ConnectionError):
        asking.fetch(URL)
    assert asking.wanted is None


def test_answer_that_was_exchanged_on_disk_is_none(shop: Shop) -> None:
    path = shop.cache.obtain(URL)
    assert path is not None
    path.write_bytes(b"else")
    asking = Asking(Known(answers={key_of(URL, None): str(path)}))

    with pytest.raises(ConnectionError):
        asking.fetch(URL)


@pytest.mark.parametrize(("limits", "count"), [({"max_requests": 3}, 3), ({"max_seconds": 0.0}, 0)])
def test_a_file_may_want_only_so_much(shop: Shop, limits: dict[str, int], count: int) -> None:
    rounds = 0

    def ask(known: Known) -> Answer:
        nonlocal rounds
        rounds += 1
        assert len(known.answers) == 5 * (rounds - 1)
        done = Answer(facts={"done": True})
        return wishes(*(f"http://x/{rounds}/{n}" for n in range(5))) if rounds < 4 else done

    Online(cache=shop.cache, **limits).complete(ask)  # type: ignore[arg-type]

    assert len(shop.outside.asked) == count


@pytest.mark.parametrize(
    ("url", "body"), [("http://x/" + "a" * 3000, None), ("http://x/", b"b" * 5000)]
)
def test_what_is_no_honest_request_is_not_sent(shop: Shop, url: str, body: bytes | None) -> None:
    def ask(known: Known) -> Answer:
        asking = Asking(known)
        with pytest.raises(ConnectionError):
            asking.fetch(url, body)
        return asking.wanted or Answer()

    Online(cache=shop.cache).complete(ask)

    assert shop.outside.asked == []


@pytest.mark.parametrize(
    "wanted",
    [
        [{"key": "k", "url": URL, "body": None}],
        [{"key": "k"}],
        [7],
        7,
        [{"key": "k", "url": URL, "body": "no hex"}],
    ],
)
def test_child_that_is_not_in_its_right_mind_is_left(shop: Shop, wanted: object) -> None:
    online = Online(cache=shop.cache)

    with pytest.raises(EndlessWishError):
        online.complete(lambda _known: Answer(facts={"wanted": wanted}))
