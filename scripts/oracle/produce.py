"""Makes every kind of PDF that the product makes, with a demonstration instance of its own.

The samples go down the whole road, and every revision with a signature is kept. Beside it the
libraries sign an ordinary document, a scan, a hybrid file and a PDF/A at each level, with and
without fields for number and date, and renew the timestamp of one; and the body signs each of them
alone, under the profiles of appendix, incoming stamp, and seal with number and date beside it. Then
come the forgeries of sample_docs/attacks, made of a document that the same PKI has signed, and last
documents of every way to sign: see `signers` and `desktop`.
"""

from __future__ import annotations

import hashlib
import socket
import sys
import time
import tomllib
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import desktop
import signers
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from holders import enrol
from judges import Truth
from papers import papers
from sqlalchemy import func, select
from support.road import UNIT

from docsvc.bootstrap import open_services
from docsvc.demo import images, issuing
from docsvc.demo import instance as demonstration
from docsvc.demo.authority import Authority
from docsvc.demo.pki import ROOT, SUB_CAS
from docsvc.documents.tables import Document, Revision
from docsvc.http import Outbound, Reach
from docsvc.migrations import upgrade
from docsvc.steps.receive.service import Offer
from docsvc.steps.sign.rules import FIELD_OF, fills_of
from docsvc.worker import RunningWorker
from docsvc.workflow import Step
from signing._pades.cms import template_of
from signing.complete import complete
from signing.layouts import (
    Incoming,
    appendix_lines,
    block,
    block_size,
    incoming_stamp,
    seal_with_caption,
)
from signing.model import Box, Level, ReservedPlaces, Role, SignaturePlan
from signing.placing import Sheet, top_right
from signing.prepare import prepare
from signing.profiles import ProfileName, planned
from signing.stamp import reserve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from holders import Holders
    from papers import Paper

    from docsvc.bootstrap import Services
    from docsvc.demo.instance import Instance
    from signing.model import Appearance

SAMPLES = Path(__file__).parents[2] / "sample_docs"
EVERY_STEP = (Step.CONFIRM, Step.SIGN_LEADER, Step.SIGN_ORGANISATION)
KEPT = (Step.RECEIVE, Step.SIGN_LEADER, Step.SIGN_ORGANISATION, Step.TIMESTAMP)
# The road is at a standstill when nothing has changed for this long.
QUIET_S = 30.0
A4 = Sheet(page=0, width=595.276, height=841.89)
POLL_S = 0.5


def produce(folder: Path, instance_folder: Path) -> Truth:
    """Write the PDFs.

    Args:
        folder: gets the files; made.
        instance_folder: of the demonstration instance; made.

    Returns:
        The root certificate that all signers and the authority descend from, and all CRLs.
    """
    made = demonstration.prepare(
        instance_folder,
        port=_free_port(),
        workers=2,
        base_url=f"http://127.0.0.1:{_free_port()}",
    )
    holders = enrol(made.pki)
    with Authority.start(instance_folder / "demo", made.pki.port) as authority:
        services = open_services(made.settings)
        try:
            upgrade(services.engine)
            demonstration.populate(services, made)
            _take_down_the_road(services)
            made_here = (
                _revisions(services),
                _variants(services, made),
                _profiles(services, made),
                _forgeries(made),
                _signers(services, made, holders, authority),
            )
            for name, pdf in chain.from_iterable(made_here):
                path = folder / f"{name}.pdf"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(pdf)
            # Last: they are younger than every signature.
            return Truth(anchors=(made.pki.certificate(ROOT),), crls=_crls(made))
        finally:
            services.close()


def _crls(made: Instance) -> tuple[bytes, ...]:
    outbound = Outbound(Reach(allow=("127.0.0.1",)), timeout_s=QUIET_S)
    try:
        return tuple(outbound.get(f"{made.pki.url}/crl/{ca}.crl") for ca in (ROOT, *SUB_CAS))
    finally:
        outbound.close()


