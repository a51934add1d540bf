"""Tokens through their PKCS#11 modules: what is plugged in, and signatures by their keys.

The binding initialises modules without locking, and two sessions in two threads crash the
process: everything that touches a module goes through one queue for each module, and whoever
serves many people keeps one process for each token.
"""

from signing.signers.pkcs11.pin import Pin
from signing.signers.pkcs11.signer import Pkcs11Signer
from signing.signers.pkcs11.tokens import (
    CertificateSeen,
    PinState,
    SlotSeen,
    TokenSeen,
    survey,
)

__all__ = [
    "CertificateSeen",
    "Pin",
    "PinState",
    "Pkcs11Signer",
    "SlotSeen",
    "TokenSeen",
    "survey",
]
