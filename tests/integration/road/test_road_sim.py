"""Leader and seal sign on phones, by the real library, over HTTPS, to the end of the road."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from support import road_end
from support.waiting import OneWorker

from docsvc.clock import SystemClock
from docsvc.demo.mobile import demonstration as phones
from docsvc.organisations.tables import Certificate
from docsvc.steps.sign.waiting import waiting_of
from docsvc.workflow import Step
from signing.signers.prompts import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.demo import DemoInstance
    from support.road import OpenRoad, Road

    from docsvc.demo.mobile.provider import MobileProvider

_LIMIT_S = 30.0
NAME = "sim-thu-nghiem"
KEYS = ("leader-h99-12-05", "seal-h99-12-05")


@pytest.fixture
def operator(tmp_path: Path, demo_instance: DemoInstance) -> Iterator[MobileProvider]:
    """Start the demonstration's operator, with a phone for every officer and every seal."""
    folder = tmp_path / "sim"
    folder.mkdir()
    opened = phones.open_provider(
        folder,
        pki=demo_instance.pki,
        bodies=demo_instance.organisations,
        clock=SystemClock(),
        port=0,
    )
    with opened:
        yield opened


def with_phones(
    open_road: OpenRoad,
    operator: MobileProvider,
    folder: Path,
    demo: DemoInstance,
    kind: str,
    **options: str,
) -> Road:
    """Open a service whose inventory names phones for leader and seal."""
    made = phones.prepare(folder / "sim", bodies=demo.organisations)
    path = "/rest/service" if kind == "mobile-json" else "/soap"
    provider = {
        "name": NAME, "kind": kind, "url": operator.url + path, "account": phones.AP_ID,
        "secret_file": made.secret_file, "ca_file": made.ca_file, "options": options,
    }  # fmt: skip
    opened = open_road(providers=[provider], server_side_personal_keys=False)
    with opened.services.transactions() as tx:
        for key in KEYS:
            own, *_ = demo.pki.chain(key)
            tx.execute(
                update(Certificate)
                .where(Certificate.fingerprint == hashlib.sha256(own).hexdigest())
                .values(token=NAME, key_id=f"0{made.numbers[key].removeprefix('84')}")
            )
    return opened


def prompted(worker: OneWorker, operator: MobileProvider) -> str:
    """Ask until a phone has its prompt; return what it shows."""
    end = time.monotonic() + _LIMIT_S
    while not (waiting := operator.phones.waiting()):
        assert time.monotonic() < end
        worker.make_due()
        worker.ask()
    (prompt,) = waiting
    return prompt.documents[0].display


@pytest.mark.parametrize("kind", ["mobile-soap", "mobile-json"])
def test_document_that_two_phones_sign_arrives(
    open_road: OpenRoad,
    operator: MobileProvider,
    tmp_path: Path,
    demo_instance: DemoInstance,
    kind: str,
) -> None:
    opened = with_phones(open_road, operator, tmp_path, demo_instance, kind)
    (document_id,) = opened.feed(1)
    worker = OneWorker(opened)
    for step in (Step.SIGN_LEADER, Step.SIGN_ORGANISATION):
        worker.go(document_id)
        shown = prompted(worker, operator)
        with opened.services.transactions() as tx:
            waiting = waiting_of(tx, document_id)
        assert waiting is not None
        assert waiting.step is step
        # What the desk shows is what the phone shows, without its marks.
        assert waiting.control_code in shown
        assert plain(waiting.prompt)[:20] in shown
        operator.phones.say_all(agrees=True)
        worker.ask_until_said(document_id)
    worker.go(document_id)
    worker.asker.stop()
    road_end.check(opened, expected=1)


def test_no_on_the_phone_signs_nothing_and_can_be_asked_again(
    open_road: OpenRoad, operator: MobileProvider, tmp_path: Path, demo_instance: DemoInstance
) -> None:
    opened = with_phones(open_road, operator, tmp_path, demo_instance, "mobile-soap")
    worker = OneWorker(opened)
    document_id = worker.asked()
    prompted(worker, operator)
    operator.phones.say_all(agrees=False)
    worker.ask_until_said(document_id)
    assert worker.document(document_id).waiting_code == "signing.mobile-cancelled"
    assert opened.services.stores.last(document_id)[0].step is Step.RECEIVE

    opened.services.ask_again(document_id, account="leader")
    worker.go(document_id)
    prompted(worker, operator)
    operator.phones.say_all(agrees=True)
    worker.finish(document_id)
    assert opened.services.stores.last(document_id)[0].step is Step.SIGN_LEADER
    worker.asker.stop()
