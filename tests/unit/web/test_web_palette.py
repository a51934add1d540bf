"""The palette keeps the contrast of WCAG 2.1 AA: 4.5 for text, 3 for what one must see to act."""

from __future__ import annotations

import re
from importlib import resources

import pytest

CSS = (resources.files("docsvc.web") / "static" / "docsvc.css").read_text("utf-8")
COLOURS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", CSS))

TEXT = [
    ("ink", "paper"), ("ink", "ground"), ("soft", "paper"), ("soft", "ground"), ("soft", "#faf8f6"),
    ("blue", "paper"), ("blue", "ground"), ("blue", "red-tint"), ("#ffffff", "red"),
    ("#ffffff", "red-deep"), ("#f5dede", "red"), ("red", "paper"), ("red", "red-tint"),
    ("red", "ground"), ("green", "green-tint"), ("green", "paper"), ("amber", "amber-tint"),
    ("amber", "paper"), ("alarm", "alarm-tint"), ("alarm", "paper"), ("alarm", "#fbf8f5"),
    ("blue", "blue-tint"), ("#453e39", "grey-tint"), ("grey", "paper"), ("#4a3000", "amber-tint"),
    ("#0f4526", "green-tint"), ("#6d1212", "alarm-tint"), ("#37312c", "grey-tint"),
    ("#3a2a00", "banner"), ("soft", "red-tint"), ("ink", "red-tint"),
]  # fmt: skip
REPORT = [
    ("#1d1a18", "#ffffff"), ("#1d1a18", "#fff3c9"), ("#544c47", "#ffffff"), ("#544c47", "#faf8f6"),
    ("#145c32", "#ffffff"), ("#57504b", "#ffffff"), ("#a11414", "#ffffff"),
    ("#0d3f22", "#e8f3ec"), ("#332e2a", "#efedea"), ("#6b0d0d", "#fdeceb"),
]  # fmt: skip
SHAPES = [
    ("line-strong", "paper"), ("line-strong", "ground"), ("focus", "paper"), ("focus", "ground"),
    ("green", "paper"), ("alarm", "paper"), ("grey", "paper"), ("red", "paper"),
    ("#8a7f77", "ground"), ("#ffffff", "green"), ("#ffffff", "alarm"), ("#ffffff", "grey"),
    ("red", "grey-tint"),
]  # fmt: skip


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.1, definition)."""
    parts = (int(COLOURS.get(colour, colour)[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_the_standard_has_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize(("text", "ground"), TEXT + REPORT)
def test_text_can_be_read_on_its_ground(text: str, ground: str) -> None:
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_can_be_told_from_their_ground(shape: str, ground: str) -> None:
    assert contrast(shape, ground) >= 3


def test_report_uses_no_colour_of_text_that_was_not_looked_at() -> None:
    css = (resources.files("verification.report") / "report.css").read_text("utf-8")
    named = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css))
    used = re.findall(r"(?<![\w-])color: (?:var\(--([a-z-]+)\)|(#[0-9a-f]{6}))", css)

    assert {named.get(name, colour) for name, colour in used} <= {text for text, _ in REPORT}


def test_lamps_can_be_told_apart_without_colour() -> None:
    macros = (resources.files("docsvc.web") / "templates" / "_macros.html").read_text("utf-8")
    sign = macros[macros.index("macro lamp_sign") :].partition("endmacro")[0]

    shapes = [re.search(r"<(circle|path|rect)", part) for part in re.split(r"{% el", sign)]
    assert [s[1] for s in shapes if s] == ["circle", "path", "rect"]
