"""What later revisions mean for each signature: by nature, by certification, by policy."""

from collections.abc import Iterable
from dataclasses import dataclass

from verification import changes, places
from verification._pdf.document import Document
from verification._pdf.objects import PdfObject
from verification.context import failed, remark, unsure
from verification.marks import Mark
from verification.model import Finding, Modification, SubIndication
from verification.policy import OWN_FIELDS, FormFilling, Policy
from verification.revisions import SignedField, trailing
from verification.steps import Forms, Step, farthest

# ISO 32000-2 table 257: 1 no changes, 2 forms and signatures, 3 annotations too.
_NO_CHANGES = 1
_FORMS = 2
# A sheet has room for several marks, not for twice the largest.
_TOGETHER = 2


@dataclass(frozen=True, slots=True)
class _Locks:
    """Which fields a signature locks: all of ``names``, or all but them."""

    names: frozenset[str]
    but: bool

    def locks(self, name: str) -> bool:
        inside = any(name == one or name.startswith(one + ".") for one in self.names)
        return inside != self.but


class History:
    """The steps from revision to revision, each looked at once."""

    def __init__(self, document: Document, signed: list[SignedField]) -> None:
        self.document = document
        self.signed = signed
        self._steps: dict[int, Step] = {}
        self._trailing = trailing(document)
        revisions = [one.revision for one in signed if one.revision >= 0]
        self._forms = Forms(document, min(revisions, default=0))

    def step(self, revision: int) -> Step:
        """Return what a revision changed."""
        if revision not in self._steps:
            self._steps[revision] = changes.analyse(self.document, revision, self._forms)
        return self._steps[revision]

    def after(self, one: SignedField, policy: Policy) -> tuple[Modification, list[Finding]]:
        """Judge what was changed after a signature (V-05).

        Args:
            one: the signature; its revision is known.
            policy: says which fields may be filled in.

        Returns:
            The farthest-reaching kind of change, and findings.
        """
        kind = Modification.NONE
        findings: list[Finding] = []
        for revision in range(one.revision + 1, self.document.newest + 1):
            step = self.step(revision)
            kind = farthest(kind, step.modification)
            findings.extend(self._reasons(step, revision))
            findings.extend(self._limits(one, step))
            if policy.form_filling is FormFilling.OWN_FIELDS:
                findings.extend(self._own_fields(step, revision))
            findings.extend(_about_marks(step, policy))
            findings.extend(_remarks(step))
        findings.extend(self._together(one, policy))
        if self._trailing:
            kind = Modification.OTHER
            findings.append(
                failed("V-05", "verification.bytes-after-end", SubIndication.FORMAT_FAILURE)
            )
        permission = self._permission(one)
        if permission == _NO_CHANGES and kind is Modification.FORM_FILLING:
            findings.append(
                failed("V-05", "verification.certification-broken", SubIndication.FORMAT_FAILURE)
            )
        return kind, findings

    def forbids(self, one: SignedField, names: Iterable[str]) -> bool:
        """Tell whether a signature lets one of these fields be filled or signed no more."""
        locks = self._locks(one)
        return self._permission(one) == _NO_CHANGES or any(
            lock.locks(name) for lock in locks for name in names
        )

    def _limits(self, one: SignedField, step: Step) -> list[Finding]:
        locked = [
            name
            for name in sorted(step.filled | step.signed)
            if any(lock.locks(name) for lock in self._locks(one))
        ]
        return [
            failed(
                "V-05",
                "verification.locked-field-changed",
                SubIndication.FORMAT_FAILURE,
                field=name,
            )
            for name in locked
        ]

    def _own_fields(self, step: Step, revision: int) -> list[Finding]:
        """Documents of our own: number and date alone, under the seal that goes with them."""
        code, names = "verification.other-field-filled", sorted(step.filled - OWN_FIELDS)
        sealed = [one for one in self.signed if one.revision >= revision and not one.is_timestamp]
        if not names and not sealed:
            code, names = "verification.filled-without-signature", sorted(step.filled)
        return [_fault(code, field=name) for name in names]

    def _reasons(self, step: Step, revision: int) -> list[Finding]:
        return [
            _fault(
                code,
                revision=str(revision),
                object=str(number),
                **(places.facts(self.document, number, revision) if number else {}),
            )
            for code, number in step.reasons
        ]

    def _together(self, one: SignedField, policy: Policy) -> list[Finding]:
        """Marks of which none is too large may cover a page together."""
        shares: dict[int, float] = {}
        for revision in range(one.revision + 1, self.document.newest + 1):
            for mark in self.step(revision).marks:
                if mark.is_visible and not mark.reserved:
                    shares[mark.page] = shares.get(mark.page, 0.0) + mark.share
        return [
            _fault("verification.page-covered", page=str(page))
            for page, share in sorted(shares.items())
            if share > _TOGETHER * policy.max_appearance_share
        ]

    def _transforms(self, one: SignedField, method: str) -> list[dict[str, PdfObject]]:
        revision = max(one.revision, 0)
        found = []
        for item in self.document.array(one.dictionary.get("Reference"), revision):
            reference = self.document.dictionary(item, revision)
            if reference.get("TransformMethod") == method:
                found.append(self.document.dictionary(reference.get("TransformParams"), revision))
        return found

    def _permission(self, one: SignedField) -> int:
        """Return the strictest permission that a signature sets, 3 if it sets none."""
        stated = [
            value if isinstance(value := each.get("P", _FORMS), int) else _NO_CHANGES
            for each in self._transforms(one, "DocMDP")
        ]
        lock = one.lock.get("P")
        return min([*stated, lock if isinstance(lock, int) else 3])

    def _locks(self, one: SignedField) -> list[_Locks]:
        parameters = self._transforms(one, "FieldMDP")
        if one.lock.get("Action") is not None:
            parameters.append(one.lock)
        found = []
        for each in parameters:
            fields = self.document.array(each.get("Fields"), max(one.revision, 0))
            names = frozenset(item.decode("latin-1") for item in fields if isinstance(item, bytes))
            action = each.get("Action")
            if action == "Include":
                found.append(_Locks(names, but=False))
            else:
                # "All" locks all; an unknown action locks all too.
                found.append(_Locks(names if action == "Exclude" else frozenset(), but=True))
        return found


