"""Issuers that are missing are fetched from where certificates say; chains decide what is used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import AuthorityInformationAccessOID
from verification_containers import Recipe
from verification_files import base, by, sign
from verification_pki import NOW, Party, Shape, make, new_key

from verification.errors import UnreadableFileError
from verification.revocation import issuers
from verification.trust import Anchor, AnchorKind, Trust

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec


def below(
    name: str,
    issuer: Party,
    *urls: str,
    ca: bool = True,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> Party:
    """Issue a certificate that says where its issuer's is found."""
    own = key or new_key()
    access = [
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(url)
        )
        for url in urls
    ]
    access.append(
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.DNSName("not-an-address.example")
        )
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer.certificate.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW.replace(year=2020))
        .not_valid_after(NOW.replace(year=2036))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.AuthorityInformationAccess(access), critical=False)
    )
    return Party(own, builder.sign(issuer.key, hashes.SHA256()))  # type: ignore[arg-type]


@dataclass
class World:
    """Root, two authorities and a signer, and what is found at their addresses."""

    root: Party
    upper: Party
    lower: Party
    leaf: Party
    pages: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str, body: bytes | None) -> bytes:
        assert body is None
        self.asked.append(url)
        if url not in self.pages:
            raise ConnectionError(url)
        return self.pages[url]

    @property
    def trust(self) -> Trust:
        anchor = Anchor(certificate=self.root.der, name="Gốc", kind=AnchorKind.STATE)
        return Trust(anchors=(anchor,))


@pytest.fixture
def world() -> World:
    root = make("Gốc", new_key(), Shape(ca=True))
    upper = below("Trên", root, "http://x/root.crt")
    lower = below("Dưới", upper, "http://x/upper.crt")
    leaf = below("Người ký", lower, "http://x/absent.crt", "http://x/lower.crt", ca=False)
    pages = {
        "http://x/root.crt": root.der,
        "http://x/upper.crt": upper.der,
        "http://x/lower.crt": lower.der,
    }
    return World(root, upper, lower, leaf, pages)


def test_way_up_to_an_anchor_is_fetched_step_by_step(world: World) -> None:
    assert set(issuers([world.leaf.der], world.trust, world.fetch)) == {
        world.lower.der,
        world.upper.der,
    }


def test_signers_of_a_file_are_asked_for(world: World) -> None:
    pdf = sign(base(), by(world.leaf, Recipe(certificates=(world.leaf,))))

    assert len(issuers(pdf, world.trust, world.fetch)) == 2


def test_nothing_is_asked_where_nothing_is_missing(world: World) -> None:
    trusted = Trust(anchors=world.trust.anchors, intermediates=(world.upper.der, world.lower.der))

    assert issuers([world.leaf.der], trusted, world.fetch) == ()
    assert world.asked == []


def test_chain_that_the_file_brings_is_climbed_first(world: World) -> None:
    found = issuers([world.leaf.der, world.lower.der], world.trust, world.fetch)

    assert found == (world.upper.der,)
    assert "http://x/lower.crt" not in world.asked


def test_what_leads_to_no_anchor_is_not_used(world: World) -> None:
    stranger = make("Người lạ", new_key(), Shape(ca=True))
    trusted = Trust(anchors=(Anchor(certificate=stranger.der, name="x", kind=AnchorKind.STATE),))

    assert issuers([world.leaf.der], trusted, world.fetch) == ()


def test_certificate_of_the_same_name_with_another_key_is_not_used(world: World) -> None:
    world.pages["http://x/lower.crt"] = below("Dưới", world.upper).der

    assert issuers([world.leaf.der], world.trust, world.fetch) == ()


@pytest.mark.parametrize("form", ["pem", "p7c"])
def test_issuer_may_come_in_any_usual_form(world: World, form: str) -> None:
    both = [world.root.certificate, world.lower.certificate]
    world.pages["http://x/lower.crt"] = (
        b"".join(one.public_bytes(Encoding.PEM) for one in both)
        if form == "pem"
        else pkcs7.serialize_certificates(both, Encoding.DER)
    )

    assert len(issuers([world.leaf.der], world.trust, world.fetch)) == 2


@pytest.mark.parametrize("page", [b"", b"<html>", b"0\x03\x02\x01\x01"])
def test_page_that_holds_no_certificate_ends_the_search(world: World, page: bytes) -> None:
    world.pages["http://x/lower.crt"] = page

    assert issuers([world.leaf.der], world.trust, world.fetch) == ()


def test_circle_of_certificates_comes_to_an_end(world: World) -> None:
    key = new_key()
    one = below("Một", world.upper, "http://x/two.crt", key=key)
    two = below("Hai", one, "http://x/one.crt")
    circle = below("Một", two, "http://x/two.crt", key=key)
    world.pages = {"http://x/one.crt": circle.der, "http://x/two.crt": two.der}
    leaf = below("Người ký", two, "http://x/two.crt", ca=False)

    assert issuers([leaf.der], Trust(), world.fetch) == ()
    assert len(world.asked) < 10


def test_endless_way_up_is_left_after_some_steps(world: World) -> None:
    parties = [make("0", new_key(), Shape(ca=True))]
    for number in range(1, 14):
        parties.append(below(str(number), parties[-1], f"http://x/{number - 1}"))
    world.pages = {f"http://x/{n}": one.der for n, one in enumerate(parties)}

    assert issuers([parties[-1].der], world.trust, world.fetch) == ()
    assert len(world.asked) == 8


def test_certificate_without_addresses_has_nobody_to_ask(world: World) -> None:
    bare = make("Trơ", new_key(), Shape(issuer=world.lower))

    assert issuers([bare.der], world.trust, world.fetch) == ()


def test_file_that_cannot_be_read_is_refused(world: World) -> None:
    with pytest.raises(UnreadableFileError):
        issuers(b"%PDF-1.7 junk", world.trust, world.fetch)
