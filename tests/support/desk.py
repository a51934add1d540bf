"""A desk whose people sign on their own PCs: documents for them, and their foreign tool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from support import foreign, road
from support.demo import DemoInstance
from support.road import Road

from docsvc.documents import service as documents
from docsvc.steps.receive.service import Offer
from docsvc.worker import Runner
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from uuid import UUID

    from docsvc.steps.sign.handout import HandedOut

LEADER, CLERK = "lanhdao", "vanthu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A service without workers: steps are taken when they are asked for."""

    town: Road
    demo: DemoInstance

    def take_steps(self, document_id: UUID) -> State:
        """Take the steps of a road until it waits or has ended."""
        runner = Runner(self.town.services)
        while runner.take(document_id).step is not None:
            pass
        return self.state_of(document_id)

    def state_of(self, document_id: UUID) -> State:
        """Return where a document stands."""
        with self.town.services.transactions() as tx:
            return documents.get(tx, document_id).state

    def delivered(self, *, until: Step = Step.SIGN_LEADER) -> UUID:
        """Take a new letter down the road up to the step that a person has to take."""
        offer = Offer(
            unit_code=road.UNIT,
            file_name="letter.pdf",
            source="test",
            actor="test",
            declared_not_secret=True,
            allow=() if until is Step.CONFIRM else (Step.CONFIRM,),
        )
        letter = road.letter(next(self.town.numbers))
        document_id = self.town.services.accept(letter, offer).document_id
        self.take_steps(document_id)
        if until is Step.SIGN_ORGANISATION:
            handouts = self.town.services.handouts
            handed = handouts.hand_out(document_id, account=LEADER)
            handouts.take_back(handed.token, self.signed(handed))
            self.take_steps(document_id)
        return document_id

    def signed(self, handed: HandedOut, *, field: str = "", new: bool = False) -> bytes:
        """Fetch a file that was handed out and sign it as a foreign tool does."""
        return self.sign(self.town.services.handouts.file(handed.token), handed, field, new=new)

    def sign(self, pdf: bytes, handed: HandedOut, field: str = "", *, new: bool = False) -> bytes:
        """Sign a file with the key of whoever is entitled."""
        holder = foreign.holder_of(self.demo.pki, handed.certificates)
        return foreign.sign(pdf, self.demo.pki, holder, field=field or handed.field, new=new)
