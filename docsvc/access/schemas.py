"""Accounts, sessions and tokens as the API gives and takes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from docsvc.access.passwords import MAX_LENGTH
from docsvc.access.rules import Role


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class Credentials(_In):
    """Login name and password."""

    login: Annotated[str, Field(min_length=1, max_length=80)]
    password: Annotated[str, Field(min_length=1, max_length=MAX_LENGTH)]


class MembershipOut(_Out):
    """A role in a unit."""

    role: Role
    unit: str


class SessionOut(_Out):
    """Who is logged in; ``csrf_token`` goes into the header ``X-CSRF-Token`` of every change."""

    login: str
    display_name: str
    memberships: list[MembershipOut]
    must_change_password: bool
    csrf_token: str | None


class TokenRequest(_In):
    """A token that is wanted."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    days: Annotated[int, Field(ge=1, le=366)] = 90


class TokenOut(_Out):
    """A token as it is listed."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class IssuedTokenOut(_Out):
    """A token that was just made: ``token`` is shown this once."""

    id: int
    name: str
    token: str
    expires_at: datetime
