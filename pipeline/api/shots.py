"""Why a shot matches a description, over HTTP."""

from collections.abc import Callable

from fastapi import APIRouter

from pipeline.api.asking import Asking
from pipeline.api.sight import refuse_unseen
from pipeline.why_answers import WhyAnswer, WhyRequest

Why = Callable[[str, str], WhyAnswer]
"""Explains a shot (camera/run/track/shot) for a description."""


def shot_routes(why: Why) -> APIRouter:
    """`POST /shots/{shot}/why`."""
    routes = APIRouter()

    @routes.post("/shots/{shot:path}/why")
    def explain(shot: str, request: WhyRequest, asking: Asking) -> WhyAnswer:
        """Which words and which parts of the picture support the match of a shot.

        A POST, so that no description of a person lands in an access log. 404 if the shot or its
        picture is gone, 422 if the model gives no reasons, 503 while another is being explained.
        """
        refuse_unseen(asking, shot)
        return why(shot, request.text)

    return routes
