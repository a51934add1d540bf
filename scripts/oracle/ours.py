"""Our verdict, in a process that is kept warm: a request a line, an answer in JSON a line.

A request is the moment, the path, the trust anchors and CRLs (base64, with commas), with tabs
between. Without anchors each signer's own certificate is one, so that the bytes are what is judged.
"""

from __future__ import annotations

import base64
import json
import resource
import sys
from datetime import datetime
from pathlib import Path

from verification.errors import UnreadableFileError, VerificationError
from verification.policy import DEFAULT_POLICY
from verification.revocation import signers
from verification.trust import Anchor, AnchorKind, Trust
from verification.verify import verify

# What `docsvc verify` allows its own children, rounded up.
MEMORY = 2 << 30


def verdict(
    at: datetime, path: Path, anchors: tuple[bytes, ...] = (), crls: tuple[bytes, ...] = ()
) -> dict[str, object]:
    """Return the indications of a file and of each of its parts."""
    pdf = path.read_bytes()
    if not anchors:
        try:
            anchors = signers(pdf)
        except UnreadableFileError:
            anchors = ()
    trust = Trust(
        anchors=tuple(
            Anchor(certificate=der, name="anchor", kind=AnchorKind.PUBLIC) for der in anchors
        ),
        crls=crls,
    )
    try:
        report = verify(pdf, policy=DEFAULT_POLICY, trust=trust, at=at)
    except VerificationError as error:
        return {"error": error.code}
    return {
        "indication": report.indication,
        "sub": report.sub_indication,
        "reasons": report.reasons,
        "signatures": [
            {"indication": one.indication, "sub": one.sub_indication, "reasons": one.reasons}
            for one in report.signatures
        ],
        "timestamps": [
            {"indication": one.indication, "sub": one.sub_indication, "reasons": one.reasons}
            for one in report.document_timestamps
        ],
    }


def main() -> None:
    """Answer until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin:
        at, path, *known = line.rstrip("\n").split("\t")
        ders = [tuple(map(base64.b64decode, one.split(","))) for one in known]
        found = verdict(datetime.fromisoformat(at), Path(path), *ders)
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
