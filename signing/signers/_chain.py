"""Puts the certificates of one signer in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

if TYPE_CHECKING:
    from collections.abc import Iterable


def chain_of(leaf: bytes, others: Iterable[bytes]) -> tuple[bytes, ...]:
    """Follow the issuers from a leaf, as far as they are held; a self-issued root is left out.

    Args:
        leaf: the signer's certificate in DER.
        others: the other certificates at hand, in DER.
    """
    held = {encoded: x509.load_der_x509_certificate(encoded) for encoded in others}
    chain, last = [leaf], x509.load_der_x509_certificate(leaf)
    while True:
        issuer = next((item for item in held.items() if _issued(item[1], last)), None)
        if issuer is None or issuer[0] in chain:
            return tuple(chain)
        chain.append(issuer[0])
        last = issuer[1]


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    return issuer.subject == certificate.issuer and issuer.subject != issuer.issuer
