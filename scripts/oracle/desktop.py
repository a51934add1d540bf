"""Documents signed on somebody's own PC, by a running service that hands out and takes back.

The Government's helper (its stand-in, which signs with another tool than ours), our own agent with
a token, and a foreign tool by hand; in the reserved fields, and in fields of the tool's own. The
server's own token leads or seals beside each of them.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import uvicorn
from sqlalchemy import select
from support import foreign, servers, vgca
from support.demo import DemoInstance
from support.desk import CLERK, LEADER, Desk
from support.road import Road
from tokens import LABEL, PIN

from docsvc.agent.service import Agent, Pictures
from docsvc.agent.token import TokenPlace
from docsvc.catalog.messages import Lang
from docsvc.clock import SystemClock
from docsvc.demo.token import token_module
from docsvc.documents.tables import Revision
from docsvc.http import Outbound, Reach
from docsvc.steps.sign.handout import HandedOut
from docsvc.web import helper
from docsvc.web.app import build
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from docsvc.bootstrap import Services
    from docsvc.demo.authority import Authority
    from docsvc.demo.instance import Instance

KEPT = (Step.SIGN_LEADER, Step.SIGN_ORGANISATION, Step.TIMESTAMP)
_STEPS = ((Step.SIGN_LEADER, LEADER), (Step.SIGN_ORGANISATION, CLERK))
_LIMIT_S = 60.0
_POLL_S = 0.05

Sign = Callable[[HandedOut], None]


class NotTakenError(Exception):
    """What came back from a PC was refused, or its document went no further."""


class Agreeing:
    """Somebody at the PC who gives the PIN."""

    def ask(self, _origin: str, _files: Sequence[object]) -> str | None:
        """Agree."""
        return PIN

    def tell(self, _name: str, _problem: str | None) -> None:
        """Take note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """A desk, and what its people sign with."""

    desk: Desk
    site: str
    agent: Agent

    def ways(self) -> dict[str, Sign]:
        """Return every way to have a file signed that was handed out, by name."""
        return {
            "vgca": lambda handed: self._helped(handed, new=False),
            "agent": lambda handed: self._told(handed, self.agent.answer),
            "by-hand": lambda handed: self._by_hand(handed, new=False),
            "server": self._on_the_server,
            "vgca-own-field": lambda handed: self._helped(handed, new=True),
            "by-hand-own-field": lambda handed: self._by_hand(handed, new=True),
        }

    def document(self, leader: Sign, seal: Sign) -> UUID:
        """Take a new letter to its end, signed in these ways."""
        document_id = self.desk.delivered()
        for (_, account), sign in zip(_STEPS, (leader, seal), strict=True):
            sign(self.desk.town.services.handouts.hand_out(document_id, account=account))
            state = self.desk.take_steps(document_id)
        if state is not State.PUBLISHED:
            raise NotTakenError(state)
        return document_id

    def _by_hand(self, handed: HandedOut, *, new: bool) -> None:
        returned = self.desk.signed(
            handed, field=f"Signature-{handed.role}" if new else "", new=new
        )
        self.desk.town.services.handouts.take_back(handed.token, returned)

    def _on_the_server(self, handed: HandedOut) -> None:
        account = dict(_STEPS)[handed.step]
        self.desk.town.services.confirm(handed.document_id, handed.step, account=account)

    def _helped(self, handed: HandedOut, *, new: bool) -> None:
        holder = foreign.holder_of(self.desk.demo.pki, handed.certificates)
        holders = dict.fromkeys(vgca.FIELDS, holder)
        self._told(handed, vgca.Helper(demo=self.desk.demo, holders=holders, new_field=new).answer)

    def _told(self, handed: HandedOut, answer: Callable[[str, str, str], str]) -> None:
        told = json.dumps(helper.parameters(handed, self.site))
        said: dict[str, Any] = json.loads(answer(helper.OPERATION_OF[handed.step], self.site, told))
        if said["Status"] != 0:
            raise NotTakenError(said["Message"])


@contextmanager
def opened(
    services: Services, made: Instance, authority: Authority, folder: Path
) -> Iterator[Desktop]:
    """Serve the pages of a service, and put a PC beside it."""
    demo = DemoInstance(
        folder=made.folder / "demo",
        organisations=made.bodies,
        pki=made.pki,
        token=made.token,
        authority=authority,
    )
    outbound = Outbound(Reach(allow=("127.0.0.1",)), timeout_s=_LIMIT_S)
    agent = Agent(
        token=TokenPlace(module=token_module(), label=LABEL),
        key_id="",
        operator=Agreeing(),
        outbound=outbound,
        sandbox=services.sandbox,
        clock=SystemClock(),
        pictures=Pictures(),
        lang=Lang.VI,
    )
    town = Road(folder=folder, services=services, config=folder / "docsvc.toml")
    try:
        with _served(services) as site:
            yield Desktop(desk=Desk(town=town, demo=demo), site=site, agent=agent)
    finally:
        outbound.close()


@contextmanager
def _served(services: Services) -> Iterator[str]:
    address = services.settings.base_url
    port = int(address.rpartition(":")[2])
    app = build(services, closing=lambda: None)
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + _LIMIT_S
    while not servers.is_listening(port) and time.monotonic() < end:
        time.sleep(_POLL_S)
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join(_LIMIT_S)


def documents(desktop: Desktop) -> Iterator[tuple[str, bytes]]:
    """Yield what each pair of ways leaves behind: after each signature, and at the end."""
    ways = desktop.ways()
    for leader, seal in permutations(ways, 2):
        document_id = desktop.document(ways[leader], ways[seal])
        for step, pdf in _revisions(desktop.desk.town.services, document_id):
            yield f"letter.{leader}+{seal}.{step}", pdf


def _revisions(services: Services, document_id: UUID) -> Iterator[tuple[Step, bytes]]:
    with services.transactions() as tx:
        found = tx.execute(
            select(Revision.step, Revision.digest)
            .where(Revision.document_id == document_id, Revision.step.in_(KEPT))
            .order_by(Revision.ordinal)
        ).all()
    for step, digest in found:
        yield step, services.blobs.get(digest)