def _fault(code: str, **facts: str) -> Finding:
    return failed("V-05", code, SubIndication.FORMAT_FAILURE, **facts)


def _facts(mark: Mark) -> dict[str, str]:
    place = "reserved" if mark.reserved else "new"
    return {"field": mark.field, "page": str(mark.page), "kind": mark.kind, "place": place}


def _about_marks(step: Step, policy: Policy) -> list[Finding]:
    """Judge what was drawn: how large it is, and what it leaves to be read."""
    findings: list[Finding] = []
    for mark in step.marks:
        too_large = mark.share > policy.max_appearance_share and not mark.reserved
        if mark.is_visible and too_large:
            findings.append(_fault("verification.appearance-too-large", **_facts(mark)))
        if mark.hides:
            findings.append(_fault("verification.text-covered", **_facts(mark)))
        elif mark.hides is None:
            findings.append(
                unsure("V-05", "verification.mark-not-drawn", SubIndication.GENERIC, **_facts(mark))
            )
    return findings


def _remarks(step: Step) -> list[Finding]:
    """Say in facts what was added: which field, and what is to be seen of it where."""
    seen = {mark.field: _facts(mark) for mark in step.marks if mark.is_visible}
    named = [("verification.field-filled", name) for name in sorted(step.filled)]
    named += [("verification.signature-added", name) for name in sorted(step.signed)]
    return [remark("V-05", code, **{"field": name, **seen.get(name, {})}) for code, name in named]
