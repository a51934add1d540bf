"""How a browser without scripts posts forms, and what every page owes to who reads it."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


def csrf(client: TestClient) -> str:
    """Return what a form of somebody logged in carries."""
    return str(client.headers["X-CSRF-Token"])


def label_faults(html: str) -> list[str]:
    """Return the form controls that nothing names."""
    named = set(re.findall(r'<label[^>]*\sfor="([^"]+)"', html))
    faults = []
    for tag in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
        kind = re.search(r'type="([^"]+)"', tag)
        key = re.search(r'\bid="([^"]+)"', tag)
        if not (kind and kind[1] == "hidden") and not (key and key[1] in named):
            faults.append(tag)
    return faults


def accessibility_faults(html: str) -> list[str]:
    """Return what a simple look finds wrong: names, headings, language, images, buttons."""
    faults = label_faults(html)
    levels = [int(n) for n in re.findall(r"<h([1-6])\b", html)]
    if levels.count(1) != 1:
        faults.append(f"{levels.count(1)} headings of the first level")
    main = html[html.index("<main") :]
    inner = [int(n) for n in re.findall(r"<h([1-6])\b", main)]
    faults += [f"h{a} → h{b}" for a, b in pairwise(inner) if b > a + 1]
    if not re.search(r'<html lang="(vi|en)">', html) or not re.search(r"<title>.+ · docsvc", html):
        faults.append("no language or no title")
    faults += [i for i in re.findall(r"<img\b[^>]*>", html) if "alt=" not in i]
    for button in re.findall(r"<(?:button|a)\b[^>]*>(.*?)</(?:button|a)>", html, re.DOTALL):
        if not re.sub(r"<[^>]*>", "", button).strip():
            faults.append(f"nameless: {button[:60]}")
    ids = re.findall(r'\sid="([^"]+)"', html)
    faults += [f"id {i} twice" for i in set(ids) if ids.count(i) > 1]
    return faults


def good(answer: object) -> str:
    """Check that a page came, accessible and marked as a demonstration; return its HTML."""
    assert answer.status_code == 200, answer.text  # type: ignore[attr-defined]
    html: str = answer.text  # type: ignore[attr-defined]
    assert accessibility_faults(html) == []
    assert "BẢN TRÌNH DIỄN" in html or "DEMONSTRATION" in html
    return html
