"""A way to sign: a signer of the product, and how its holder comes to say yes."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from signing.complete import complete, signature_value
from signing.model import Role
from signing.prepare import prepare
from signing.signers.base import Completed, Item, Outcome, Pending, Request, Signer

if TYPE_CHECKING:
    from datetime import datetime

    from signing.model import Prepared, SignaturePlan


class NotSignedError(Exception):
    """A signer has not answered with one value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A signer with a key for each role.

    Args:
        name: in the names of files.
        signers: who holds the key of each role.
        key_ids: what that signer calls it.
        later: lets the holder agree to what a handle stands for, and returns the answer.
    """

    name: str
    signers: Mapping[Role, Signer]
    key_ids: Mapping[Role, str]
    later: Callable[[str], Outcome] | None = None

    def chain(self, role: Role) -> tuple[bytes, ...]:
        """Return the certificates as the signer names them."""
        return self.signers[role].chain(self.key_ids[role])

    def value(self, role: Role, prepared: Prepared) -> bytes:
        """Have the first half of a signature signed."""
        item = Item(
            to_be_signed=prepared.to_be_signed, content_digest=prepared.digest, name="12/QĐ-UBND"
        )
        request = Request(
            key_id=self.key_ids[role],
            items=(item,),
            # Two papers of one second may be the same bytes, and are two requests all the same.
            transaction=f"t{uuid4().hex[:20]}",
            prompt="Ký Quyết định 12/QĐ-UBND ngày 20/11/2026",
            control_code="4F7K",
        )
        outcome = self.signers[role].sign(request)
        if isinstance(outcome, Pending) and self.later is not None:
            outcome = self.later(outcome.handle)
        if not isinstance(outcome, Completed) or len(outcome.values) != 1:
            raise NotSignedError(self.name, type(outcome).__name__)
        return outcome.values[0]


def signed(
    pdf: bytes,
    *,
    way: Way,
    plan: SignaturePlan,
    at: datetime,
    stamp: Callable[[bytes], bytes] | None,
) -> bytes:
    """Sign a file in two halves; the first waits as plain data, as it does in a database."""
    prepared = prepare(pdf, plan=plan, at=at)
    value = way.value(plan.role, prepared)
    stored: Prepared = pickle.loads(pickle.dumps(prepared))  # noqa: S301  made a line above
    token = None
    if stamp is not None:
        token = stamp(hashlib.sha256(signature_value(stored, plan=plan, value=value)).digest())
    return complete(stored, plan=plan, value=value, timestamp_token=token)
