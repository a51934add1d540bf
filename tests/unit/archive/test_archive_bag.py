from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import bag
from archive.errors import InvalidBagError, InvalidDepositError
from archive.paths import conflicts, is_safe
from archive.stores import MemoryStore

AT = datetime(2026, 12, 31, 20, 0, tzinfo=UTC)
INFO = {"Source-Organization": "UBND xã Ví Dụ", "External-Identifier": "urn:test:1"}
FILES = {"METS.xml": b"<mets/>", "data/100 %25 ghế.pdf": b"%PDF"}

_NAMES = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=8)
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join).filter(is_safe)
_FILES = st.dictionaries(_PATHS, st.binary(max_size=20), max_size=5).filter(
    lambda files: not conflicts(set(files))
)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    bag.write(store, "b", FILES, info=INFO, at=AT)
    return store


def _codes(store: MemoryStore) -> set[str]:
    return {finding.code for finding in bag.check(store, "b")}


def _replace(store: MemoryStore, name: str, old: bytes, new: bytes) -> None:
    raw = store.get(f"b/{name}")
    assert old in raw
    store.put(f"b/{name}", raw.replace(old, new))


def _drop_tag_manifests(store: MemoryStore) -> None:
    for algorithm in ("sha256", "sha512"):
        store.delete(f"b/tagmanifest-{algorithm}.txt")


@given(_FILES)
def test_every_bag_reads_back(files: dict[str, bytes]) -> None:
    store = MemoryStore()
    bag.write(store, "b", files, info=INFO, at=AT)
    assert list(bag.check(store, "b")) == []
    assert bag.read(store, "b").files == files


def test_info_is_kept_and_completed(store: MemoryStore) -> None:
    assert bag.read(store, "b").info == (
        *INFO.items(),
        ("Bagging-Date", "2027-01-01"),
        ("Payload-Oxum", "11.2"),
    )


def test_bag_has_the_files_of_the_rfc(store: MemoryStore) -> None:
    assert store.get("b/bagit.txt") == (b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    digest = hashlib.sha256(b"<mets/>").hexdigest()
    assert f"{digest}  data/METS.xml\n" in store.get("b/manifest-sha256.txt").decode()
    assert "data/data/100 %2525 ghế.pdf\n" in store.get("b/manifest-sha256.txt").decode()
    assert {
        line.split("  ")[1]
        for line in store.get("b/tagmanifest-sha512.txt").decode().split("\n")[:-1]
    } == {"bag-info.txt", "bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt"}


@pytest.mark.parametrize(
    "files", [{"../a": b""}, {"/a": b""}, {"a": b"", "a/b": b""}, {"a\nb": b""}]
)
def test_path_that_leaves_the_bag_is_not_written(files: dict[str, bytes]) -> None:
    store = MemoryStore()
    with pytest.raises(InvalidDepositError):
        bag.write(store, "b", files, info={}, at=AT)
    assert list(store.list("")) == []


@pytest.mark.parametrize(
    "info", [{"A:B": "x"}, {"": "x"}, {"A": "x\nPayload-Oxum: 0.0"}, {"A": " x"}, {" A": "x"}]
)
def test_line_that_would_break_the_info_is_not_written(info: dict[str, str]) -> None:
    with pytest.raises(InvalidDepositError):
        bag.write(MemoryStore(), "b", {}, info=info, at=AT)


def test_place_that_is_taken_is_left_alone(store: MemoryStore) -> None:
    with pytest.raises(InvalidDepositError):
        bag.write(store, "b", {}, info={}, at=AT)


def test_time_without_zone_is_refused() -> None:
    with pytest.raises(InvalidDepositError):
        bag.write(MemoryStore(), "b", {}, info={}, at=AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("data/METS.xml", b"<changed>", "bag-changed"),
        ("data/METS.xml", b"<changed>", "bag-oxum"),
        ("data/extra", b"", "bag-unlisted"),
        ("bag-info.txt", b"Contact-Name: other\n", "bag-changed"),
        (
            "bagit.txt",
            b"BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n",
            "bag-unreadable",
        ),
        (
            "bagit.txt",
            b"BagIt-Version : 1.0\nTag-File-Character-Encoding : UTF-8\n",
            "bag-unreadable",
        ),
        (
            "bagit.txt",
            b"BagIt-Version: 1.0\nTag-File-Character-Encoding: rot13\n",
            "bag-unreadable",
        ),
        (
            "bagit.txt",
            b"\xef\xbb\xbfBagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            "bag-unreadable",
        ),
        ("manifest-sha256.txt", b"no digest\n", "bag-unreadable"),
        ("manifest-sha256.txt", b"00  data/../../etc/passwd\n", "bag-unreadable"),
        ("manifest-sha256.txt", b"00  /etc/passwd\n", "bag-unreadable"),
        ("manifest-sha256.txt", b"00  ~/passwd\n", "bag-unreadable"),
        ("manifest-sha256.txt", b"00  data/a%0Ab\n", "bag-unreadable"),
        ("manifest-sha256.txt", b"00  data/a\n11  data/a\n", "bag-unreadable"),
        ("manifest-sha256.txt", b"\xff  data/a\n", "bag-unreadable"),
        ("bag-info.txt", b"no colon\n", "bag-unreadable"),
        ("bag-info.txt", b"Label : x\n", "bag-unreadable"),
    ],
)
def test_changed_bag_is_found(store: MemoryStore, name: str, data: bytes, code: str) -> None:
    store.put(f"b/{name}", data)
    assert code in _codes(store)
    with pytest.raises(InvalidBagError):
        bag.read(store, "b")


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("data/METS.xml",), "bag-missing"),
        (("bag-info.txt",), "bag-missing"),
        (("bagit.txt",), "bag-unreadable"),
        (("manifest-sha256.txt", "manifest-sha512.txt"), "bag-unreadable"),
    ],
)
def test_incomplete_bag_is_found(store: MemoryStore, names: tuple[str, ...], code: str) -> None:
    for name in names:
        store.delete(f"b/{name}")
    assert code in _codes(store)


def test_manifest_beyond_the_limit_is_not_read(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bag, "MAX_TAG_BYTES", 60)
    assert _codes(store) == {"bag-unreadable"}


def test_older_bag_without_info_is_read(store: MemoryStore) -> None:
    _drop_tag_manifests(store)
    store.delete("b/bag-info.txt")
    store.delete("b/manifest-sha256.txt")
    _replace(store, "bagit.txt", b"1.0", b"0.97")
    _replace(store, "manifest-sha512.txt", b"%25", b"%")
    assert bag.read(store, "b").files == FILES
    assert bag.read(store, "b").info == ()


def test_paths_with_dot_and_star_and_lines_of_other_systems_are_read(store: MemoryStore) -> None:
    _drop_tag_manifests(store)
    _replace(store, "manifest-sha256.txt", b"  data/", b" *./data/")
    _replace(store, "manifest-sha512.txt", b"\n", b"\r\n")
    assert bag.read(store, "b").files == FILES


def test_long_info_line_goes_on_after_white_space(store: MemoryStore) -> None:
    _drop_tag_manifests(store)
    store.put("b/bag-info.txt", b"Contact: one\n  two\r\n\tthree\nContact: four\n")
    assert bag.read(store, "b").info == (("Contact", "one two three"), ("Contact", "four"))
