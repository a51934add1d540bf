"""Old practice is no forgery: what a signature does as tools of its time did, by name.

These remarks change no indication. What a policy makes of an old digest, of a time ahead or of a
missing issuer is said by the checks V-11, V-15 and V-17.
"""

from verification._pades.cms import Cms
from verification.context import remark
from verification.model import Finding
from verification.revisions import SignedField

_OLD_KINDS = frozenset({"adbe.x509.rsa_sha1", "adbe.pkcs7.sha1"})
_WEAK = frozenset({"sha1", "md5"})
# Tools of the state reserve 128 KiB; a container with chain and timestamp takes some 10 KiB.
_LARGE_RESERVE = 100 << 10


def remarks(one: SignedField, container: Cms, *, indefinite_inside: bool = False) -> list[Finding]:
    """Return remarks about one signature.

    Args:
        one: the signature as it stands in the file.
        container: what /Contents holds.
        indefinite_inside: whether a timestamp token in it has indefinite lengths.
    """
    found: list[Finding] = []
    if one.sub_filter in _OLD_KINDS:
        found.append(remark("V-06", "verification.old-kind", sub_filter=one.sub_filter))
    if container.digest_name in _WEAK:
        found.append(remark("V-15", "verification.old-digest", algorithm=container.digest_name))
    if container.has_indefinite or indefinite_inside:
        found.append(remark("V-06", "verification.indefinite-length"))
    if not container.attributes_are_der:
        found.append(remark("V-06", "verification.attributes-not-der"))
    if one.hole[1] - one.hole[0] > 2 * _LARGE_RESERVE:
        found.append(remark("V-06", "verification.large-reserve"))
    is_old = one.sub_filter.startswith("adbe.")
    if is_old and len(container.certificates) == 1:
        found.append(remark("V-11", "verification.signer-certificate-only"))
    return found
