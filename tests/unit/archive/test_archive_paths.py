from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import ArchiveError, InvalidKeyError
from archive.paths import conflicts, is_safe, require_safe


@pytest.mark.parametrize("path", ["a", "a/b.pdf", "Số 12/quyết định.pdf", ".hidden", "...", "a b"])
def test_ordinary_paths_are_safe(path: str) -> None:
    assert require_safe(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *["", ".", "..", "/a", "a/", "a//b", "a/./b", "a/../b", "a\nb", "a\x7f", "\ud800", "a\\b"],
        *["a" * 256, "ghế" * 52, "/".join(["a" * 200] * 6)],
    ],
)
def test_paths_that_escape_or_can_not_be_written_are_refused(path: str) -> None:
    with pytest.raises(InvalidKeyError) as caught:
        require_safe(path)
    assert caught.value.code == "archive.invalid-key"


@given(st.text(max_size=40))
def test_safe_path_never_has_a_dot_element(path: str) -> None:
    if is_safe(path):
        assert not {"", ".", ".."} & set(path.split("/"))


def test_file_that_is_also_a_folder_is_a_conflict() -> None:
    assert conflicts({"a/b/c", "a/b/d", "a", "e/f", "g"}) == {"a"}
    assert conflicts({"a/b/c", "a/b", "ab"}) == {"a/b"}


def test_error_tells_code_and_facts() -> None:
    assert str(InvalidKeyError(path="../a")) == "archive.invalid-key path='../a'"
    assert str(ArchiveError()) == "archive.failed"