def _signers(
    services: Services, made: Instance, holders: Holders, authority: Authority
) -> Iterator[tuple[str, bytes]]:
    """Yield documents of every way to sign."""
    folder = made.folder / "signers"
    desk = signers.Desk(services=services, made=made)
    with signers.every_way(made, holders, folder, UNIT) as ways:
        with desktop.opened(services, made, authority, folder) as pc:
            for name, pdf in desktop.documents(pc):
                yield f"signers/{name}", pdf
        for name, pdf in signers.documents(desk, ways, papers(services)):
            yield f"signers/{name}", pdf
        for name, pdf in signers.of_every_pdfa(desk, ways[0], UNIT):
            yield f"pdfa/{name}", pdf


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _take_down_the_road(services: Services) -> None:
    known = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["document"]
    for entry in known:
        if entry["expect"] == "archived" and entry["file"].startswith("documents/"):
            offer = Offer(
                unit_code=entry["unit"],
                file_name=f"{entry['name']}.pdf",
                source="oracle",
                actor="oracle",
                declared_not_secret=True,
                marks_checked=True,
                allow=EVERY_STEP,
            )
            services.accept((SAMPLES / entry["file"]).read_bytes(), offer)
    worker = RunningWorker(services)
    worker.start()
    try:
        _wait_for_quiet(services)
    finally:
        worker.stop()


def _wait_for_quiet(services: Services) -> None:
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET_S:
        with services.transactions() as tx:
            steps = tx.scalar(select(func.count()).select_from(Revision)) or 0
            open_ones = tx.scalar(
                select(func.count()).where(
                    Document.public_code.is_(None), Document.ended_code.is_(None)
                )
            )
        if not open_ones:
            return
        if steps != seen:
            seen, since = steps, time.monotonic()
        time.sleep(POLL_S)


def _revisions(services: Services) -> Iterator[tuple[str, bytes]]:
    """Yield what each step left: the file as it came, and every revision with a signature."""
    with services.transactions() as tx:
        found = tx.execute(
            select(Document.file_name, Revision.step, Revision.digest)
            .join(Revision, Revision.document_id == Document.id)
            .where(Revision.step.in_(KEPT))
            .order_by(Document.file_name, Revision.ordinal)
        ).all()
    for file_name, step, digest in found:
        yield f"road/{Path(file_name or '').stem}.{step}", services.blobs.get(digest)


def _variants(services: Services, made: Instance) -> Iterator[tuple[str, bytes]]:
    """Yield documents signed by the libraries, at each level."""
    augmenter = services.augmenter
    for paper in papers(services):
        for kind, places in (("numbered", paper.places), ("bare", paper.bare_places)):
            bb = _signed(services, made, paper, places, stamp=False)
            bt = _signed(services, made, paper, places, stamp=True)
            lta = augmenter.to_lta(bt)
            levels = {
                Level.B_B: bb,
                Level.B_T: bt,
                Level.B_LT: augmenter.to_lt(bt),
                Level.B_LTA: lta,
            }
            for level, pdf in levels.items():
                yield f"levels/{paper.name}.{kind}.{level}", pdf
            yield f"levels/{paper.name}.{kind}.renewed", augmenter.to_lta(lta)


def _profiles(services: Services, made: Instance) -> Iterator[tuple[str, bytes]]:
    """Yield documents that the body signs alone, in a field of its own, at B-LTA."""
    augmenter = services.augmenter
    for paper in papers(services):
        key = next(one.key for one in made.bodies.seals if one.unit == paper.unit)
        seal = images.seal(made.bodies.unit_by_code[paper.unit])
        for name, look in _looks(seal, services.clock.now()):
            plan = planned(name, Role.ORGANISATION, chain=made.pki.chain(key), appearance=look)
            prepared = prepare(paper.source, plan=plan, at=services.clock.now())
            value = made.pki.rsa_key(key).sign(
                prepared.to_be_signed, padding.PKCS1v15(), hashes.SHA256()
            )
            token = services.stamp(hashlib.sha256(value).digest())
            signed = complete(prepared, plan=plan, value=value, timestamp_token=token)
            yield f"profiles/{paper.name}.{name}", augmenter.to_lta(signed)


