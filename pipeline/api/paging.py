"""Lists a page at a time: `after` and `count` of every route that lists something.

Where there is more, the header `Link` says where the next page is (RFC 8288), so bodies that are
arrays stay arrays. A page begins behind the last thing of the one before, by what the list is in
order of: what comes or goes meanwhile moves nothing of the rest.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Depends, Query, Request, Response

from pipeline.cursors import Key, read_place, write_place

T = TypeVar("T")

MOST: Final = 1000
USUAL: Final = 200


class Pages:
    """What page of a list somebody asks for."""

    def __init__(
        self,
        request: Request,
        response: Response,
        after: Annotated[
            str | None,
            Query(max_length=2000, description="where the page before ended, as its `Link` says"),
        ] = None,
        count: Annotated[
            int, Query(ge=1, le=MOST, description="how many of the list a page has at most")
        ] = USUAL,
    ) -> None:
        self.after, self.count = after, count
        self._request, self._response = request, response

    def cut(
        self,
        items: Iterable[T],
        key: Callable[[T], Key],
        like: tuple[type, ...] = (str,),
        *,
        descending: bool = False,
    ) -> list[T]:
        """The page that is asked for of `items`, and where the next one is.

        Args:
            items: all of them, in any order.
            key: what they are in order of; no two have the same.
            like: the type of each part of a key.
            descending: whether the greatest come first.

        Raises:
            ConfigError: `after` is no place in such a list.
        """
        ordered = sorted(((tuple(key(item)), item) for item in items), key=lambda pair: pair[0])
        if descending:
            ordered.reverse()
        if self.after is not None:
            place = tuple(read_place(self.after, like))
            ordered = [
                (of, item) for of, item in ordered if (of < place if descending else of > place)
            ]
        page = ordered[: self.count]
        if len(ordered) > self.count:
            self.tell(write_place(page[-1][0]))
        return [item for _, item in page]

    def tell(self, following: str | int | None) -> None:
        """Say where the next page is; None: there is none."""
        if following is None:
            return
        asked = parse_qsl(self._request.url.query, keep_blank_values=True)
        others = [(name, value) for name, value in asked if name not in {"after", "count"}]
        query = urlencode([*others, ("after", following), ("count", self.count)])
        path = quote(self._request.scope["path"])
        self._response.headers["Link"] = f'<{path}?{query}>; rel="next"'


Paging = Annotated[Pages, Depends(Pages)]


def describe_pages(document: dict[str, Any]) -> None:
    """Have the application's document tell which answers are pages."""
    link = {
        "description": 'where the next page is, `<…>; rel="next"` (RFC 8288); not on the last',
        "schema": {"type": "string"},
    }
    for path in document["paths"].values():
        named = {one["name"] for one in path.get("get", {}).get("parameters", [])}
        if {"after", "count"} <= named:
            path["get"]["responses"]["200"].setdefault("headers", {})["Link"] = link
