"""The container in /Contents: does it belong to these bytes, this certificate, this moment."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from verification import certificates, crypto, statuses
from verification._pades import cms
from verification._pades.cms import Cms, CmsError, SignersError
from verification._pdf.objects import Buffer
from verification.certificates import Certificate
from verification.context import Context, conclude, failed, remark, unsure
from verification.crypto import UnknownAlgorithmError
from verification.model import Finding, Indication, SubIndication
from verification.validity import Moment, check_digest, judge

# What was signed: digest name → digest of it, or the bytes themselves for Edwards curves.
Digester = Callable[[str], bytes]


# PKCS #1: signature algorithms, none of them a digest.
_RSA_ARC = "1.2.840.113549.1.1."
_DIGESTS_OF_CURVES = {
    "ed25519": frozenset({"sha512"}),
    "ed448": frozenset({"shake256", "shake256_len"}),
}


@dataclass(slots=True)
class Integrity:
    """Container, signer and what was found; ``signer`` is None if no certificate is known."""

    container: Cms | None = None
    signer: Certificate | None = None
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class TokenVerdict:
    """What was found about one RFC 3161 token."""

    time: datetime | None = None
    signer: Certificate | None = None
    findings: list[Finding] = field(default_factory=list)
    in_store: bool = False
    has_indefinite: bool = False

    @property
    def passed(self) -> bool:
        """Tell whether the token proves its time."""
        return self.time is not None and conclude(self.findings)[0] is Indication.TOTAL_PASSED


def check_container(
    data: bytes, digester: Digester, context: Context, *, sub_filter: str
) -> Integrity:
    """Check a signature's container against the bytes it signs (V-06 to V-09).

    Args:
        data: the bytes of /Contents, padding included.
        digester: gives the digest of the signed bytes.
        context: where else to look for the signer's certificate.
        sub_filter: /SubFilter of the signature dictionary.

    Returns:
        The container and its signer as far as they can be known, with findings.
    """
    result = Integrity()
    try:
        result.container = cms.parse(data)
    except SignersError as e:
        result.findings.append(
            failed(
                "V-06",
                "verification.signers-not-one",
                SubIndication.FORMAT_FAILURE,
                count=str(e),
            )
        )
        return result
    except CmsError as e:
        result.findings.append(
            failed(
                "V-06",
                "verification.container-unreadable",
                SubIndication.FORMAT_FAILURE,
                cause=str(e),
            )
        )
        return result
    if not result.container.padding_is_zero:
        result.findings.append(remark("V-06", "verification.padding-not-zero"))
    try:
        _check_message(result, result.container, digester, sub_filter)
        _check_signer(result, result.container, digester, context, sub_filter)
    except UnknownAlgorithmError as e:
        result.findings.append(_about_unknown(str(e)))
    return result


def _about_unknown(name: str) -> Finding:
    """Judge an algorithm nobody knows; a signature's OID where a digest's belongs is a fault."""
    if name.startswith(_RSA_ARC):
        return failed(
            "V-06", "verification.not-a-digest", SubIndication.FORMAT_FAILURE, algorithm=name
        )
    return unsure(
        "V-15",
        "verification.unknown-algorithm",
        # Not one of age or strength: nothing is known of the bytes (EN 319 102-1 §5.2.7).
        SubIndication.GENERIC,
        algorithm=name,
    )


def _check_message(result: Integrity, container: Cms, digester: Digester, sub_filter: str) -> None:
    """Check that the digest in the container is that of the bytes (V-07)."""
    digest = digester(container.digest_name)
    if sub_filter == "adbe.pkcs7.sha1":
        fits = container.content == digester("sha1")
        digest = crypto.digest(container.digest_name, container.content or b"")
    elif sub_filter == "ETSI.RFC3161":
        fits = container.content is not None
        digest = crypto.digest(container.digest_name, container.content or b"")
    else:
        fits = container.content is None or _repeats(container, digest)
        if not fits:
            result.findings.append(
                failed("V-06", "verification.content-inside", SubIndication.FORMAT_FAILURE)
            )
            return
        if container.content is not None:
            result.findings.append(remark("V-06", "verification.content-repeated"))
    if container.signed_attributes is None:
        result.findings.append(remark("V-07", "verification.no-signed-attributes"))
    else:
        fits = fits and container.message_digest == digest
        _check_attributes(result, container)
    if not fits:
        result.findings.append(
            failed("V-07", "verification.content-changed", SubIndication.HASH_FAILURE)
        )


def _repeats(container: Cms, digest: bytes) -> bool:
    """Tell whether the container holds the signed bytes themselves: nothing else can be meant."""
    return crypto.digest(container.digest_name, container.content or b"") == digest


def _check_attributes(result: Integrity, container: Cms) -> None:
    if container.attribute_content_type != container.content_type:
        result.findings.append(
            failed("V-06", "verification.content-type", SubIndication.FORMAT_FAILURE)
        )
    if container.protected_digest not in (None, container.digest_name):
        result.findings.append(
            failed("V-06", "verification.algorithm-protection", SubIndication.FORMAT_FAILURE)
        )


def _check_signer(
    result: Integrity, container: Cms, digester: Digester, context: Context, sub_filter: str
) -> None:
    """Find the signer's certificate (V-08) and check the value with its key (V-09)."""
    signer = _find_signer(container, context)
    if signer is None:
        result.findings.append(
            unsure(
                "V-08",
                "verification.no-signing-certificate",
                SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
            )
        )
        return
    result.signer = signer
    context.used.add(signer.sha256)
    _check_binding(result, container, signer, sub_filter)
    _check_pairing(result, container)
    if not _value_holds(container, signer, digester, sub_filter):
        result.findings.append(
            failed("V-09", "verification.signature-value", SubIndication.SIG_CRYPTO_FAILURE)
        )


