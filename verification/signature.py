"""The verdict on one signature, and on one document timestamp."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from verification import crypto, practice, statuses
from verification._pades.cms import Cms
from verification._pdf.document import Document
from verification.cades import Integrity, RangeDigests, TokenVerdict, check_container, check_token
from verification.context import Context, conclude, read_store, remark, unsure
from verification.dates import pdf_date
from verification.history import History
from verification.model import (
    Finding,
    Indication,
    Level,
    Modification,
    Role,
    SignatureReport,
    SubIndication,
    TimestampReport,
)
from verification.revisions import SignedField
from verification.roles import role_of
from verification.validity import ChainVerdict, Moment, check_digest, judge

_SUB_FILTERS = frozenset(
    {"ETSI.CAdES.detached", "adbe.pkcs7.detached", "adbe.pkcs7.sha1", "adbe.x509.rsa_sha1"}
)


class Examiner:
    """Examines the signatures of one file: document timestamps first, the newest before all."""

    def __init__(
        self,
        document: Document,
        context: Context,
        history: History,
        roles: Mapping[str, Role],
    ) -> None:
        self.document = document
        self.context = context
        self.history = history
        self.roles = roles
        self.digests = RangeDigests(document.data, (one.hole[0] for one in history.signed))
        # (end of the stamped bytes, its revision, time) of each timestamp that passed.
        self._proofs: list[tuple[int, int, datetime]] = []

    def timestamp(self, one: SignedField) -> TimestampReport:
        """Examine a document timestamp."""
        findings = list(one.findings)
        kind, verdict = Modification.NONE, TokenVerdict()
        if one.revision >= 0:
            digester = self.digests.over(one.hole, one.end)
            verdict = check_token(one.contents, digester, self._proof_for(one), self.context)
            kind, later = self.history.after(one, self.context.policy)
            findings += [*verdict.findings, *later]
        indication, sub = conclude(findings)
        if indication is Indication.TOTAL_PASSED and verdict.time is not None:
            self._proofs.append((one.end, one.revision, verdict.time))
            self.context.existence.stamped(
                lambda: read_store(self.document, one.revision), verdict.time
            )
        return TimestampReport(
            field=one.name,
            authority=None if verdict.signer is None else verdict.signer.common_name,
            time=verdict.time,
            indication=indication,
            sub_indication=sub,
            coverage=one.coverage,
            modification=kind,
            findings=tuple(findings),
        )

    def signature(self, one: SignedField) -> SignatureReport:
        """Examine a signature."""
        if one.sub_filter not in _SUB_FILTERS and not one.findings:
            one.findings.append(
                unsure(
                    "V-02",
                    "verification.sub-filter-unknown",
                    SubIndication.GENERIC,
                    sub_filter=one.sub_filter,
                )
            )
        if one.findings:
            return self._report(one, Integrity(), [], Modification.NONE, None, None)
        digester = self.digests.over(one.hole, one.end)
        result = check_container(one.contents, digester, self.context, sub_filter=one.sub_filter)
        kind, later = self.history.after(one, self.context.policy)
        findings = [*result.findings, *later]
        if result.container is None or result.signer is None:
            return self._report(one, result, findings, kind, None, None)
        stamps = self._signature_timestamps(one, result.container)
        findings += practice.remarks(
            one, result.container, indefinite_inside=any(each.has_indefinite for each in stamps)
        )
        for stamp in stamps:
            if not stamp.passed:
                findings.append(remark("V-10", "verification.timestamp-not-passed"))
                findings += [
                    remark(found.check, found.code, **found.facts) for found in stamp.findings
                ]
        when = self._moment(one, result.container, stamps)
        # A timestamp of the signature covers its value, not the data beside it.
        self.context.existence.carried(
            (*result.container.crls, *result.container.ocsps), self._proof_for(one).proof
        )
        chain = judge(
            result.signer,
            when,
            self.context,
            container=statuses.sources(result.container.crls, result.container.ocsps),
        )
        findings += chain.findings
        findings += self._about_algorithms(result.container, when)
        findings += self._about_time(when)
        level = self._level(one, result.container, stamps, chain, when)
        stamped = min((each.time for each in stamps if each.passed and each.time), default=None)
        report = self._report(one, result, findings, kind, level, stamped)
        if when.is_trusted:
            report = replace(report, proven_time=when.proof)
        if chain.anchor is None:
            return report
        return replace(report, anchor_kind=str(chain.anchor.kind), anchor_name=chain.anchor.name)

    def _proof_for(self, one: SignedField) -> Moment:
        """Return the earliest moment at which bytes are proven to have existed."""
        times = [time for end, _, time in self._proofs if end > one.end]
        if times:
            return Moment(proof=min(times), is_trusted=True)
        return Moment(proof=self.context.at, is_trusted=False)

    def _signature_timestamps(self, one: SignedField, container: Cms) -> list[TokenVerdict]:
        proof = self._proof_for(one)
        return [
            check_token(
                token,
                lambda name: crypto.digest(name, container.signature),
                proof,
                self.context,
            )
            for token in container.timestamps
        ]

    def _moment(self, one: SignedField, container: Cms, stamps: list[TokenVerdict]) -> Moment:
        claimed = container.signing_time or pdf_date(one.dictionary.get("M"))
        passed = [stamp.time for stamp in stamps if stamp.passed and stamp.time is not None]
        outer = self._proof_for(one)
        if not passed:
            return Moment(proof=outer.proof, is_trusted=outer.is_trusted, claimed=claimed)
        return Moment(proof=min(*passed, outer.proof), is_trusted=True, claimed=claimed)

    def _about_algorithms(self, container: Cms, when: Moment) -> list[Finding]:
        names = dict.fromkeys((container.digest_name, container.algorithm.hash_name))
        found = [check_digest(name, when, self.context) for name in names]
        return [each for each in found if each is not None]

    def _about_time(self, when: Moment) -> list[Finding]:
        """V-17; a tool that writes local time as UTC is seven hours ahead, which is no fault."""
        if when.claimed is None:
            return [remark("V-17", "verification.no-signing-time")]
        ahead, policy = when.claimed - when.proof, self.context.policy
        if ahead <= policy.clock_grace:
            return []
        if ahead <= policy.local_time_offset + policy.clock_grace:
            return [remark("V-17", "verification.signing-time-ahead")]
        return [
            unsure(
                "V-17",
                "verification.signing-time-after-proof",
                SubIndication.TIMESTAMP_ORDER_FAILURE,
            )
        ]

    def _level(
        self,
        one: SignedField,
        container: Cms,
        stamps: list[TokenVerdict],
        chain: ChainVerdict,
        when: Moment,
    ) -> Level | None:
        """Return the highest level whose parts are there and were found to hold."""
        named = container.signed_attributes is not None and container.certificate_ids
        if one.sub_filter != "ETSI.CAdES.detached" or not named:
            return None
        if not when.is_trusted:
            return Level.B_B
        passed = [stamp for stamp in stamps if stamp.passed]
        if not chain.chain or not chain.in_store or not all(each.in_store for each in passed):
            return Level.B_T
        return Level.B_LTA if self._store_is_stamped(one) else Level.B_LT

    def _store_is_stamped(self, one: SignedField) -> bool:
        """Tell whether a timestamp that passed covers the validation data too."""
        return any(
            end > one.end and read_store(self.document, revision - 1).certificates
            for end, revision, _ in self._proofs
            if revision > 0
        )

    def _report(
        self,
        one: SignedField,
        result: Integrity,
        findings: list[Finding],
        kind: Modification,
        level: Level | None,
        stamped: datetime | None,
    ) -> SignatureReport:
        everything = (*one.findings, *findings)
        indication, sub = conclude(everything)
        signer, container = result.signer, result.container
        claimed = None if container is None else container.signing_time
        return SignatureReport(
            field=one.name,
            role=None if signer is None else role_of(signer, self.roles),
            signer=None if signer is None else signer.common_name,
            organisation=None if signer is None else signer.organisation,
            issuer=None if signer is None else signer.issuer_name,
            serial=None if signer is None else f"{signer.serial:X}",
            certificate_sha256=None if signer is None else signer.sha256,
            valid_from=None if signer is None else signer.valid_from,
            valid_to=None if signer is None else signer.valid_to,
            signing_time=claimed or pdf_date(one.dictionary.get("M")),
            timestamp_time=stamped,
            level=level,
            indication=indication,
            sub_indication=sub,
            coverage=one.coverage,
            modification=kind,
            findings=everything,
        )
