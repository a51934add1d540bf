"""CPU time of one B-B signature on SoftHSM: our path beside pyHanko's own, in one run.

Prints JSON. Both sign the same document with the same key over one kept session, in turn, so that
other work on the machine weighs on both alike. `limit` is what nobody can beat with this token:
one signature value and one pass of SHA-256 over the file.

    python benchmarks/sign.py [--rounds 7] [--pages 1] [--document FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pkcs11
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from PIL import Image
from pkcs11 import Attribute
from pkcs11.util.x509 import decode_x509_certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing.complete import complete
from signing.model import LEADER_FIELD, Box, ReservedPlaces, Role, SignaturePlan
from signing.prepare import prepare
from signing.signers.base import Completed, Item, Request
from signing.signers.pkcs11 import Pkcs11Signer
from signing.stamp import reserve

if TYPE_CHECKING:
    from collections.abc import Callable

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so")
LABEL, PIN = "benchmark", "824613"
AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
KEYS = {"rsa-2048": "a1", "p-256": "b1"}
CALLS_A_ROUND_S = 0.3

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a benchmark run signs with."""

    module: str
    root: x509.Certificate
    leaves: dict[str, x509.Certificate]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pages", type=int, default=1)
    parser.add_argument("--document", type=Path)
    options = parser.parse_args()
    source = options.document.read_bytes() if options.document else document(options.pages)
    with tempfile.TemporaryDirectory() as folder:
        material = prepared_token(Path(folder))
        results = {name: measured(material, name, source, options.rounds) for name in KEYS}
    json.dump(
        {"bytes": len(source), "rounds": options.rounds, "keys": results}, sys.stdout, indent=1
    )
    sys.stdout.write("\n")


def measured(material: Material, name: str, source: bytes, rounds: int) -> dict[str, object]:
    """Return ms of CPU a document for each way, medians over interleaved rounds."""
    with Pkcs11Signer(material.module, LABEL, PIN) as signer:
        ways = our_ways(material, name, source, signer)
        for way, act in ways.items():
            if not way.startswith("limit"):
                require_valid(material, act())
        ours = sampled(ways, rounds)
    token = pkcs11.lib(material.module).get_token(token_label=LABEL)
    with token.open(user_pin=PIN) as session:
        act = pyhanko_way(material, name, source, session)
        require_valid(material, act())
        # One session at a time: a token knows one login. The rounds follow each other directly.
        theirs = sampled({"pyhanko": act}, rounds)["pyhanko"]
    result = {way: round(value, 3) for way, value in ours.items()}
    return {
        **result,
        "pyhanko": round(theirs, 3),
        "around_the_token": round(ours["ours"] - ours["limit_token"], 3),
        "times_faster_than_pyhanko": round(theirs / ours["ours"], 1),
    }


def our_ways(
    material: Material, name: str, source: bytes, signer: Pkcs11Signer
) -> dict[str, Callable[[], bytes]]:
    """Return our signature, invisible and with an image, and the two limits."""
    invisible = reserve(source, ReservedPlaces())
    box = Box(page=0, x0=350, y0=150, x1=470, y1=210)
    visible = reserve(source, ReservedPlaces(leader=box))
    leaf = material.leaves[name].public_bytes(serialization.Encoding.DER)
    key_id = KEYS[name]

    def ours(pdf: bytes, image: bytes | None) -> bytes:
        plan = SignaturePlan(
            role=Role.LEADER, field_name=LEADER_FIELD, chain=(leaf,), image=image, certify=True
        )
        first = prepare(pdf, plan=plan, at=AT)
        value = value_of(first.to_be_signed)
        return complete(first, plan=plan, value=value, timestamp_token=None)

    def value_of(to_be_signed: bytes) -> bytes:
        request = Request(key_id=key_id, items=(Item(to_be_signed=to_be_signed),))
        outcome = signer.sign(request)
        if not isinstance(outcome, Completed):
            raise TypeError(outcome)
        return outcome.values[0]

    seal = image_bytes()
    return {
        "ours": lambda: ours(invisible, None),
        "ours_with_image": lambda: ours(visible, seal),
        "reserve": lambda: reserve(source, ReservedPlaces(leader=box)),
        "limit_token": lambda: value_of(b"x" * 300),
        "limit_hash": lambda: hashlib.sha256(invisible).digest(),
    }


