"""Sentences of errors and reasons."""

from __future__ import annotations

import pytest

from docsvc.catalog import messages


def test_a_sentence_takes_its_facts() -> None:
    assert "TỐI MẬT" in messages.sentence("classify.secret", "vi", level="TỐI MẬT")
    assert "(Secret)" in messages.sentence("classify.secret", "en", level="Secret")


def test_a_missing_fact_becomes_a_dash() -> None:
    assert "–" in messages.sentence("classify.secret", "vi")


def test_an_action_says_what_to_do_or_nothing() -> None:
    assert "văn bản mật" in messages.action("classify.secret", "vi")
    assert messages.action("classify.mark-in-text", "en") == ""


def test_a_reason_says_why_or_nothing() -> None:
    assert "SHA-1" in messages.reason("verification.weak-digest", "vi")
    assert messages.reason("classify.secret", "en") == ""


def test_spoken_messages_say_what_nobody_has_worded_as_it_is() -> None:
    spoken = messages.Spoken(messages.Lang.EN)

    known = spoken.sentence("classify.secret", {"level": "Secret", "code": "x", "lang": "fr"})
    assert "(Secret)" in known
    assert spoken.reason("verification.revoked").startswith("Its issuer")
    assert spoken.action("verification.revoked").startswith("Ask the signer")
    unknown = "verification.nothing-of-the-kind"
    assert spoken.sentence(unknown, {}) == unknown
    assert spoken.reason(unknown) == spoken.action(unknown) == ""


def test_only_errors_have_a_status() -> None:
    assert messages.status("classify.secret") == 422
    assert messages.status("classify.mark-in-text") is None


def test_every_code_has_both_languages() -> None:
    for code in messages.codes():
        assert messages.sentence(code, "vi")
        assert messages.sentence(code, "en")


def test_an_unknown_code_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        messages.sentence("classify.nothing-of-the-kind", "vi")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="fr"):
        messages.sentence("classify.secret", "fr")