def _check_binding(result: Integrity, container: Cms, signer: Certificate, sub_filter: str) -> None:
    """RFC 5035: the certificate is named by its hash among what was signed."""
    for named in container.certificate_ids:
        if crypto.digest(named.hash_name, signer.der) != named.digest:
            result.findings.append(
                unsure(
                    "V-08",
                    "verification.other-certificate-named",
                    SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
                )
            )
            return
    if not container.certificate_ids and container.signed_attributes is not None:
        code = "verification.certificate-not-named"
        result.findings.append(
            unsure("V-08", code, SubIndication.SIG_CONSTRAINTS_FAILURE)
            if sub_filter == "ETSI.CAdES.detached"
            else remark("V-08", code)
        )


def _check_pairing(result: Integrity, container: Cms) -> None:
    """RFC 8419 §3.1: an Edwards curve goes with one digest of the content, each with its own."""
    wanted = _DIGESTS_OF_CURVES.get(container.algorithm.scheme)
    if wanted and container.signed_attributes is not None and container.digest_name not in wanted:
        result.findings.append(
            unsure(
                "V-15",
                "verification.digest-of-another-scheme",
                SubIndication.GENERIC,
                algorithm=container.algorithm.scheme,
                digest=container.digest_name,
            )
        )


def _find_signer(container: Cms, context: Context) -> Certificate | None:
    pool = (
        *certificates.load_all(container.certificates),
        *(one for group in context.embedded.values() for one in group),
        *(one for group in context.trusted.issuers.values() for one in group),
    )
    return next((one for one in pool if is_signer(one, container)), None)


def is_signer(one: Certificate, container: Cms) -> bool:
    """Tell whether a certificate is the one that a container names as its signer's."""
    if container.key_id is not None:
        return one.key_id == container.key_id
    return one.serial == container.serial and one.issuer == container.issuer


def _value_holds(container: Cms, signer: Certificate, digester: Digester, sub_filter: str) -> bool:
    key, algorithm, value = signer.public_key, container.algorithm, container.signature
    if container.signed_attributes is not None:
        sent = container.signed_attributes
        # RFC 5652 §5.4: their DER is what was hashed; some signers hash what they send instead.
        return crypto.signature_holds(key, algorithm, value, sent) or crypto.signature_holds(
            key, algorithm, value, cms.in_der(sent)
        )
    if sub_filter in ("adbe.pkcs7.sha1", "ETSI.RFC3161"):
        return crypto.signature_holds(key, algorithm, value, container.content or b"")
    if algorithm.scheme.startswith("ed"):
        return crypto.signature_holds(key, algorithm, value, digester(""))
    digest = digester(algorithm.hash_name)
    return crypto.signature_holds(key, algorithm, value, digest, hashed=True)


