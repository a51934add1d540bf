"""Every word of the pages exists, in both languages, and is used."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from string import Formatter

import pytest

from docsvc import web
from docsvc.access.rules import Role
from docsvc.catalog import messages
from docsvc.catalog.messages import Lang
from docsvc.demo import instance
from docsvc.organisations.mandates import Standing
from docsvc.statistics.measures import Reason
from docsvc.statistics.report import By
from docsvc.steps.receive.rules import CopyKind
from docsvc.steps.sign import pointing
from docsvc.steps.sign.preflight.rules import Check
from docsvc.steps.sign.rules import OPEN, RequestState
from docsvc.steps.verify.forms import Form
from docsvc.steps.verify.rules import Order
from docsvc.web import texts
from docsvc.web.pages.boxes import Box
from docsvc.web.pages.rendering import environment
from docsvc.web.pages.road import Mark
from docsvc.workflow import State, Step
from verification.model import CertificateClass, MandateHeld

TEMPLATES = resources.files("docsvc.web") / "templates"
WEB = Path(web.__file__).parent

# Keys that the pages put together; the closed set each is made of.
COMPOSED = {
    "box": set(Box),
    "status": set(Box) - {Box.ALL},
    "state": set(State),
    "step": set(Step),
    "road": set(Mark) | {"title"},
    "role": set(Role),
    "lamp": {"leader", "organisation"},
    "verify.form": set(Form),
    "asked.state": set(RequestState) - OPEN,
    "batch.title": {Step.SIGN_LEADER, Step.SIGN_ORGANISATION},
    "judged.order": set(Order),
    "judged.mandate": set(MandateHeld),
    "judged.class": set(CertificateClass),
    "mandates.standing": set(Standing),
    "check": set(Check),
    "copies.kinds": set(CopyKind),
    "place.mark": set(pointing.Mark) | {"title"},
    "judged.column": {"role", "officer", "unit", "mandate", "class", "counts"},
}


def sources() -> str:
    files = [environment().loader.get_source(environment(), name)[0] for name in names()]  # type: ignore[union-attr]
    files += [f.read_text("utf-8") for f in WEB.rglob("*.py")]
    return "\n".join(files)


def names() -> list[str]:
    return environment().list_templates(extensions=["html"])


def test_every_key_that_a_page_names_has_words() -> None:
    named = set(re.findall(r"""\bt\(\s*["']([a-z0-9_.-]+[a-z0-9_])["']\s*[,)]""", sources()))

    assert len(named) > 100
    assert named <= set(texts.labels())


@pytest.mark.parametrize("prefix", sorted(COMPOSED))
def test_every_member_of_a_closed_set_has_words(prefix: str) -> None:
    keys = {k for k in texts.labels() if k.rpartition(".")[0] == prefix}

    assert keys == {f"{prefix}.{member}" for member in COMPOSED[prefix]}


def test_reasons_and_breakdowns_of_statistics_have_words() -> None:
    wanted = {f"statistics.reason-{r}" for r in Reason} | {f"statistics.by-{b}" for b in By}

    assert wanted <= set(texts.labels())


def test_no_words_are_left_over() -> None:
    text = sources()
    composed = tuple(f"{prefix}." for prefix in COMPOSED)
    families = ("field.", "self-check.part-", "statistics.", "verdict.", "verify.legend-")

    left = {
        key
        for key in texts.labels()
        if f'"{key}"' not in text and f"'{key}'" not in text
        if not key.startswith((*composed, *families))
        if key not in {"sign.this", "seal.this"}
    }

    assert left == set()


def test_both_languages_want_the_same_facts() -> None:
    for key, words in texts.labels().items():
        facts = [
            {name for _, name, _, _ in Formatter().parse(words[lang]) if name} for lang in Lang
        ]
        assert facts[0] == facts[1], key


@pytest.mark.parametrize("name", names())
def test_every_template_compiles_and_has_no_inline_script_or_style(name: str) -> None:
    environment().get_template(name)
    source = environment().loader.get_source(environment(), name)[0]  # type: ignore[union-attr]

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", source)
    scripts = re.findall(r"<script[^>]*>", source)
    ours = [f'<script src="/static/{name}.js" defer>' for name in ("docsvc", "device", "places")]
    assert set(scripts) <= set(ours)


def test_codes_of_web_and_access_are_worded_with_a_status() -> None:
    for code in messages.codes():
        if code.startswith(("web.", "access.")):
            assert messages.status(code) in range(400, 600)
            for lang in Lang:
                assert messages.sentence(code, lang)
                assert messages.action(code, lang)


def test_demonstration_accounts_of_the_login_page_are_the_real_ones() -> None:
    source = environment().loader.get_source(environment(), "login.html")[0]  # type: ignore[union-attr]

    assert f"<code>{instance.PASSWORD}</code>" in source


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("", Lang.VI),
        ("*", Lang.VI),
        ("fr", Lang.VI),
        ("en", Lang.EN),
        ("en-US,en;q=0.9", Lang.EN),
        ("vi-VN,vi;q=0.9,en;q=0.8", Lang.VI),
        ("en;q=0.2, vi;q=0.8", Lang.VI),
        ("en;q=broken", Lang.VI),
        ("en;level=1", Lang.EN),
    ],
)
def test_language_follows_the_header_and_is_vietnamese_in_doubt(header: str, lang: Lang) -> None:
    assert texts.preferred(header) is lang


def test_clicked_language_wins_over_the_header() -> None:
    assert texts.chosen("vi", "en") is Lang.VI
    assert texts.chosen("en", "vi") is Lang.EN
    assert texts.chosen("xx", "en") is Lang.EN
    assert texts.chosen(None, "") is Lang.VI