def _looks(seal: bytes, at: datetime) -> Iterator[tuple[ProfileName, Appearance]]:
    lines = appendix_lines("12/QĐ-UBND", at)
    yield ProfileName.APPENDIX, block(lines, top_right(A4, block_size(lines, size=10)), size=10)
    square = Box(page=0, x0=20, y0=120, x1=122, y1=222)
    caption = Box(page=0, x0=20, y0=96, x1=170, y1=120)
    words = ("Số: 12/QĐ-UBND", "ngày 20 tháng 11 năm 2026")
    look = seal_with_caption(seal, square, lines=words, caption=caption, size=10)
    yield ProfileName.COPY, look
    entry = Incoming(organisation="UBND XÃ SUỐI TRÚC", number="12")
    yield ProfileName.INCOMING, incoming_stamp(entry, Box(page=0, x0=20, y0=600, x1=162, y1=700))


def _signed(
    services: Services, made: Instance, paper: Paper, places: ReservedPlaces, *, stamp: bool
) -> bytes:
    """Return the file with both signatures, with or without a timestamp each."""
    pdf = reserve(paper.source, places)
    for role in Role:
        holders = made.bodies.officers if role is Role.LEADER else made.bodies.seals
        key = next(one.key for one in holders if one.unit == paper.unit)
        fills = fills_of(paper.classification, number="12", day="20", month="11")
        plan = SignaturePlan(
            role=role,
            field_name=FIELD_OF[role],
            chain=made.pki.chain(key),
            fills=fills if role is Role.ORGANISATION and places.texts else {},
            certify=role is Role.LEADER,
        )
        prepared = prepare(pdf, plan=plan, at=services.clock.now())
        value = made.pki.rsa_key(key).sign(
            prepared.to_be_signed, padding.PKCS1v15(), hashes.SHA256()
        )
        token = services.stamp(hashlib.sha256(value).digest()) if stamp else None
        pdf = complete(prepared, plan=plan, value=value, timestamp_token=token)
    return pdf


def _forgeries(made: Instance) -> Iterator[tuple[str, bytes]]:
    """Yield every forgery of sample_docs/attacks, and the document that they are made of."""
    sys.path.append(str(SAMPLES))
    import attacks  # noqa: PLC0415  the samples are no package
    from attacks.victim import Victim  # noqa: PLC0415

    leader, seal = made.bodies.officers[0].key, made.bodies.seals[0].key
    victim = Victim(
        leader=_filler(made.pki.chain(leader), made.pki.rsa_key(leader)),
        organisation=_filler(made.pki.chain(seal), made.pki.rsa_key(seal)),
        stranger=_stranger(),
    )
    yield "control/victim.intact", victim.sealed
    for name, forge in attacks.ATTACKS.items():
        yield f"forgeries/{name}", forge(victim)


def _filler(signers: tuple[bytes, ...], key: rsa.RSAPrivateKey) -> Callable[[bytes], bytes]:
    """Return what makes the container of a signature over bytes."""
    template = template_of(signers)

    def fill(data: bytes) -> bytes:
        digest = hashlib.sha256(data).digest()
        attributes = template.signed_attributes(digest)
        value = key.sign(attributes, padding.PKCS1v15(), hashes.SHA256())
        return template.assemble(digest=digest, value=value, timestamp_token=None)

    return fill


def _stranger() -> Callable[[bytes], bytes]:
    """Return a signer whose CA nobody trusts."""
    root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    issuer = issuing.Issuer(
        certificate=issuing.issue_root(issuing.authority_name("Root"), root_key),
        key=root_key,
        crl_url="http://127.0.0.1/crl",
        certificate_url="http://127.0.0.1/ca",
        ocsp_url=None,
    )
    own = issuing.issue_holder(issuing.authority_name("Stranger"), key, issuer=issuer)
    return _filler((own.public_bytes(Encoding.DER),), key)
