"""What the organisation shows where it signs alone: the line of a copy, the stamp of what came in.

NĐ 30/2020 PL I and PL IV (NORMS 1.8 E, 1.9). The line bears the moment of signing. A signature
that is completed later is made of the same bytes, so the line is drawn for the moment that was
intended, never for the present one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from docsvc.errors import DocsvcError
from docsvc.steps.sign.rules import sheets_of, texts_of
from signing.layouts import Incoming, appendix_lines, block, block_size, copy_lines, incoming_stamp
from signing.model import Box
from signing.paper import free_top_right, stamp_box
from signing.placing import Sheet
from signing.profiles import POINTS_PER_MM, PROFILES, CopyForm, ProfileName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any
    from uuid import UUID

    from signing.model import Appearance

_FORMS = {
    "ban-sao-y": CopyForm.TRUE,
    "ban-sao-luc": CopyForm.FROM_COPY,
    "ban-trich-sao": CopyForm.EXTRACT,
}
_SIZE = PROFILES[ProfileName.COPY].font_size or 0.0
_WIDTH_MM, _HEIGHT_MM = PROFILES[ProfileName.INCOMING].size_mm or (0.0, 0.0)
_STAMP = (_WIDTH_MM * POINTS_PER_MM, _HEIGHT_MM * POINTS_PER_MM)
STAMP_FIELD = "docsvc-incoming"


class NoRoomForLineError(DocsvcError):
    """The upper edge of page 1 is written on: a line there would cover what was signed."""

    code = "sign.no-room-for-line"


@dataclass(frozen=True, slots=True, kw_only=True)
class CornerLine:
    """The line of a copy or an appendix before its moment is known.

    Attributes:
        profile: whose look it is.
        said: what it says, by the moment of signing.
        sheet: page 1 as it is displayed.
        texts: what stands on it already, there.
    """

    profile: ProfileName
    said: Callable[[datetime], tuple[str, ...]]
    sheet: Sheet
    texts: tuple[Box, ...] = ()

    def box(self, at: datetime) -> Box:
        """Return where the line goes on the displayed page, for a moment of signing.

        Raises:
            NoRoomForLineError: there is no free paper.
        """
        size = block_size(self.said(at), size=_SIZE)
        found = free_top_right(self.sheet, size, self.texts)
        if found is None:
            raise NoRoomForLineError
        return found

    def look(self, at: datetime) -> Appearance:
        """Draw the line for a moment of signing, in the upper right corner of page 1.

        Raises:
            NoRoomForLineError: there is no free paper.
        """
        return _in_user_space(block(self.said(at), self.box(at), size=_SIZE), self.sheet)


def copy_line(kind: str, organisation: str, classification: Mapping[str, Any]) -> CornerLine:
    """Return the line of a copy of this kind.

    Args:
        kind: code of the kind of copy.
        organisation: name of the body that copies.
        classification: what was read of page 1.
    """
    said = partial(copy_lines, _FORMS[kind], organisation)
    return _line(ProfileName.COPY, said, classification)


def appendix_line(number_line: str, classification: Mapping[str, Any]) -> CornerLine:
    """Return the line of an appendix in a file of its own.

    Args:
        number_line: number and symbol of the document that it belongs to.
        classification: what was read of page 1.
    """
    return _line(ProfileName.APPENDIX, partial(appendix_lines, number_line), classification)


def _line(
    profile: ProfileName,
    said: Callable[[datetime], tuple[str, ...]],
    classification: Mapping[str, Any],
) -> CornerLine:
    sheet = sheets_of(classification)[0]
    return CornerLine(profile=profile, said=said, sheet=sheet, texts=texts_of(classification))


def stamp_look(entry: Incoming, classification: Mapping[str, Any]) -> Appearance | None:
    """Draw the stamp of an incoming document, on free paper of page 1.

    Args:
        entry: what was registered.
        classification: what was read of page 1.

    Returns:
        None where 50 by 35 mm of it are nowhere free.
    """
    sheet = sheets_of(classification)[0]
    marks = classification.get("landmarks") or {}
    head = Box(**marks["head"]) if marks.get("head") else None
    box = stamp_box(sheet, _STAMP, head=head, texts=texts_of(classification))
    if box is None:
        return None
    return _in_user_space(incoming_stamp(entry, box), sheet)


def field_of(profile: ProfileName, document_id: UUID) -> str:
    """Return the field of a line's signature; a copy of a copy has that of the first as well."""
    return f"docsvc-{profile}-{document_id.hex[:12]}"


def _in_user_space(look: Appearance, sheet: Sheet) -> Appearance:
    """Lead what was set on the displayed page to the space that a field is in."""
    lines = tuple(replace(one, box=sheet.to_user(one.box)) for one in look.lines)
    rules = tuple(replace(one, box=sheet.to_user(one.box)) for one in look.rules)
    return replace(look, box=sheet.to_user(look.box), lines=lines, rules=rules)