def pyhanko_way(
    material: Material, name: str, source: bytes, session: pkcs11.Session
) -> Callable[[], bytes]:
    """Return pyHanko's plain `sign_pdf` with PAdES B-B."""
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko has no types here
    leaf = asn1_x509.Certificate.load(
        material.leaves[name].public_bytes(serialization.Encoding.DER)
    )
    signer = PKCS11Signer(
        session,
        signing_cert=leaf,
        key_id=bytes.fromhex(KEYS[name]),
        ca_chain=registry,
        use_raw_mechanism=name.startswith("p-"),
    )
    metadata = signers.PdfSignatureMetadata(
        field_name="Signature", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES,
        certify=True, docmdp_permissions=fields.MDPPerm.FILL_FORMS,
    )  # fmt: skip
    invisible = reserve(source, ReservedPlaces())

    def act() -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(invisible))
        signed: io.BytesIO = signers.sign_pdf(writer, metadata, signer)
        return signed.getvalue()

    return act


def sampled(ways: dict[str, Callable[[], bytes]], rounds: int) -> dict[str, float]:
    """Return the median CPU ms a call of each way, the ways taking turns."""
    counts = {way: calls_of(act) for way, act in ways.items()}
    samples: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, act in ways.items():
            started = time.process_time()
            for _ in range(counts[way]):
                act()
            samples[way].append((time.process_time() - started) / counts[way] * 1000)
    return {way: statistics.median(values) for way, values in samples.items()}


def calls_of(act: Callable[[], bytes]) -> int:
    """Return how many calls fill a round."""
    act()
    started = time.perf_counter()
    act()
    return max(1, int(CALLS_A_ROUND_S / max(time.perf_counter() - started, 1e-6)))


def require_valid(material: Material, pdf: bytes) -> None:
    """Stop when a way's result is not valid for pyHanko: a fast wrong answer is no answer."""
    if not pdf.startswith(b"%PDF"):
        return
    found = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    root = asn1_x509.Certificate.load(material.root.public_bytes(serialization.Encoding.DER))
    for signature in found:
        status = validate_pdf_signature(signature, ValidationContext(trust_roots=[root], moment=AT))
        if not status.bottom_line:
            sys.exit("a signature of the benchmark is not valid")


def document(pages: int) -> bytes:
    """Return a document of so many pages of text."""
    pdf = pikepdf.new()
    lines = "".join(f"({'Lorem ipsum dolor sit amet ' * 3}) Tj T* " for _ in range(40))
    for _ in range(pages):
        pdf.add_blank_page(page_size=(595.28, 841.89))
        pdf.pages[-1].Contents = pdf.make_stream(f"BT 72 760 Td 14 TL {lines} ET".encode("ascii"))
    stream = io.BytesIO()
    pdf.save(stream, compress_streams=False)
    return stream.getvalue()


def image_bytes() -> bytes:
    """Return a PNG with alpha in the size of a scanned signature."""
    stream = io.BytesIO()
    Image.effect_noise((400, 200), 40).convert("RGBA").save(stream, "PNG")
    return stream.getvalue()


def prepared_token(folder: Path) -> Material:
    """Make a SoftHSM token with one key of each kind and its certificate."""
    module = next(path for path in MODULES if Path(path).exists())
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\n", "utf-8")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    util("--init-token", "--free", "--label", LABEL, "--so-pin", "99887766", "--pin", PIN)
    root_key = rsa.generate_private_key(65537, 2048)
    root = certificate("Root", root_key.public_key(), root_key, ca=True)
    keys: dict[str, PrivateKey] = {
        "rsa-2048": rsa.generate_private_key(65537, 2048),
        "p-256": ec.generate_private_key(ec.SECP256R1()),
    }
    leaves = {name: certificate(name, key.public_key(), root_key) for name, key in keys.items()}
    for name, key in keys.items():
        path = folder / f"{name}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        util(
            "--import",
            str(path),
            "--token",
            LABEL,
            "--label",
            name,
            "--id",
            KEYS[name],
            "--pin",
            PIN,
        )
    token = pkcs11.lib(module).get_token(token_label=LABEL)
    with token.open(rw=True, user_pin=PIN) as session:
        for name, leaf in leaves.items():
            known = {Attribute.ID: bytes.fromhex(KEYS[name]), Attribute.TOKEN: True}
            encoded = leaf.public_bytes(serialization.Encoding.DER)
            session.create_object(decode_x509_certificate(encoded) | known)
    return Material(module=module, root=root, leaves=leaves)


def util(*arguments: str) -> None:
    """Call SoftHSM's own tool."""
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)


def certificate(
    name: str, public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, issuer: rsa.RSAPrivateKey, *,
    ca: bool = False,
) -> x509.Certificate:  # fmt: skip
    """Return a certificate by the benchmark's root."""

    def named(value: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, value)])

    usage = x509.KeyUsage(
        digital_signature=not ca, content_commitment=not ca, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=ca, crl_sign=ca,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named("Root"))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(issuer, hashes.SHA256())
    )


if __name__ == "__main__":
    main()
