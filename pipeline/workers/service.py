"""What a query worker answers to a description."""

import logging
from collections.abc import Mapping, Sequence

from pipeline.answers import (
    CoverageAnswer,
    ModelAnswer,
    SearchAnswer,
    SearchRequest,
)
from pipeline.clock import Clock
from pipeline.coverage import WatchedRun, cover
from pipeline.errors import ConfigError, NotFound
from pipeline.instants import format_instant
from pipeline.telemetry import Telemetry
from pipeline.workers.catalogue import Catalogue
from pipeline.workers.presenting import (
    coverage_answer,
    hit_answer,
)
from pipeline.workers.view import LogView
from retrieval.ports import Encoder, Index
from retrieval.search.exact import find_tracks
from retrieval.search.query import check_query
from retrieval.tokenizer import count_tokens
from retrieval.types import Hit, Where

log = logging.getLogger(__name__)

# Where camera workers put what they see.
LIVE_COLLECTION = "live"

UNTRAINED = (
    "this model has no trained weights: the ranking means nothing. Install trained ones with "
    "'descry models pull NAME' or 'descry models import FILE --name NAME'"
)


class SearchService:
    """Finds the tracks that fit a description."""

    def __init__(
        self,
        *,
        encoder: Encoder,
        index: Index,
        view: LogView,
        catalogue: Catalogue,
        clock: Clock,
        telemetry: Telemetry,
        best_of: int,
    ) -> None:
        self._encoder, self._index, self._view = encoder, index, view
        self._catalogue, self._clock = catalogue, clock
        self._telemetry, self._best_of = telemetry, best_of

    @property
    def is_ready(self) -> bool:
        """Whether everything that was in the log at the start can be found."""
        return self._view.state.caught_up

    def search(self, request: SearchRequest) -> SearchAnswer:
        """The tracks that fit `request.text` best.

        Raises:
            QueryRefused: the text cannot be searched.
            NotFound: a camera or collection of the request does not exist.
            StoreUnavailable: Redis is away.
        """
        checked = check_query(request.text, count_tokens=count_tokens)
        self._refuse_unknown(request)
        with self._telemetry.query_s.time():
            hits = self._find(checked.text, request)
        records = self._catalogue.track_store.get_many([hit.track for hit in hits])
        live = self._catalogue.live_keys()
        answers = [hit_answer(hit, records.get(hit.track), hit.track in live) for hit in hits]
        return SearchAnswer(
            query=request.text,
            hits=answers,
            no_match=not answers,
            coverage=self._coverage(request),
            model=ModelAnswer(
                name=self._encoder.model_id.partition("@")[0],
                id=self._encoder.model_id,
                trained=self._encoder.is_trained,
            ),
            notes=self._notes(checked.notes),
        )

    def _find(self, text: str, request: SearchRequest) -> list[Hit]:
        where = Where(
            now=self._clock.now(),
            cameras=frozenset(request.cameras) or None,
            collections=frozenset(request.collections) or None,
            tracks=frozenset(self._catalogue.live_keys()) if request.live else None,
            since=request.since,
            until=request.until,
        )
        vector = self._encoder.encode_texts([text])[0]
        return find_tracks(
            self._index, vector, limit=request.limit, where=where, best_of=self._best_of
        )

    def _refuse_unknown(self, request: SearchRequest) -> None:
        if (
            request.since is not None
            and request.until is not None
            and request.since >= request.until
        ):
            raise ConfigError("--since is not before --until: nothing lies between them")
        self._catalogue.refuse_unknown(request.cameras)
        known = self._catalogue.runs.collections()
        for name in request.collections:
            if name not in known:
                raise NotFound(f"no collection {name!r}; known: {', '.join(sorted(known)) or '–'}")

    def _coverage(self, request: SearchRequest) -> CoverageAnswer:
        names = request.cameras or self._catalogue.camera_store.known()
        runs = [
            WatchedRun(
                camera_id=run.camera_id,
                is_live=run.kind == "live",
                started_at=run.started_at,
                watched_until=run.watched_until or run.started_at,
                frames_dropped=run.frames_dropped,
                tracks=run.tracks,
                unpublished_tracks=run.unpublished_tracks,
            )
            for name in names
            for run in self._catalogue.runs.of_camera(name)
            if not request.collections or run.collection in request.collections
        ]
        covered = cover(
            runs,
            live_cameras=self._live_cameras(names, request.collections),
            since=request.since,
            until=request.until,
            now=self._clock.now(),
        )
        until = self._view.state.indexed_until
        return CoverageAnswer(
            cameras=[coverage_answer(camera) for camera in covered],
            shots_searched=len(self._index),
            shots_of_other_models=sum(self._view.state.skipped.values()),
            indexed_until=format_instant(until) if until is not None else None,
        )

    def _live_cameras(self, names: Sequence[str], collections: Sequence[str]) -> set[str]:
        if collections and LIVE_COLLECTION not in collections:
            return set()
        statuses = map(self._catalogue.camera_store.status, names)
        return {status.camera_id for status in statuses if status and status.kind == "rtsp"}

    def _notes(self, about_text: Sequence[str]) -> list[str]:
        notes = list(about_text)
        if not self._encoder.is_trained:
            notes.insert(0, UNTRAINED)
        skipped: Mapping[str, int] = self._view.state.skipped
        if skipped:
            others = ", ".join(f"{count} of {model}" for model, count in sorted(skipped.items()))
            notes.append(f"not searched, because another model embedded them: {others} shots")
        if not self._view.state.caught_up:
            notes.append("the index is still being read: older shots may be missing")
        return notes
