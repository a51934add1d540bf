"""Verdicts on files that nobody of this project made, against what their sources expect.

Each signer's own certificate is taken as an anchor, so that integrity is what is judged: ACCEPT
means that nothing but trust, time or old algorithms keeps the file from passing.
"""

from __future__ import annotations

import csv
import json
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from verification.errors import UnreadableFileError
from verification.policy import DEFAULT_POLICY, ISSUED_POLICY, Policy
from verification.revocation import signers
from verification.trust import Anchor, AnchorKind, Trust
from verification.verify import verify

CORPORA = Path(__file__).parents[3].parent / "shared" / "corpora"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
# What the issue of a verdict may cost: address space, and time of the processor.
MEMORY = 512 << 20
SECONDS = 10
POLICIES = {one.id: one for one in (DEFAULT_POLICY, ISSUED_POLICY)}

pytestmark = pytest.mark.skipif(
    not CORPORA.is_dir(), reason="the corpora lie beside the checkout on development machines only"
)

# Sub-indications that speak of trust, time or age and not of the bytes.
NOT_OF_THE_BYTES = {
    None,
    "NO_CERTIFICATE_CHAIN_FOUND",
    "NO_SIGNING_CERTIFICATE_FOUND",
    "OUT_OF_BOUNDS_NO_POE",
    "EXPIRED",
    "NOT_YET_VALID",
    "CHAIN_CONSTRAINTS_FAILURE",
    "CRYPTO_CONSTRAINTS_FAILURE",
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
    "TRY_LATER",
    "SIG_CONSTRAINTS_FAILURE",
    "TIMESTAMP_ORDER_FAILURE",
}

# file → (class we give, why it is right to differ). A deviation that is gone fails the test.
DEVIATIONS = {
    "dss/pdf-double-signer-info.pdf": (
        "REJECT",
        "two SignerInfos in one signature: EN 319 142-1 §6.3 asks for exactly one",
    ),
}

EXPECTED = {
    "ACCEPT": {"ACCEPT"},
    "ACCEPT_WITH_CHANGES": {"ACCEPT"},
    "REJECT": {"REJECT"},
    "REJECT_INTEGRITY": {"REJECT"},
    "REJECT_MODIFIED": {"REJECT"},
    "UNSIGNED": {"UNSIGNED"},
    "ENCRYPTED": {"inspect.encrypted"},
    "INDETERMINATE": {"ACCEPT", "REJECT"},
    "UNCERTAIN": {"ACCEPT", "REJECT"},
}


def judged(path: Path, policy: Policy = DEFAULT_POLICY) -> str:
    """Return the class of a file."""
    pdf = path.read_bytes()
    try:
        ders = signers(pdf)
    except UnreadableFileError:
        ders = ()
    anchors = tuple(Anchor(certificate=der, name="signer", kind=AnchorKind.PUBLIC) for der in ders)
    try:
        report = verify(pdf, policy=policy, trust=Trust(anchors=anchors), at=NOW)
    except UnreadableFileError as e:
        return e.code
    if report.indication is None:
        return "UNSIGNED"
    parts = [report, *report.signatures]
    subs = {part.sub_indication for part in parts if part.indication != "TOTAL-PASSED"}
    return "ACCEPT" if subs <= NOT_OF_THE_BYTES else "REJECT"


def main(policy: str, files: list[str]) -> None:
    """Judge files in this process, under limits of memory and of time for each."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for file in files:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        verdict = judged(CORPORA / file, POLICIES[policy])
        print(json.dumps([file, verdict]), flush=True)  # noqa: T201 -- the answer


def rows(folder: str) -> list[tuple[str, str]]:
    with (CORPORA / folder / "manifest.csv").open(encoding="utf-8") as manifest:
        return [
            (f"{folder}/{row['file']}", row["expected"])
            for row in csv.DictReader(manifest)
            if row["file"].endswith(".pdf")
        ]


def verdicts(files: list[str], policy: Policy = DEFAULT_POLICY) -> dict[str, str]:
    """Judge files in a child; what it does not answer is missing."""
    child = subprocess.run(
        [sys.executable, __file__, policy.id, *files],
        cwd=Path(__file__).parents[3],
        env={"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        check=False,
        timeout=80,
        text=True,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    return dict(json.loads(line) for line in child.stdout.splitlines())


@pytest.mark.parametrize("folder", ["signature-attacks", "dss", "pyhanko", "vn-official"])
def test_verdicts_are_those_of_the_sources(folder: str) -> None:
    expected = dict(rows(folder))
    found = verdicts(list(expected))

    wrong = {
        file: (expected[file], verdict)
        for file, verdict in found.items()
        if expected[file] != "ERROR_SAFE" and verdict not in EXPECTED[expected[file]]
    }
    explained = {file: why[0] for file, why in DEVIATIONS.items() if file.startswith(folder + "/")}
    assert {file: verdict for file, (_, verdict) in wrong.items()} == explained


@pytest.mark.parametrize("folder", ["signature-attacks", "vn-official"])
def test_policy_of_issued_documents_judges_them_the_same(folder: str) -> None:
    files = [file for file, _ in rows(folder)]

    assert verdicts(files, ISSUED_POLICY) == verdicts(files)


@pytest.mark.parametrize("folder", ["dss", "pyhanko"])
def test_policy_of_issued_documents_accepts_no_bad_file(folder: str) -> None:
    bad = [file for file, expected in rows(folder) if expected.startswith("REJECT")]

    assert "ACCEPT" not in verdicts(bad, ISSUED_POLICY).values()


def test_destroyed_signatures_are_never_called_unsigned() -> None:
    files = [file for file, _ in rows("vn-official") if "destroyed" in file]

    assert set(verdicts(files).values()) <= {"REJECT"}


def test_odd_and_hostile_files_are_answered_in_time() -> None:
    expected = dict(rows("malformed"))
    found = verdicts(list(expected))

    assert len(found) == len(expected)
    assert [file for file, verdict in found.items() if verdict == "ACCEPT"] == []


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
