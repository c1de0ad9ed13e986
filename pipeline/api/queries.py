"""Descriptions over HTTP, looked over and not searched."""

from fastapi import APIRouter

from pipeline.query_answers import QueryAnswer, QueryRequest
from pipeline.workers.diagnosing import look_over


def query_routes() -> APIRouter:
    """The routes under `/queries`; they answer while Redis is away and the index is being read."""
    routes = APIRouter()

    @routes.post("/queries/check")
    def check(request: QueryRequest) -> QueryAnswer:
        """What of a description is searched, what cannot be seen, and how to say it better.

        A description that a search refuses is `searchable: false`, and no error. A POST, so that
        no description of a person lands in an access log.
        """
        return look_over(request.text)

    return routes
