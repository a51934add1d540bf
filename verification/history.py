"""What later revisions mean for each signature: by nature, by certification, by policy."""

from dataclasses import dataclass

from verification import changes
from verification._pdf.document import Document
from verification._pdf.objects import PdfObject
from verification.context import failed, remark
from verification.model import Finding, Modification, SubIndication
from verification.policy import OWN_FIELDS, FormFilling, Policy
from verification.revisions import SignedField, trailing
from verification.steps import Forms, Step, farthest

# ISO 32000-2 table 257: 1 no changes, 2 forms and signatures, 3 annotations too.
_NO_CHANGES = 1
_FORMS = 2


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
        self._forms = Forms(document)

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
            findings.extend(
                failed(
                    "V-05",
                    code,
                    SubIndication.FORMAT_FAILURE,
                    revision=str(revision),
                    object=str(number),
                )
                for code, number in step.reasons
            )
            findings.extend(self._limits(one, step, policy))
            findings.extend(_remarks(step))
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

    def _limits(self, one: SignedField, step: Step, policy: Policy) -> list[Finding]:
        locked = [
            name
            for name in sorted(step.filled | step.signed)
            if any(lock.locks(name) for lock in self._locks(one))
        ]
        findings = [
            failed(
                "V-05",
                "verification.locked-field-changed",
                SubIndication.FORMAT_FAILURE,
                field=name,
            )
            for name in locked
        ]
        findings += [
            failed(
                "V-05",
                "verification.appearance-too-large",
                SubIndication.FORMAT_FAILURE,
                field=name,
            )
            for name, share in sorted(step.shares.items())
            if share > policy.max_appearance_share
        ]
        if policy.form_filling is FormFilling.OWN_FIELDS:
            findings += [
                failed(
                    "V-05",
                    "verification.other-field-filled",
                    SubIndication.FORMAT_FAILURE,
                    field=name,
                )
                for name in sorted(step.filled - OWN_FIELDS)
            ]
        return findings

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


def _remarks(step: Step) -> list[Finding]:
    remarks = [
        remark("V-05", "verification.field-filled", field=name) for name in sorted(step.filled)
    ]
    remarks += [
        remark("V-05", "verification.signature-added", field=name) for name in sorted(step.signed)
    ]
    return remarks
