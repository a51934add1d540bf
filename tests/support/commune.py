"""The bodies of the API's tests, the password of their people, and what they hand in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fastapi.testclient import TestClient

    # What the fixtures `as_role` and `deliver` are.
    AsRole = Callable[..., TestClient]
    Deliver = Callable[..., UUID]

PASSWORD = "mưa rừng ngang qua"
PDF = b"%PDF-1.7\nmot van ban\n%%EOF\n"
BROKEN = b"%PDF-1.7 cut sh"
HOME, ABOVE, ASIDE = "H99.12.05", "H99", "H99.12.06"
