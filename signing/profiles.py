"""What the decree lets each signature show, as data (NĐ 30/2020 PL I II.7, II.8; Đ25; PL IV).

A profile says who signs, what is seen and in which size; `placing` computes where, `layouts` sets
the text: in Times, upright and black, unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from signing.model import ADDED_FIELD, Role, SignaturePlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signing.model import Appearance

POINTS_PER_MM = 72 / 25.4


class ProfileName(StrEnum):
    """The looks that a signature may have."""

    LEADER = "leader"
    ORGANISATION = "organisation"
    APPENDIX = "appendix"
    COPY = "copy"
    INCOMING = "incoming"
    FREE = "free"


class CopyForm(StrEnum):
    """The forms of a copy, in the words that the copy bears (NĐ 30 Đ25)."""

    TRUE = "SAO Y"
    FROM_COPY = "SAO LỤC"
    EXTRACT = "TRÍCH SAO"


class Anchor(StrEnum):
    """What a place is computed from."""

    TITLE_AND_NAME = "title-and-name"
    LEADER_IMAGE = "leader-image"
    TOP_RIGHT = "top-right"
    BELOW_HEAD = "below-head"
    NOTHING = "nothing"


class Colour(StrEnum):
    """The colour that an image has to have."""

    BLUE = "blue"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One look.

    Attributes:
        roles: who may sign with it.
        anchor: what its place is computed from.
        image: colour of the image that is shown; None shows no image.
        font_size: of the text, in points; None shows no text.
        size_mm: width and height; None where image, seal or text decide.
        requires_leader: the organisation signs after the leader. False only where the decree has
            the organisation sign alone: a copy, a separate appendix, an incoming document.
    """

    name: ProfileName
    roles: frozenset[Role]
    anchor: Anchor
    image: Colour | None = None
    font_size: float | None = None
    size_mm: tuple[float, float] | None = None
    requires_leader: bool = True


_BODY = frozenset({Role.ORGANISATION})

PROFILES: Mapping[ProfileName, Profile] = {
    one.name: one
    for one in (
        # PL I II.7: the image as on paper, blue, centred between title and name; no text.
        Profile(
            name=ProfileName.LEADER,
            roles=frozenset({Role.LEADER}),
            anchor=Anchor.TITLE_AND_NAME,
            image=Colour.BLUE,
        ),
        # PL I II.8: the seal, red, in its actual size, over the left third of that image; no text.
        Profile(
            name=ProfileName.ORGANISATION,
            roles=_BODY,
            anchor=Anchor.LEADER_IMAGE,
            image=Colour.RED,
        ),
        # PL I II.8: a file of its own beside the main document; no image.
        Profile(
            name=ProfileName.APPENDIX,
            roles=_BODY,
            anchor=Anchor.TOP_RIGHT,
            font_size=10.0,
            requires_leader=False,
        ),
        # PL I part III and Đ25: the body that copies; no image.
        Profile(
            name=ProfileName.COPY,
            roles=_BODY,
            anchor=Anchor.TOP_RIGHT,
            font_size=10.0,
            requires_leader=False,
        ),
        # PL IV: the stamp of an incoming document, 35 by 50 mm.
        Profile(
            name=ProfileName.INCOMING,
            roles=_BODY,
            anchor=Anchor.BELOW_HEAD,
            font_size=9.0,
            size_mm=(50.0, 35.0),
            requires_leader=False,
        ),
        # No form of the decree: an image wherever the clerk wants it, in the usual order.
        Profile(name=ProfileName.FREE, roles=frozenset(Role), anchor=Anchor.NOTHING),
    )
}


def planned(
    name: ProfileName,
    role: Role,
    *,
    chain: tuple[bytes, ...],
    appearance: Appearance,
    field_name: str = ADDED_FIELD,
) -> SignaturePlan:
    """Plan a signature in a field of its own with the rights of its profile, and no others.

    Args:
        name: the profile.
        role: who signs.
        chain: certificates in DER, the signer's first.
        appearance: what is shown, where `placing` puts it.
        field_name: of the field that is made.

    Raises:
        ValueError: the profile is not this role's.
    """
    profile = PROFILES[name]
    if role not in profile.roles:
        msg = f"the profile {name} is not for the role {role}"
        raise ValueError(msg)
    return SignaturePlan(
        role=role,
        field_name=field_name,
        chain=chain,
        appearance=appearance,
        requires_leader=profile.requires_leader,
    )
