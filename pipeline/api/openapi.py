"""The description of the API: what FastAPI makes of the routes, with our problems in it."""

from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel, Field

from pipeline.api.idempotency import describe_keys
from pipeline.api.paging import describe_pages
from pipeline.api.problems import MEDIA_TYPE

#: What answers a request that no body of the success fits (OpenAPI 3.1, "Responses Object").
_RANGES: Final = {
    "4XX": "the request cannot be answered as it is; `code` says why",
    "5XX": "the installation cannot answer now; `Retry-After` says when, where that is known",
}
_METHODS: Final = {"get", "put", "post", "delete", "patch", "head"}


class Problem(BaseModel):
    """An error (RFC 9457); programs rely on `code`, people read `detail`."""

    type: str = Field(description="`urn:descry:problem:` and the code")
    title: str = Field(description="of the status")
    status: int
    code: str
    detail: str = Field(description="one line that names the thing and the next step")


def answers_with(media_type: str, **others: str) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that answers with something else than JSON.

    Args:
        media_type: of its success.
        others: what other statuses mean, `_204="none is kept"`.
    """
    told: dict[int | str, dict[str, Any]] = {
        200: {"content": {media_type: {}}, "description": "as it is"}
    }
    for status, means in others.items():
        told[int(status.lstrip("_"))] = {"description": means}
    return told


def describe_problems(app: FastAPI) -> None:
    """Have the application's document tell of its problems, and by what people are known."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(made())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI has it done


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    # Of FastAPI's own errors, which are answered as problems.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "descry_session"},
    }
    document["security"] = [{"token": []}, {"session": []}]
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    describe_keys(document)
    describe_pages(document)
    for path in document["paths"].values():
        for method, operation in path.items():
            if method in _METHODS:
                answers = operation["responses"]
                answers.pop("422", None)
                for status, description in _RANGES.items():
                    answers[status] = {"description": description, "content": content}
    return document
