"""Trusted lists (ETSI TS 119 612) through pyHanko's reader; needs the extra ``eu``.

Only what a signature covers is read: pyHanko hands back the signed bytes, and everything here
comes from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asn1crypto import x509
from pyhanko.sign.validation.qualified import eutl_parse
from pyhanko.sign.validation.qualified.tsp import CAServiceInformation, QcCertType

from verification.trusted_lists import Pointer, Service, ServiceKind, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

_LIST_OF_LISTS = "/EUlistofthelists"


def signed_part(text: str, signers: Iterable[bytes], at: datetime) -> str:
    """Return the list that one of some certificates signed, valid at a moment.

    Raises:
        Exception: of any kind, if there is none.
    """
    # pyHanko's public call reads services alone and drops number and dates of the list.
    extract = eutl_parse._validate_and_extract_tl_data_multiple_certs  # noqa: SLF001
    known = [x509.Certificate.load(one) for one in signers]
    return str(extract(text, known, validation_time=at))


def statement(signed: str) -> Statement:
    """Read what a list says of itself.

    Raises:
        Exception: of any kind, if it is no trusted list.
    """
    scheme: Any = eutl_parse._raw_tl_parse(signed).scheme_information  # noqa: SLF001  # as above
    following = scheme.next_update.date_time
    return Statement(
        territory=scheme.scheme_territory.value,
        number=int(scheme.tslsequence_number),
        issued=scheme.list_issue_date_time.to_datetime(),
        next_update=None if following is None else following.to_datetime(),
        is_list_of_lists=scheme.tsltype.value.endswith(_LIST_OF_LISTS),
    )


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
