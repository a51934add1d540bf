"""What the benchmarks of signing sign: a SoftHSM token, certificates, documents, a seal."""

from __future__ import annotations

import io
import os
import random
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from PIL import Image, ImageDraw
from pkcs11 import Attribute
from pkcs11.util.x509 import decode_x509_certificate
from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from signing.model import (
    DAY_FIELD,
    MONTH_FIELD,
    NUMBER_FIELD,
    Box,
    ReservedPlaces,
    TextPlace,
)
from signing.signers.base import Completed, Item, Request

if TYPE_CHECKING:
    from signing.signers.pkcs11 import Pkcs11Signer

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so")
LABEL, PIN = "benchmark", "824613"
# Of the PIN: more than any number of rounds.
USES = 10**7
AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
KEYS = {"rsa-2048": "a1", "p-256": "b1"}
FONT = Path(__file__).parent.parent / "signing" / "fonts" / "Tinos-Regular.ttf"
SEAL_BOX = (350, 150, 470, 210)
FILLS = {NUMBER_FIELD: "05/QĐ-UBND", DAY_FIELD: "07", MONTH_FIELD: "11"}

_TEXT = (
    "cộng hòa xã hội chủ nghĩa việt nam độc lập tự do hạnh phúc quyết định về việc ban hành quy chế"
    " quản lý văn bản điện tử ủy ban nhân dân căn cứ luật tổ chức chính quyền địa phương nghị định"
    " hướng dẫn công tác văn thư lưu trữ chữ ký số người đứng đầu tổ chức thực hiện"
)
_LINES = 44
_SMALL = 100_000  # bytes; a document of fewer has no picture
_FONT_BYTES, _PAGE_BYTES, _PICTURE_BYTES = 15_000, 3_000, 1_500_000

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a benchmark run signs with."""

    module: str
    root: x509.Certificate
    leaves: dict[str, x509.Certificate]

    def chain(self, name: str) -> tuple[bytes, ...]:
        """Return the chain of a key: its certificate alone, as the root is left out."""
        return (self.leaves[name].public_bytes(serialization.Encoding.DER),)


def values_of(signer: Pkcs11Signer, name: str, to_be_signed: list[bytes]) -> tuple[bytes, ...]:
    """Return signature values by the token, as the service asks for them: all at once."""
    items = tuple(Item(to_be_signed=one) for one in to_be_signed)
    outcome = signer.sign(Request(key_id=KEYS[name], items=items))
    if not isinstance(outcome, Completed):
        raise TypeError(outcome)
    return outcome.values


def places(*, visible: bool) -> ReservedPlaces:
    """Return the places of a letter: number and date, and the signature's box."""
    if not visible:
        return ReservedPlaces()
    boxes = {NUMBER_FIELD: (60, 700, 160, 716), DAY_FIELD: (380, 700, 400, 716)}
    boxes[MONTH_FIELD] = (440, 700, 460, 716)
    texts = tuple(
        TextPlace(name=name, box=_box(edges), font_size=13) for name, edges in boxes.items()
    )
    return ReservedPlaces(texts=texts, leader=_box(SEAL_BOX))


def _box(edges: tuple[int, int, int, int]) -> Box:
    x0, y0, x1, y1 = edges
    return Box(page=0, x0=x0, y0=y0, x1=x1, y1=y1)


def document(target_bytes: int, *, seed: int = 7) -> bytes:
    """Return pages of Vietnamese text in an embedded font, with pictures, of about this size."""
    register()
    chance = random.Random(seed)  # noqa: S311  # words, not keys
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, pageCompression=1, invariant=1)
    rest = target_bytes - _FONT_BYTES
    while rest > 0:
        picture = photo(min(rest, _PICTURE_BYTES)) if target_bytes > _SMALL else b""
        if picture:
            canvas.drawImage(ImageReader(io.BytesIO(picture)), 50, 480, 450, 300)
        write_lines(canvas, chance, _LINES // 2 if picture else _LINES)
        rest -= len(picture) + _PAGE_BYTES
    canvas.save()
    return stream.getvalue()


@cache
def register() -> None:
    """Make the font known to reportlab, once."""
    rl_config.useA85 = 0  # pictures as they are, as scanners store them
    pdfmetrics.registerFont(TTFont("Tinos", str(FONT)))


def write_lines(canvas: Canvas, chance: random.Random, count: int) -> None:
    """Write one page."""
    canvas.setFont("Tinos", 11)
    for line in range(count):
        words = " ".join(chance.choice(_TEXT.split()) for _ in range(14))
        canvas.drawString(50, 460 - 15 * line if count < _LINES else 770 - 15 * line, words)
    canvas.showPage()


def photo(about_bytes: int) -> bytes:
    """Return a JPEG of noise, which takes some 0.36 bytes a pixel."""
    width = max(100, int((about_bytes / 0.36 * 1.5) ** 0.5))
    stream = io.BytesIO()
    noise = Image.effect_noise((width, width * 2 // 3), 40).convert("RGB")
    noise.save(stream, "JPEG", quality=60)
    return stream.getvalue()


def seal_image() -> Image.Image:
    """Return a red seal on nothing."""
    image = Image.new("RGBA", (400, 400), (255, 255, 255, 0))
    pen = ImageDraw.Draw(image)
    for ring in range(8):
        pen.ellipse((10 + ring, 10 + ring, 390 - ring, 390 - ring), outline=(210, 0, 0, 255))
    pen.polygon([(200, 80), (270, 300), (90, 165), (310, 165), (130, 300)], fill=(210, 0, 0, 255))
    return image


def seal_png() -> bytes:
    """Return the seal as the plan of a signature takes it."""
    stream = io.BytesIO()
    seal_image().save(stream, "PNG")
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
