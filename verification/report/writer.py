"""Put a report into words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from verification.dates import VIETNAM
from verification.masking import shown
from verification.model import (
    Entitlement,
    Finding,
    Indication,
    Report,
    Role,
    SignatureReport,
    TimestampReport,
)
from verification.report.later import steps_after
from verification.report.sheet import LampLines, ReasonLines, Row, Sheet, SignatureLines
from verification.report.summary import (
    NOT_CHECKED,
    Colour,
    Entitlements,
    Lamp,
    LampName,
    Saying,
    Summary,
    content_colour,
    proven_time,
    summarise,
)
from verification.report.words import Language, Phrases, word

# A hostile file holds thousands of signatures, each with thousands of findings; nobody reads them.
_MAX_SIGNATURES = 30
_MAX_LINES = 30
_CHECKS = tuple(f"V-{number:02}" for number in range(1, 18))
_STAMPS = "V-10"
_VIEWS = "V-18"
_COLOURS = {
    Indication.TOTAL_PASSED: Colour.GREEN,
    Indication.TOTAL_FAILED: Colour.RED,
    Indication.INDETERMINATE: Colour.GREY,
    None: Colour.GREY,
}
_MISSING = "field.missing"
_NO_TIME = frozenset({"time.false", "time.of-no-use"})


def to_sheet(
    report: Report,
    lang: Language,
    phrases: Phrases,
    *,
    entitlements: Entitlements = NOT_CHECKED,
    demonstration: bool = False,
) -> Sheet:
    """Put a report into words.

    Args:
        report: the verdict of one file.
        lang: the language of all words.
        phrases: what finding codes mean in that language.
        entitlements: what is known about the signers, by signature field.
        demonstration: whether the service runs on a demonstration authority.
    """
    return _Writer(report, lang, phrases, entitlements).sheet(demonstration=demonstration)


def with_seal(sheet: Sheet, *, by: str | None) -> Sheet:
    """Return a sheet that says whether it is signed, and by whom.

    Args:
        sheet: the report in words.
        by: whose certificate signs it; None: nobody's.
    """
    note = word("note.unsealed", sheet.lang)
    if by is not None:
        note = word("note.sealed", sheet.lang, name=shown(by))
    return replace(sheet, notes=(*sheet.notes, note))


def moment(at: datetime | None) -> str:
    """Write a time in Vietnam's offset as people do here; empty for none."""
    return "" if at is None else at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S +07:00")


