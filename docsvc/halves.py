"""The first half of a signature on its way out of a child: facts and raw bytes, and back again."""

from __future__ import annotations

from docsvc.confined import Answer
from signing.model import Prepared, PreparedFile


def told(first: Prepared) -> Answer:
    """Say the first half over a file in memory; `prepared_of` reads it."""
    return Answer(facts={"hole": first.hole}, frames=(first.pdf, first.digest, first.to_be_signed))


def prepared_of(answer: Answer) -> Prepared:
    """Return the first half that `told` has said."""
    file, digest, to_be_signed = answer.frames
    start, end = answer.facts["hole"]
    return Prepared(pdf=file, digest=digest, hole=(start, end), to_be_signed=to_be_signed)


def told_on_disk(first: PreparedFile) -> Answer:
    """Say the first half over a file on the disk; `prepared_file_of` reads it."""
    return Answer(
        facts={"length": first.length, "hole": first.hole},
        frames=(first.update, first.digest, first.to_be_signed),
    )


def prepared_file_of(answer: Answer) -> PreparedFile:
    """Return the first half that `told_on_disk` has said."""
    update, digest, to_be_signed = answer.frames
    start, end = answer.facts["hole"]
    return PreparedFile(
        length=answer.facts["length"],
        update=update,
        digest=digest,
        hole=(start, end),
        to_be_signed=to_be_signed,
    )
