from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2
import pytest
from signing_foreign import added_plan
from signing_stand_ins import NOW, Pki, Tsa, blank_pdf
from signing_steps import archived, sign, statuses
from support.hybrids import as_hybrid, for_old_readers

from signing._pades import views
from signing.errors import UnreadablePdfError, ViewsDifferError
from signing.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parents[3] / "sample_docs" / "documents"


def tagged() -> bytes:
    """Return a file with a structure tree, as Word writes one."""
    with pikepdf.open(io.BytesIO(blank_pdf())) as document:
        root = document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.StructTreeRoot))
        whole = pikepdf.Dictionary(Type=pikepdf.Name.StructElem, S=pikepdf.Name.Document, P=root)
        root.K = pikepdf.Array([document.make_indirect(whole)])
        document.Root.StructTreeRoot = root
        document.Root.MarkInfo = pikepdf.Dictionary(Marked=True)
        stream = io.BytesIO()
        document.save(stream, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return stream.getvalue()


def is_structure(item: pikepdf.Object) -> bool:
    return isinstance(item, pikepdf.Dictionary) and str(item.get("/Type", "")).startswith("/Struct")


def of_type(name: str) -> Callable[[pikepdf.Object], bool]:
    return lambda item: isinstance(item, pikepdf.Dictionary) and item.get("/Type") == name


def hybrids() -> dict[str, bytes]:
    return {
        "packed": as_hybrid(tagged(), is_structure),
        "plain": as_hybrid(tagged(), is_structure, packed=False),
        "word": (SAMPLES / "26-bao-cao-word-tham-chieu-lai.pdf").read_bytes(),
        "party": (SAMPLES / "34-huong-dan-tinh-uy-tham-chieu-lai.pdf").read_bytes(),
    }


def pages(pdf: bytes) -> list[bytes]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        document.init_forms()
        return [page.render(scale=1.5).to_pil().tobytes() for page in document]
    finally:
        document.close()


def signatures(pdf: bytes) -> list[tuple[str, list[int], bytes]]:
    """Return name, byte range and contents of every signature, as qpdf reads them."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [
            (str(field.T), [int(n) for n in field.V.ByteRange], bytes(field.V.Contents))
            for field in document.Root.AcroForm.Fields
        ]


@pytest.mark.parametrize("name", ["packed", "plain", "word", "party"])
def test_a_signed_hybrid_file_is_the_same_to_readers_of_both_kinds(
    pki: Pki, tsa: Tsa, name: str, tmp_path: Path
) -> None:
    pdf = hybrids()[name]
    signed = archived(sign(pdf, added_plan(pki), pki.organisation, tsa), pki, tsa)
    assert signed.startswith(pdf)
    old = for_old_readers(signed)
    assert old != signed
    assert pages(old) == pages(signed)
    assert signatures(old) == signatures(signed)
    assert [field for field, *_ in signatures(signed)] == [
        "docsvc-organisation",
        "docsvc-timestamp-1",
    ]
    # The mark is there, to both.
    assert pages(signed)[0] != pages(pdf)[0]
    (status,) = statuses(signed, pki, strict=False)
    assert status.bottom_line
    for number, view in enumerate((old, signed)):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(view)
        checked = subprocess.run(["qpdf", "--check", path], capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr


def test_a_revision_over_a_hybrid_file_names_no_stream_of_its_own(pki: Pki) -> None:
    pdf = hybrids()["packed"]
    update = prepare(pdf, plan=added_plan(pki), at=NOW).pdf[len(pdf) :]
    assert b"XRefStm" not in update
    assert b"\nxref\n" in update


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("kind", ["/Page", "/Pages"])
def test_a_file_that_hides_what_a_page_shows_is_not_signed(
    pki: Pki, kind: str, packed: object
) -> None:
    pdf = as_hybrid(blank_pdf(), of_type(kind), packed=bool(packed))
    with pytest.raises(ViewsDifferError) as caught:
        prepare(pdf, plan=added_plan(pki), at=NOW)
    assert caught.value.facts["objects"] > 0


def test_a_file_whose_trailer_leaves_out_hidden_numbers_is_not_signed(pki: Pki) -> None:
    # Their numbers would be given away a second time.
    pdf = as_hybrid(tagged(), is_structure, short=True)
    with pytest.raises(UnreadablePdfError):
        prepare(pdf, plan=added_plan(pki), at=NOW)


def test_a_hybrid_file_that_shows_too_much_is_a_trap(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "_MAX_OBJECTS", 2)
    with pytest.raises(UnreadablePdfError) as caught:
        prepare(hybrids()["packed"], plan=added_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "objects"}