class _Writer:
    def __init__(
        self, report: Report, lang: Language, phrases: Phrases, entitlements: Entitlements
    ) -> None:
        self.report = report
        self.lang: Language = lang
        self.phrases = phrases
        self.entitlements = entitlements

    def say(self, key: str, **facts: str) -> str:
        return word(key, self.lang, **facts)

    def sheet(self, *, demonstration: bool) -> Sheet:
        report, summary = self.report, summarise(self.report, self.entitlements)
        notes = [self.say("note.names")]
        if report.indication is Indication.INDETERMINATE:
            notes.append(self.say("note.binary"))
        left = max(len(report.signatures), len(report.document_timestamps)) - _MAX_SIGNATURES
        if left > 0:
            notes.append(self.say("note.more", count=str(left)))
        return Sheet(
            lang=self.lang,
            banner=self.say("note.demonstration") if demonstration else "",
            colour=summary.colour,
            verdict=self.say(f"verdict.{report.indication or 'none'}"),
            sentence=self.say(f"saying.{summary.saying}"),
            lamps=tuple(self._lamp(lamp) for lamp in summary.lamps),
            reasons=self._reasons(summary.findings),
            actions=self._actions(summary),
            signatures=tuple(self._signature(one) for one in report.signatures[:_MAX_SIGNATURES]),
            stamps=tuple(self._stamp(one) for one in report.document_timestamps[:_MAX_SIGNATURES]),
            facts=self._about_file(),
            notes=tuple(notes),
        )

    def _lamp(self, lamp: Lamp) -> LampLines:
        return LampLines(
            colour=lamp.colour,
            title=self.say(f"lamp.{lamp.name}.title"),
            word=self.say(f"colour.{lamp.colour}"),
            answer=self.say(f"lamp.{lamp.says}"),
            details=tuple(self._details(lamp)),
        )

    def _details(self, lamp: Lamp) -> Iterable[str]:
        """Return who signed, or when; a time that proves nothing is not repeated here."""
        signatures = self.report.signatures[:_MAX_SIGNATURES]
        if lamp.name is LampName.SIGNER:
            return dict.fromkeys(self._who(one) for one in signatures)
        if lamp.name is LampName.TIME and lamp.says not in _NO_TIME:
            return dict.fromkeys(filter(None, (self._when(one) for one in signatures)))
        return ()

    def _who(self, one: SignatureReport) -> str:
        name = shown(one.signer) if one.signer else self.say(_MISSING)
        unit = f", {shown(one.organisation)}" if one.organisation else ""
        known = self.entitlements.get(one.field)
        mandate = "" if known is None else f" – {self.say(f'entitlement.{known.mandate}')}"
        return f"{self._role(one)}: {name}{unit}{mandate}"

    def _when(self, one: SignatureReport) -> str:
        proven = proven_time(one)
        if proven is not None:
            return self.say("time.proven", time=moment(proven))
        if one.signing_time is None:
            return ""
        return self.say("time.claimed", time=moment(one.signing_time))

    def _role(self, one: SignatureReport) -> str:
        return self.say(f"role.{'unknown' if one.role is None else Role(one.role)}")

    def _reasons(self, findings: Sequence[Finding]) -> tuple[ReasonLines, ...]:
        return tuple(
            ReasonLines(
                code=each.code,
                colour=_COLOURS[each.indication],
                sentence=self._sentence(each),
                reason=self.phrases.reason(each.code),
            )
            for each in findings[:_MAX_LINES]
        )

    def _sentence(self, found: Finding) -> str:
        return self.phrases.sentence(found.code, _facts(found))

    def _actions(self, summary: Summary) -> tuple[str, ...]:
        if summary.saying in {
            Saying.GENUINE,
            Saying.ONE_OF_TWO,
            Saying.SIGNATURES_HOLD,
            Saying.DEMONSTRATION,
            Saying.NOT_ENTITLED,
            Saying.UNSIGNED,
        }:
            return (self.say(f"act.{summary.saying}"),)
        wanted = [self.phrases.action(each.code) for each in summary.findings[:_MAX_LINES]]
        return tuple(dict.fromkeys(filter(None, wanted)))

    def _signature(self, one: SignatureReport) -> SignatureLines:
        period = " – ".join(moment(at) for at in (one.valid_from, one.valid_to) if at)
        integrity = _integrity(one)
        rows = {
            "issuer": shown(one.issuer or ""),
            "signer": shown(one.signer or ""),
            "organisation": shown(one.organisation or ""),
            "time": self._when(one),
            "integrity": self.say(f"integrity.{integrity}"),
            "validity": self._verdict(one),
            "period": period,
        }
        colours = {"integrity": integrity, "validity": _COLOURS[one.indication]}
        return SignatureLines(
            title=self._role(one),
            colour=_COLOURS[one.indication],
            verdict=self.say(f"verdict.{one.indication}"),
            fields=tuple(
                Row(
                    label=self.say(f"field.{key}"),
                    value=value or self.say(_MISSING),
                    colour=colours.get(key),
                )
                for key, value in rows.items()
            ),
            later=self._later(one),
            facts=(
                *self._entitlement(self.entitlements.get(one.field)),
                *self._facts(
                    {
                        "name-of-field": shown(one.field),
                        "indication": _indication(one),
                        "level": one.level,
                        "coverage": one.coverage,
                        "modification": one.modification,
                        "serial": one.serial,
                        "certificate": one.certificate_sha256,
                    }
                ),
            ),
            checks=self._checks(one),
            findings=self._findings(one.findings),
        )

    def _stamp(self, one: TimestampReport) -> SignatureLines:
        facts = {
            "name-of-field": shown(one.field),
            "indication": _indication(one),
            "coverage": one.coverage,
            "modification": one.modification,
        }
        return SignatureLines(
            title=self.say("role.stamp"),
            colour=_COLOURS[one.indication],
            verdict=self.say(f"verdict.{one.indication}"),
            fields=(
                Row(
                    label=self.say("fact.authority"),
                    value=shown(one.authority) if one.authority else self.say(_MISSING),
                ),
                Row(label=self.say("role.stamp"), value=moment(one.time) or self.say(_MISSING)),
            ),
            later="",
            facts=self._facts(facts),
            checks=(),
            findings=self._findings(one.findings),
        )

    def _later(self, one: SignatureReport) -> str:
        steps = [
            self.say(f"after.{step.key}", field=step.field)
            if step.field
            else self.say(f"after.{step.key}")
            for step in steps_after(one, self.report)[:_MAX_LINES]
        ]
        role = "unknown" if one.role is None else Role(one.role)
        return self.say(f"after.{role}", steps=", ".join(steps) or self.say("after.nothing"))

    def _verdict(self, one: SignatureReport) -> str:
        said = self.say(f"verdict.{one.indication}")
        causes = [each for each in one.findings if each.indication is one.indication]
        return f"{said}: {self._sentence(causes[0])}" if causes else said

    def _entitlement(self, known: Entitlement | None) -> tuple[Row, ...]:
        if known is None:
            return (
                Row(label=self.say("entitlement.title"), value=self.say("entitlement.unknown")),
            )
        who = ", ".join(shown(part) for part in (known.officer, known.unit) if part)
        mandate = self.say(f"entitlement.{known.mandate}")
        return (
            Row(
                label=self.say("entitlement.title"),
                value=f"{who}: {mandate}" if who else mandate,
            ),
            Row(
                label=self.say("entitlement.class"),
                value=self.say(f"class.{known.certificate_class}"),
            ),
        )

    def _checks(self, one: SignatureReport) -> tuple[Row, ...]:
        by_check: dict[str, list[Finding]] = {}
        for each in one.findings:
            by_check.setdefault(each.check, []).append(each)
        rows = []
        for check in _CHECKS:
            # A signature that does not pass may have been given up before this check; where no
            # timestamp holds there was none to check, or one that counts for nothing.
            came_to_it = one.indication is Indication.TOTAL_PASSED and (
                check != _STAMPS or one.timestamp_time is not None
            )
            outcome, colour = _outcome(by_check.get(check, []), passed=came_to_it)
            label = f"{check} {self.say(f'check.{check}')}"
            rows.append(Row(label=label, value=self.say(f"outcome.{outcome}"), colour=colour))
        return tuple(rows)

    def _findings(self, findings: Sequence[Finding]) -> tuple[Row, ...]:
        rows = []
        for each in findings[:_MAX_LINES]:
            facts = "; ".join(f"{shown(name)}={text}" for name, text in _facts(each).items())
            said = f"{self._sentence(each)} ({facts})" if facts else self._sentence(each)
            colour = _COLOURS[each.indication] if each.indication else None
            rows.append(Row(label=f"{each.check} {each.code}", value=said, colour=colour))
        if len(findings) > _MAX_LINES:
            left = str(len(findings) - _MAX_LINES)
            rows.append(Row(label="…", value=self.say("note.more", count=left)))
        return tuple(rows)

    def _about_file(self) -> tuple[Row, ...]:
        report = self.report
        return (
            *self._facts(
                {
                    "name": shown(report.file.rsplit("/", 1)[-1]),
                    "sha256": report.sha256,
                    "verified-at": moment(report.verified_at),
                    "policy": report.policy,
                    "indication": _indication(report),
                }
            ),
            *self._completeness(),
            *self._views(),
            *self._findings(report.findings),
        )

    def _completeness(self) -> tuple[Row, ...]:
        if not self.report.signatures:
            return ()
        value = self.say(f"completeness.{self.report.completeness}")
        return (Row(label=self.say("completeness.title"), value=value),)

    def _views(self) -> tuple[Row, ...]:
        """Return the one check that is of the file, not of its signatures."""
        if not self.report.signatures:
            return ()
        found = [each for each in self.report.findings if each.check == _VIEWS]
        outcome, colour = _outcome(found, passed=True)
        label = f"{_VIEWS} {self.say(f'check.{_VIEWS}')}"
        return (Row(label=label, value=self.say(f"outcome.{outcome}"), colour=colour),)

    def _facts(self, facts: Mapping[str, str | None]) -> tuple[Row, ...]:
        return tuple(
            Row(label=self.say(f"fact.{key}"), value=value) for key, value in facts.items() if value
        )


def _facts(found: Finding) -> dict[str, str]:
    return {name: shown(text) for name, text in found.facts.items()}


def _indication(one: Report | SignatureReport | TimestampReport) -> str:
    return " / ".join(part for part in (one.indication, one.sub_indication) if part)


def _integrity(one: SignatureReport) -> Colour:
    colour = content_colour(one.findings)
    unread = one.certificate_sha256 is None and colour is Colour.GREEN
    return Colour.GREY if unread else colour


def _outcome(findings: Sequence[Finding], *, passed: bool) -> tuple[str, Colour]:
    indications = {each.indication for each in findings}
    if Indication.TOTAL_FAILED in indications:
        return "failed", Colour.RED
    if Indication.INDETERMINATE in indications:
        return "unsure", Colour.GREY
    if not passed:
        return "not-decided", Colour.GREY
    return ("remark" if findings else "passed"), Colour.GREEN