def check_token(token: bytes, imprinted: Digester, proof: Moment, context: Context) -> TokenVerdict:
    """Check a timestamp token: what it stamps, its signature, its authority (V-10).

    Args:
        token: DER of the token, padding allowed.
        imprinted: gives the digest of what should be stamped.
        proof: the moment at which the token is known to have existed.
        context: trust, policy and evidence.

    Returns:
        Time and authority as stated, with findings; only ``passed`` makes the time a proof.
    """
    verdict = TokenVerdict()
    result = check_container(token, lambda _: b"", context, sub_filter="ETSI.RFC3161")
    verdict.findings.extend(result.findings)
    if result.container is None:
        return verdict
    verdict.has_indefinite = result.container.has_indefinite
    try:
        info = cms.timestamp_info(result.container)
        fits = imprinted(info.hash_name) == info.imprint
    except (CmsError, UnknownAlgorithmError) as e:
        verdict.findings.append(
            failed(
                "V-10",
                "verification.timestamp-unreadable",
                SubIndication.FORMAT_FAILURE,
                cause=str(e),
            )
        )
        return verdict
    verdict.time, verdict.signer = info.time, result.signer
    if not fits:
        verdict.findings.append(
            failed("V-10", "verification.timestamp-of-other-data", SubIndication.HASH_FAILURE)
        )
    _check_authority(verdict, result.container, info.hash_name, proof, context)
    return verdict


def _check_authority(
    verdict: TokenVerdict, container: Cms, imprint_hash: str, proof: Moment, context: Context
) -> None:
    if verdict.signer is None or verdict.time is None:
        return
    # An authority's data has to speak for the moment it stamped; later data counts if it
    # revokes. What proves the token itself is the timestamp over it, or today: a stolen key
    # states any time it likes.
    stated = Moment(proof=verdict.time, is_trusted=True, claimed=verdict.time)
    proven = replace(proof, claimed=verdict.time)
    if proof.proof > verdict.signer.valid_to:
        verdict.findings.append(
            unsure(
                "V-12",
                "verification.timestamp-authority-expired",
                SubIndication.OUT_OF_BOUNDS_NO_POE,
            )
        )
    context.existence.carried((*container.crls, *container.ocsps), proof.proof)
    chain = judge(
        verdict.signer,
        stated,
        context,
        for_timestamps=True,
        container=statuses.sources(container.crls, container.ocsps),
        proven=proven,
    )
    verdict.findings.extend(chain.findings)
    verdict.in_store = chain.in_store
    for name in dict.fromkeys((imprint_hash, container.digest_name)):
        weak = check_digest(name, proof, context)
        if weak is not None:
            verdict.findings.append(weak)


class RangeDigests:
    """Digests over one file: each byte before the last hole is hashed once for all of them.

    Args:
        data: the whole file.
        holes: where the holes begin.
    """

    def __init__(self, data: Buffer, holes: Iterable[int] = ()) -> None:
        self._view = memoryview(data)
        self._starts = sorted({at for at in holes if at <= len(data)})
        self._states: dict[str, dict[int, hashlib._Hash]] = {}

    def over(self, hole: tuple[int, int], end: int) -> Digester:
        """Return the digester of all bytes before ``end`` but the hole."""

        def digester(name: str) -> bytes:
            if not name:
                return bytes(self._view[: hole[0]]) + bytes(self._view[hole[1] : end])
            if name.startswith("sha") and not name.startswith("shake"):
                final = self._before(name, hole[0]).copy()
                final.update(self._view[hole[1] : end])
                return final.digest()
            return crypto.digest(name, self._view[: hole[0]], self._view[hole[1] : end])

        return digester

    def whole(self) -> str:
        """Return the SHA-256 of the whole file, in hex."""
        last = self._starts[-1] if self._starts else 0
        final = self._before("sha256", last).copy()
        final.update(self._view[last:])
        return final.hexdigest()

    def _before(self, name: str, at: int) -> "hashlib._Hash":
        """Return the state after all bytes before a hole, the holes before it included."""
        states = self._states.get(name)
        if states is None:
            state = hashlib.new(name, usedforsecurity=False)
            states = self._states[name] = {0: state.copy()}
            done = 0
            for start in self._starts:
                state.update(self._view[done:start])
                states[start], done = state.copy(), start
        return states[at]
