"""Tagged documents: a signature field may take its place in the structure tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from verification_change_cases import NEW_FIELDS, leader
from verification_files import CATALOG, FORM, base, base_objects, by, sign, signature_field, update

from verification.model import Indication, Modification

if TYPE_CHECKING:
    from collections.abc import Callable

    from verification_pki import Pki

    from verification.trust import Trust

ROOT, PARAGRAPH, PARENTS, DOCUMENT, LEAF = 50, 51, 52, 53, 54
OWN = {
    CATALOG: base_objects()[CATALOG].replace(b">>", b"/StructTreeRoot 50 0 R>>"),
    ROOT: b"<</Type/StructTreeRoot/K[53 0 R]/ParentTree 52 0 R/ParentTreeNextKey 1>>",
    DOCUMENT: b"<</Type/StructElem/S/Document/P 50 0 R/K 51 0 R>>",
    PARAGRAPH: b"<</Type/StructElem/S/P/P 53 0 R/K 0/Alt(x)>>",
    PARENTS: b"<</Kids[54 0 R]>>",
    55: b"<</Type/Namespace/NS(x)>>",
    LEAF: b"<</Nums[0 51 0 R]/Limits[0 0]>>",
}
# The field of a signature, its element, and the tree with both.
ADDED = {
    FORM: NEW_FIELDS,
    40: signature_field(b"more", b"/StructParent 1"),
    41: b"<</Type/StructElem/S/Form/NS 55 0 R/P 53 0 R/K<</Type/OBJR/Obj 40 0 R>>>>",
    42: b"<</Nums[0 51 0 R 1 41 0 R]>>",
    ROOT: b"<</Type/StructTreeRoot/K[53 0 R]/ParentTree 42 0 R/ParentTreeNextKey 2>>",
    DOCUMENT: b"<</Type/StructElem/S/Document/P 50 0 R/K[51 0 R 41 0 R]>>",
}


@pytest.fixture(name="tagged")
def _tagged(pki: Pki) -> Callable[[dict[int, bytes]], bytes]:
    led = sign(base(base_objects() | OWN), by(pki.leader))
    return lambda objects: update(led, objects)


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {ROOT: OWN[ROOT].replace(b"53 0 R]", b"53 0 R 41 0 R]"), PARENTS: ADDED[42]},
        {ROOT: ADDED[ROOT].replace(b"NextKey 2", b"NextKey 1")},
        {ROOT: ADDED[ROOT].replace(b"42 0 R", ADDED[42])},
    ],
    ids=["new-tree", "in-its-place", "key-not-counted", "direct"],
)
def test_field_of_a_signature_takes_its_place(
    tree: dict[int, bytes], tagged: Callable[[dict[int, bytes]], bytes], trust: Trust
) -> None:
    one = leader(tagged(ADDED | tree), trust)

    assert one.indication is Indication.TOTAL_PASSED, one.findings
    assert one.modification is Modification.FORM_FILLING


@pytest.mark.parametrize(
    "tree",
    [
        {ROOT: ADDED[ROOT].replace(b"/K", b"/RoleMap<</P/H1>>/K")},
        {DOCUMENT: ADDED[DOCUMENT].replace(b"51 0 R 41 0 R", b"41 0 R 51 0 R")},
        {DOCUMENT: ADDED[DOCUMENT].replace(b" 41 0 R", b" 41 0 R 51 0 R")},
        {41: ADDED[41].replace(b"/K<", b"/ActualText(evil)/K<")},
        {41: ADDED[41].replace(b"40 0 R", b"3 0 R")},
        {41: ADDED[41].replace(b"/Obj 40 0 R", b"")},
        {42: ADDED[42].replace(b"0 51 0 R", b"0 53 0 R")},
        {42: ADDED[42].replace(b"0 51 0 R", b"")},
        {42: ADDED[42].replace(b"1 41", b"1 51")},
    ],
    ids=[
        "roles",
        "order",
        "old-element-again",
        "text-of-its-own",
        "no-field",
        "nothing",
        "other-parent",
        "parent-lost",
        "old-parent-again",
    ],
)
def test_nothing_else_in_the_tree_may_change(
    tree: dict[int, bytes], tagged: Callable[[dict[int, bytes]], bytes], trust: Trust
) -> None:
    one = leader(tagged(ADDED | tree), trust)

    assert one.modification is Modification.OTHER
    assert "verification.structure-changed" in one.reasons


def test_text_that_is_read_aloud_may_not_change(
    tagged: Callable[[dict[int, bytes]], bytes], trust: Trust
) -> None:
    one = leader(tagged({PARAGRAPH: OWN[PARAGRAPH].replace(b"(x)", b"(evil)")}), trust)

    assert one.reasons == ("verification.object-replaced",)


def test_tree_that_goes_in_a_circle_is_refused(
    tagged: Callable[[dict[int, bytes]], bytes], trust: Trust
) -> None:
    one = leader(tagged(ADDED | {42: b"<</Kids[42 0 R 42 0 R]>>"}), trust)

    assert "verification.update-unreadable" in one.reasons
