"""pipeline.api.audited: the row of a route is the one that is found for its paths."""

import pytest
from fastapi import FastAPI

from pipeline.api.audited import ROUTES, check_every_route


def test_an_application_in_which_another_row_would_answer_is_not_built():
    whole, part = "/api/v1/tracks/{key:path}", "/api/v1/tracks/{key:path}/boxes"
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for path in (part, whole):
        app.add_api_route(path, list, methods=["GET"])
    rows = {f"GET {path}": ROUTES[f"GET {path}"] for path in (part, whole)}
    check_every_route(app, rows)
    with pytest.raises(LookupError, match=r"answers for GET .*boxes"):
        check_every_route(app, dict(reversed(rows.items())))
