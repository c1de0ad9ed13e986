"""Search from Python: what the command line does, as objects."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from pipeline.answers import CameraAnswer, SearchAnswer, SearchRequest
from pipeline.client import Client
from pipeline.instants import parse_instant
from pipeline.picture_files import encoded
from pipeline.query_answers import QueryAnswer
from pipeline.reason_fields import Grounds
from pipeline.wiring.sessions import open_session
from pipeline.wiring.settings import read_settings


class Finder:
    """The tracks of a data folder, found by description.

    It joins the running Descry of that folder, or starts a query worker for as long as it is open.

        with Finder() as finder:
            for hit in finder.search("man in a black hoodie", cameras=["door"]).hits:
                print(hit.score, hit.camera, hit.first_seen_at)
    """

    def __init__(
        self,
        config: Path | None = None,
        *,
        model: str | None = None,
        reason: str = "",
        case: str = "",
    ) -> None:
        """Read the settings.

        Args:
            config: the settings file; found as the command line finds it when None.
            model: the encoder, by name; the one of the settings when None.
            reason: why all this is asked, for the audit.
            case: for which case, likewise.

        Raises:
            ConfigError: the settings do not make sense.
        """
        self._settings, self._asked = read_settings(config, model=model), model
        self._grounds = Grounds(reason, case)
        self._open = ExitStack()
        self._client: Client | None = None

    def __enter__(self) -> "Finder":
        reached = open_session(
            self._settings,
            need=frozenset({"query"}),
            asked=self._asked,
            grounds=self._grounds,
        )
        session = self._open.enter_context(reached)
        self._client = self._open.enter_context(session.client())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def search(
        self,
        text: str = "",
        *,
        cameras: Sequence[str] = (),
        collections: Sequence[str] = (),
        since: str | None = None,
        until: str | None = None,
        limit: int | None = None,
        live: bool = False,
        zones: Sequence[str] = (),
        min_quality: float = 0.0,
        like: str | None = None,
        picture: Path | None = None,
        box: tuple[float, float, float, float] | None = None,
        more_like: Sequence[str] = (),
        less_like: Sequence[str] = (),
        answers: Sequence[str] = (),
    ) -> SearchAnswer:
        """The tracks that look most like `text`, best first.

        Args:
            text: what the person looks like, or what is different from `like` or `picture`.
            cameras: only these; all if empty.
            collections: only these; all if empty.
            since: ISO-8601, or `10m` for ten minutes ago.
            until: the same.
            limit: at most so many hits.
            live: only people in view now.
            zones: only shots taken in one of these; all if empty.
            min_quality: only shots of this overall quality or better, 0 to 1.
            like: a track or a shot to look like; it is left out.
            picture: a file that shows the person to look like.
            box: where they are in it, pixels; looked for if None.
            more_like: tracks that fit.
            less_like: tracks that do not fit; they are left out.
            answers: to the `question` of a search: `ID=yes`, `ID=no`, or a phrase.

        Raises:
            ConfigError: the text, the picture or a time makes no sense.
            NotFound: a camera, collection or track does not exist.
        """
        request = SearchRequest(
            text=text,
            cameras=list(cameras),
            collections=list(collections),
            since=parse_instant(since, now=time.time()) if since else None,
            until=parse_instant(until, now=time.time()) if until else None,
            limit=limit or self._settings.search.limit,
            live=live,
            zones=list(zones),
            min_quality=min_quality,
            like=like,
            picture=None if picture is None else encoded(picture),
            box=box,
            more_like=list(more_like),
            less_like=list(less_like),
            answers=list(answers),
        )
        return self._ask().search(request)

    def check(self, text: str) -> QueryAnswer:
        """What of a description is searched, and what cannot be seen; needs no worker."""
        # Imported late: who searches must not wait for the tokenizer.
        from pipeline.workers.diagnosing import look_over

        return look_over(text)

    def cameras(self) -> list[CameraAnswer]:
        """Every camera that was ever read."""
        return self._ask().cameras()

    def picture(self, thumbnail: str) -> bytes | None:
        """The JPEG behind a hit's `thumbnail`; None if it is gone."""
        return self._ask().picture(thumbnail)

    def _ask(self) -> Client:
        if self._client is None:
            raise RuntimeError("use 'with Finder() as finder:'")
        return self._client
