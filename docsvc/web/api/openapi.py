"""The description of the API: OpenAPI 3.1, with our problems instead of the framework's."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from docsvc.web.problems import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

_REF = "#/components/schemas/{model}"
PROBLEM: dict[str, Any] = {
    "description": "A problem (RFC 9457); its code is stable",
    "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
}
# What every operation may answer.
RESPONSES: dict[int | str, dict[str, Any]] = {"4XX": PROBLEM, "5XX": PROBLEM}


def describer(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return what builds the description once."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    return describe


def _build(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title="docsvc",
        version=version("docsvc"),
        summary="Official documents: signed, numbered, sealed, verified, archived, counted",
        routes=app.routes,
    )
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template=_REF)
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    found["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "docsvc"},
    }
    for path, operations in found["paths"].items():
        for operation in operations.values():
            operation["security"] = _security(path)
    return found


def _security(path: str) -> list[dict[str, list[str]]]:
    # A provider that calls back is known by what it sends, not by an account.
    anybody = path.endswith(("/verify", "/health")) or "/call-backs/" in path
    return [{}] if anybody else [{"token": []}, {"session": []}]
