from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from docsvc.demo import images, organisations

if TYPE_CHECKING:
    from pathlib import Path

    from docsvc.demo.organisations import Organisations


def picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


@pytest.mark.parametrize("code", ["H99", "H99.12.05", "I99.12.05"])
def test_a_seal_has_its_actual_size_and_is_red_on_nothing(code: str) -> None:
    unit = organisations.load().unit_by_code[code]
    seal = picture(images.seal(unit))

    assert seal.width == seal.height == pytest.approx(unit.seal_mm / 25.4 * 300, abs=1)
    assert seal.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert seal.getpixel((0, 0))[3] == 0
    assert seal.getpixel((seal.width // 2, seal.height * 4 // 10)) > (200, 0, 0, 150)


def test_a_signature_is_blue_on_nothing() -> None:
    signature = picture(images.signature("leader-h99"))

    assert signature.mode == "RGBA"
    assert {colour[:3] for _, colour in signature.getcolors(1 << 20)} == {images.BLUE}
    assert signature.getpixel((0, 0))[3] == 0


def test_pictures_are_the_same_each_time_and_differ_by_key() -> None:
    assert images.signature("leader-h99") == images.signature("leader-h99")
    assert images.signature("leader-h99") != images.signature("leader-a99")


def test_each_holder_gets_a_picture_once(tmp_path: Path, hamlet: Organisations) -> None:
    paths = images.create(tmp_path, hamlet)
    paths["leader"].write_bytes(b"the officer's own")

    assert images.create(tmp_path, hamlet) == paths
    assert paths["leader"].read_bytes() == b"the officer's own"


def test_every_holder_of_the_province_has_a_picture(tmp_path: Path) -> None:
    province = organisations.load()

    paths = images.create(tmp_path, province)

    assert set(paths) == {holder.key for holder in province.holders}
    assert len({path.read_bytes() for path in paths.values()}) == len(paths)
