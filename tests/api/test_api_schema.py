"""Whatever is sent, the answer fits the description and every refusal is a problem with a code."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from docsvc.access.rules import Role
from docsvc.catalog import messages

with warnings.catch_warnings():
    # Starlette wants httpx2 for its test client; httpx, which we pin, still serves.
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from fastapi.testclient import TestClient
    from schemathesis.specs.openapi.schemas import APIOperation

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


GENERATION = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
# Operations that an account of any role may call; logging out would end the run.
MAX_EXAMPLES = 6


@pytest.mark.long
def test_every_answer_fits_and_every_refusal_is_a_problem(
    app: FastAPI, as_role: Callable[..., TestClient]
) -> None:
    client = as_role(Role.CLERK)
    token = client.post("/api/v1/tokens", json={"name": "schemathesis"}).json()["token"]
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    tried = 0

    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in GENERATION:
            tried += 1
            negative = mode is schemathesis.GenerationMode.NEGATIVE
            # What takes nothing cannot be asked wrongly.
            with contextlib.suppress(*[Unsatisfiable] * negative):
                _exercise(operation, mode, token)

    assert tried == 2 * 52


def _exercise(operation: APIOperation, mode: schemathesis.GenerationMode, token: str) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=MAX_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    def hold(case: schemathesis.Case) -> None:
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(response, checks=CHECKS)
        if response.status_code >= 400 and case.path != "/api/v1/health":
            assert response.headers["content-type"] == ["application/problem+json"]
            problem = response.json()
            assert problem["status"] == response.status_code
            assert problem["code"] in messages.codes()

    hold()
