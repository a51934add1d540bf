"""Active content is found wherever it stands."""

from __future__ import annotations

import io

import pikepdf
import pytest
from pikepdf import Dictionary, Name, String

from verification.inspect import inspect


def _with_action(*, indirect: bool, action: Dictionary) -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.Root.OpenAction = pdf.make_indirect(action) if indirect else action
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize("indirect", [True, False])
@pytest.mark.parametrize(
    ("action", "name"),
    [
        (Dictionary(S=Name.JavaScript, JS=String("app.alert(1)")), "JavaScript"),
        (Dictionary(S=Name.Launch, F=String("calc")), "Launch"),
    ],
)
def test_an_action_is_found_in_an_object_of_its_own_and_inside_another(
    *, indirect: bool, action: Dictionary, name: str
) -> None:
    assert inspect(_with_action(indirect=indirect, action=action)).active_content == (name,)
