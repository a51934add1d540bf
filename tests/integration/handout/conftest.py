from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import road
from support.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.demo import DemoInstance
    from support.road import Road

    from docsvc.steps.sign.handout import HandOuts


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance) -> Iterator[Road]:
    with road.opened(
        tmp_path_factory.mktemp("handouts") / "var",
        demo_instance,
        server_side_personal_keys=False,
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(town: Road, demo_instance: DemoInstance) -> Desk:
    return Desk(town=town, demo=demo_instance)


@pytest.fixture(scope="module")
def handouts(town: Road) -> HandOuts:
    return town.services.handouts
