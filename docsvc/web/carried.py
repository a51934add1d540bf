"""What a page carries for its next request, so that the server keeps nothing.

The data goes out in a hidden field and comes back with it; a code made with a key of this process
tells that it is ours, unchanged. After a restart it is not known any more.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import zlib
from dataclasses import asdict, dataclass

from docsvc.steps.verify.reports import Examination
from docsvc.web.errors import CarriedLostError

_CODE_BYTES = hashlib.sha256().digest_size
# A form is read up to one megabyte; a longer report is left to the API.
MAX_CARRIED = 700_000


@dataclass(frozen=True, slots=True)
class Carrier:
    """Packs and unpacks what was found about a file."""

    key: bytes

    def pack(self, examined: Examination) -> str:
        """Return the data of a hidden field; empty if there would be too much of it."""
        data = asdict(examined) | {"xml": examined.xml.decode()}
        packed = zlib.compress(json.dumps(data, ensure_ascii=False).encode())
        text = base64.b64encode(self._code(packed) + packed).decode()
        return text if len(text) <= MAX_CARRIED else ""

    def unpack(self, text: str) -> Examination:
        """Return what was packed.

        Raises:
            CarriedLostError: it is not ours, was changed, or is older than this process.
        """
        try:
            raw = base64.b64decode(text.encode(), validate=True)
        except ValueError as e:
            raise CarriedLostError from e
        code, packed = raw[:_CODE_BYTES], raw[_CODE_BYTES:]
        # The code is checked before anything is unpacked: what follows is our own.
        if not hmac.compare_digest(code, self._code(packed)):
            raise CarriedLostError
        data = json.loads(zlib.decompress(packed))
        return Examination(verdict=data["verdict"], sheet=data["sheet"], xml=data["xml"].encode())

    def _code(self, packed: bytes) -> bytes:
        return hmac.digest(self.key, packed, "sha256")


def new_carrier() -> Carrier:
    """Return a carrier with a fresh key."""
    return Carrier(secrets.token_bytes(32))
