"""Documents signed by every way that the product knows, through both halves of a signature.

Each way signs as the leader, and the next way seals after it: at B-B, which is then raised to B-T,
B-LT and B-LTA, and at B-T with a timestamp in each signature. Ways that leave other bytes behind
(kinds of key, containers of others) seal after each other in every order. See `desktop` for what
is signed on somebody's own PC.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from holders import holder_of
from local_ways import file_ways, phone_ways, token_ways
from papers import Paper
from remote_ways import remote_ways
from support.pdfa import pdfa_letter
from ways import signed

from docsvc.bootstrap import Services
from docsvc.demo import images
from docsvc.demo.instance import Instance
from docsvc.demo.pki import ROOT
from docsvc.steps.sign.rules import FIELD_OF, fills_of, sealed_with_caption
from signing.augment import complete_timestamp, prepare_timestamp
from signing.model import Level, Role, SignaturePlan
from signing.stamp import reserve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from holders import Holders
    from ways import Way


# One way for each kind of key, and the containers that are not of our own making.
_UNLIKE = (
    "softhsm-rsa2048",
    "softhsm-rsa3072",
    "softhsm-rsa4096",
    "softhsm-p256",
    "softhsm-p384",
    "soap-poll-cms",
    "json-poll-cms",
)


# Every flavour of PDF/A, and where number, date, signature and seal stand on the letter.
_STANDARDS = ("a-1a", "a-1b", "a-2a", "a-2b", "a-2u", "a-3b", "a-4", "a-4e", "a-4f")
_ON_LETTER = {
    "number": {"page": 0, "x0": 110, "y0": 700, "x1": 150, "y1": 716},
    "day": {"page": 0, "x0": 380, "y0": 700, "x1": 400, "y1": 716},
    "month": {"page": 0, "x0": 440, "y0": 700, "x1": 460, "y1": 716},
    "leader": {"page": 0, "x0": 350, "y0": 150, "x1": 470, "y1": 210},
    "organisation": {"page": 0, "x0": 290, "y0": 130, "x1": 390, "y1": 230},
}


@contextmanager
def every_way(made: Instance, holders: Holders, folder: Path, unit: str) -> Iterator[list[Way]]:
    """Start all signers; SoftHSM also holds the keys of a unit, for the agent."""
    bodies, pki = made.bodies, made.pki
    known = [holder_of(pki, one.key) for one in bodies.holders if one.unit == unit]
    with ExitStack() as stack:
        yield [
            *stack.enter_context(token_ways(folder, holders, known)),
            *file_ways(holders),
            *stack.enter_context(phone_ways(holders)),
            *stack.enter_context(
                remote_ways(holders, pki, pki.certificate(ROOT), folder / "certomancer")
            ),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where documents are signed: the service's clock, stamps and validation data."""

    services: Services
    made: Instance

    def led(self, paper: Paper, way: Way, *, stamp: bool) -> bytes:
        """Return a paper that a leader has signed and certified, with a picture."""
        plan = SignaturePlan(
            role=Role.LEADER,
            field_name=FIELD_OF[Role.LEADER],
            chain=way.chain(Role.LEADER),
            image=images.signature(way.name),
            certify=True,
        )
        return self._signed(reserve(paper.source, paper.places), way, plan, stamp=stamp)

    def sealed(self, pdf: bytes, paper: Paper, way: Way, *, stamp: bool) -> bytes:
        """Return what the organisation makes of it: number, date and seal."""
        seal = images.seal(self.made.bodies.unit_by_code[paper.unit])
        now = self.services.clock.now()
        look = sealed_with_caption(
            paper.classification, seal, number_line="12/QĐ-UBND", issued_on=now.date()
        )
        plan = SignaturePlan(
            role=Role.ORGANISATION,
            field_name=FIELD_OF[Role.ORGANISATION],
            chain=way.chain(Role.ORGANISATION),
            fills=fills_of(paper.classification, number="12", day="20", month="11"),
            image=None if look else seal,
            appearance=look,
        )
        return self._signed(pdf, way, plan, stamp=stamp)

    def stamped(self, pdf: bytes) -> bytes:
        """Return a file with a document timestamp and nothing else."""
        prepared = prepare_timestamp(pdf)
        return complete_timestamp(prepared, self.services.stamp(prepared.digest))

    def _signed(self, pdf: bytes, way: Way, plan: SignaturePlan, *, stamp: bool) -> bytes:
        return signed(
            pdf,
            way=way,
            plan=plan,
            at=self.services.clock.now(),
            stamp=self.services.stamp if stamp else None,
        )


def documents(desk: Desk, ways: list[Way], papers: list[Paper]) -> Iterator[tuple[str, bytes]]:
    """Yield the documents of every way, by name."""
    for number, (leader, seal) in enumerate(zip(ways, ways[1:] + ways[:1], strict=True)):
        paper = papers[number % len(papers)]
        name = f"{paper.name}.{leader.name}+{seal.name}"
        for level, pdf in _levels(desk, paper, leader, seal):
            yield f"{name}.{level}", pdf
    unlike = [way for way in ways if way.name in _UNLIKE]
    for paper in (one for one in papers if one.name.startswith("27")):
        for leader, seal in product(unlike, repeat=2):
            pdf = desk.sealed(desk.led(paper, leader, stamp=True), paper, seal, stamp=True)
            yield (
                f"{paper.name}.{leader.name}+{seal.name}.after-another",
                desk.services.augmenter.to_lta(pdf),
            )


def of_every_pdfa(desk: Desk, way: Way, unit: str) -> Iterator[tuple[str, bytes]]:
    """Yield a letter in every flavour of PDF/A: as it came, and after every step."""
    augmenter = desk.services.augmenter
    for standard in _STANDARDS:
        source = pdfa_letter(standard=standard)
        paper = Paper(
            name=f"letter-{standard}",
            source=source,
            classification={"places": _ON_LETTER},
            unit=unit,
        )
        yield f"{paper.name}.receive", source
        led = desk.led(paper, way, stamp=True)
        yield f"{paper.name}.leader", led
        sealed = desk.sealed(led, paper, way, stamp=True)
        yield f"{paper.name}.{Level.B_T}", sealed
        lasting = augmenter.to_lta(sealed)
        yield f"{paper.name}.{Level.B_LTA}", lasting
        yield f"{paper.name}.renewed", augmenter.to_lta(lasting)


def _levels(desk: Desk, paper: Paper, leader: Way, seal: Way) -> Iterator[tuple[str, bytes]]:
    augmenter = desk.services.augmenter
    led = desk.led(paper, leader, stamp=False)
    yield "leader", led
    plain = desk.sealed(led, paper, seal, stamp=False)
    yield Level.B_B, plain
    yield "raised-B-T", desk.stamped(plain)
    yield "raised-B-LT", augmenter.to_lt(desk.stamped(plain))
    yield "raised-B-LTA", augmenter.to_lta(plain)
    timed = desk.sealed(desk.led(paper, leader, stamp=True), paper, seal, stamp=True)
    yield Level.B_T, timed
    yield Level.B_LT, augmenter.to_lt(timed)
    yield Level.B_LTA, augmenter.to_lta(timed)
