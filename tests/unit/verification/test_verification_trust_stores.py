from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from verification_files import base, by, check, sign

from verification import certificates, trust
from verification.errors import TrustMaterialError
from verification.model import Indication, Role
from verification.roles import role_of
from verification.trust import Anchor, AnchorKind, Trust, load_directory

if TYPE_CHECKING:
    from pathlib import Path

    from verification_containers import Recipe
    from verification_pki import Party, Pki

    from verification.model import SignatureReport


def signed_by(
    party: Party, trusted: Trust, recipe: Recipe | None = None, **more: object
) -> SignatureReport:
    return check(sign(base(), by(party, recipe)), trusted, **more).signatures[0]  # type: ignore[arg-type]


# -- roles and folders


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Nguyễn Văn An", Role.LEADER),
        ("UBND xã Suối Trúc", Role.ORGANISATION),
        ("Ủy ban nhân dân xã Suối Trúc", Role.ORGANISATION),
        ("ĐẢNG ỦY XÃ SUỐI TRÚC", Role.ORGANISATION),
        ("Đoàn Thị Điểm", Role.LEADER),
        ("Đoàn Thanh niên xã Suối Trúc", Role.ORGANISATION),
        ("Trương Văn Cường", Role.LEADER),
        ("Trường Tiểu học Suối Trúc", Role.ORGANISATION),
        ("Truong Van Cuong", Role.LEADER),
        ("UBND XA SUOI TRUC", Role.ORGANISATION),
        ("Bộ Xây dựng", Role.ORGANISATION),
        ("Hội Nông dân xã Suối Trúc", Role.ORGANISATION),
        ("", Role.LEADER),
    ],
)
def test_name_speaks_for_a_role(name: str, role: Role, pki: Pki) -> None:
    known = replace(certificates.load(pki.root.der), common_name=name)

    assert role_of(known, {}) is role


def test_store_in_a_folder_is_read(tmp_path: Path, pki: Pki) -> None:
    for folder in ("state", "intermediates", "tsa", "crls"):
        (tmp_path / folder).mkdir()
    (tmp_path / "state" / "root.crt").write_bytes(pki.root.der)
    pem = pki.ca.certificate.public_bytes(Encoding.PEM)
    crl = x509.load_der_x509_crl(pki.crl()).public_bytes(Encoding.PEM)
    (tmp_path / "intermediates" / "all.pem").write_bytes(pem + crl)
    (tmp_path / "intermediates" / "root.cer").write_bytes(pki.root.der)
    (tmp_path / "tsa" / "tsa.der").write_bytes(pki.tsa.der)
    (tmp_path / "crls" / "a.ocsp").write_bytes(pki.ocsp(pki.leader))
    (tmp_path / "top.pem").write_bytes(pki.root.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "README.md").write_text("not read")

    found = load_directory(tmp_path)

    assert [(one.kind, one.name) for one in found.anchors] == [
        (AnchorKind.STATE, "Gốc thử nghiệm"),
        (AnchorKind.PUBLIC, "Gốc thử nghiệm"),
        (AnchorKind.TSA, "Máy chủ dấu thời gian"),
    ]
    assert found.intermediates == (pki.ca.der, pki.root.der)
    assert (len(found.crls), len(found.ocsps)) == (1, 1)


def test_store_may_be_one_file(tmp_path: Path, pki: Pki) -> None:
    file = tmp_path / "anchors"
    file.write_bytes(pki.root.der)

    assert [one.certificate for one in load_directory(file).anchors] == [pki.root.der]


def test_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.crt").write_bytes(b"junk")

    with pytest.raises(TrustMaterialError) as raised:
        load_directory(tmp_path)

    assert raised.value.facts == {"file": "a.crt"}


def test_anchor_that_cannot_be_read_is_left_out(pki: Pki) -> None:
    trusted = Trust(anchors=(Anchor(certificate=b"junk", name="x", kind=AnchorKind.STATE),))

    assert dict(trust.index(trusted).anchors) == {}
    assert signed_by(pki.leader, trusted).indication is Indication.INDETERMINATE
