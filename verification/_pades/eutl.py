"""Trusted lists (ETSI TS 119 612) through pyHanko's reader; needs the extra ``eu``.

Only what a signature covers is read: pyHanko hands back the signed bytes, and everything here
comes from them.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import iterparse

from asn1crypto import x509
from pyhanko.sign.validation.qualified import eutl_parse
from pyhanko.sign.validation.qualified.tsp import CAServiceInformation, QcCertType

from verification.trusted_lists import Pointer, Service, ServiceKind, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from xml.etree.ElementTree import Element

_NAMESPACE = "{http://uri.etsi.org/02231/v2#}"
_HEAD = [f"{_NAMESPACE}TrustServiceStatusList", f"{_NAMESPACE}SchemeInformation"]
_LIST_OF_LISTS = "/EUlistofthelists"


def signed_part(text: str, signers: Iterable[bytes], at: datetime) -> str:
    """Return the list that one of some certificates signed, valid at a moment.

    Raises:
        Exception: of any kind, if there is none.
    """
    # pyHanko's public calls do not hand back what was signed.
    extract = eutl_parse._validate_and_extract_tl_data_multiple_certs  # noqa: SLF001
    known = [x509.Certificate.load(one) for one in signers]
    return str(extract(text, known, validation_time=at))


def statement(signed: str) -> Statement:
    """Read what a list says of itself; what comes after its head is not looked at.

    Raises:
        Exception: of any kind, if it is no trusted list.
    """
    head = _head(signed)
    following = _child(head, "NextUpdate").findtext(f"{_NAMESPACE}dateTime")
    return Statement(
        territory=_text(head, "SchemeTerritory"),
        number=int(_text(head, "TSLSequenceNumber")),
        issued=datetime.fromisoformat(_text(head, "ListIssueDateTime")),
        next_update=None if following is None else datetime.fromisoformat(following.strip()),
        is_list_of_lists=_text(head, "TSLType").endswith(_LIST_OF_LISTS),
    )


def _head(signed: str) -> Element:
    """Return the scheme information; pyHanko would build classes for a whole list of megabytes."""
    above: list[str] = []
    # The caller has refused document types, and with them entities.
    events = iterparse(io.BytesIO(signed.encode()), events=("start", "end"))  # noqa: S314
    for event, element in events:
        if event == "start":
            above.append(element.tag)
        elif above == _HEAD:
            return element
        else:
            above.pop()
    raise LookupError(_HEAD[-1])


def _child(head: Element, name: str) -> Element:
    found = head.find(_NAMESPACE + name)
    if found is None:
        raise LookupError(name)
    return found


def _text(head: Element, name: str) -> str:
    return (_child(head, name).text or "").strip()


def pointers(signed: str) -> Iterator[Pointer]:
    """Read whose lists a list of the lists names, and who signs them."""
    for one in eutl_parse.parse_lotl_unsafe(signed).references:
        if eutl_parse.LOTL_RULE not in one.scheme_rules:
            yield Pointer(
                territory=one.territory,
                location=one.location_uri,
                signers=tuple(signer.dump() for signer in one.tlso_certs),
            )


def services(signed: str, territory: str) -> Iterator[Service]:
    """Read the periods in which qualified services were granted, one for each certificate.

    Those that only issue certificates of web sites are left out.
    """
    for one in eutl_parse.read_qualified_service_definitions(signed):
        base = one.base_info
        if base.additional_info_certificate_type == {QcCertType.QC_WEB}:
            continue
        yield from (
            Service(
                territory=territory,
                kind=ServiceKind.CA if isinstance(one, CAServiceInformation) else ServiceKind.TSA,
                name=str(base.service_name),
                certificate=certificate.dump(),
                since=base.valid_from,
                until=base.valid_until,
            )
            for certificate in base.provider_certs
        )


def bundled_signers() -> tuple[bytes, ...]:
    """Return the signers of the list of the lists that this pyHanko knows; nobody trusts them."""
    known: list[Any] = eutl_parse.latest_known_lotl_tlso_certs()
    return tuple(one.dump() for one in known)
