"""Every signer keeps the contract of `signing.signers.base`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from made import makers
from signing_contract import DeferredSignerContract, SignerContract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from made import DeferredMade, Made, Maker

SIGNERS, DEFERRED = makers("SIGNERS"), makers("DEFERRED")


@pytest.mark.parametrize("maker", SIGNERS.values(), ids=SIGNERS)
class TestSigners(SignerContract):
    @pytest.fixture
    def made(self, maker: Maker) -> Iterator[Made]:
        with maker() as made:
            yield made


@pytest.mark.parametrize("maker", DEFERRED.values(), ids=DEFERRED)
class TestDeferredSigners(DeferredSignerContract):
    @pytest.fixture
    def made(self, maker: Maker) -> Iterator[DeferredMade]:
        with maker() as made:
            yield made
