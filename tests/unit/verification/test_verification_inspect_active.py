"""Active content is found wherever it stands."""

from __future__ import annotations

import io

import pikepdf
import pytest
from pikepdf import Dictionary, Name, Object, String

from verification.inspect import inspect


def _with_action(*, indirect: bool, entries: dict[str, Object]) -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        action = Dictionary(entries)
        pdf.Root.OpenAction = pdf.make_indirect(action) if indirect else action
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize("indirect", [True, False])
@pytest.mark.parametrize(
    ("entries", "name"),
    [
        ({"/S": Name.JavaScript, "/JS": String("app.alert(1)")}, "JavaScript"),
        ({"/S": Name.Launch, "/F": String("calc")}, "Launch"),
    ],
)
def test_an_action_is_found_in_an_object_of_its_own_and_inside_another(
    *, indirect: bool, entries: dict[str, Object], name: str
) -> None:
    assert inspect(_with_action(indirect=indirect, entries=entries)).active_content == (name,)
