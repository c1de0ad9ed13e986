"""What a query worker answers to a description."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.answers import (
    CoverageAnswer,
    ModelAnswer,
    SearchAnswer,
    SearchRequest,
)
from pipeline.clock import Clock
from pipeline.errors import ConfigError, NotFound
from pipeline.instants import format_instant
from pipeline.store.model_change import name_of
from pipeline.store.runs import RunRecord
from pipeline.telemetry import Telemetry
from pipeline.workers.asking_back import hear, question_back
from pipeline.workers.catalogue import Catalogue
from pipeline.workers.cautions import (
    Trust,
    cautions_about_index,
    cautions_about_models,
    cautions_about_parts,
)
from pipeline.workers.covering import Covering
from pipeline.workers.diagnosing import query_fields
from pipeline.workers.grouping import Grouping, with_persons
from pipeline.workers.liking import Liking, judged_not_to_fit, with_ranks_before
from pipeline.workers.presenting import coverage_answer, hit_answers, parts_answer
from pipeline.workers.rolling_scenes import RollingScenes
from pipeline.workers.sequences import (
    NO_PATHS,
    Followed,
    Sequences,
    first_leg,
    refuse_odd_legs,
    with_paths,
)
from pipeline.workers.view import LogView
from pipeline.workers.weighing import Found, Scales
from retrieval.ports import Encoder, Index, SharedIndex
from retrieval.search.doctor import Diagnosis, examine
from retrieval.search.query import CheckedQuery, check_query
from retrieval.tokenizer import count_tokens
from retrieval.types import Where

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Engine:
    """What a search is answered from; replaced as a whole, so that models never mix.

    Attributes:
        encoder: makes the vector of a sentence.
        index: holds the vectors of shots, of this encoder.
        view: fills it.
        trust: what the scores of this encoder mean.
        parts: the index again, where it lies in parts that may be away.
        scenes: tracks of each camera and light that scores are held against; None for none.
    """

    encoder: Encoder
    index: Index
    view: LogView
    trust: Trust
    parts: SharedIndex | None = None
    scenes: RollingScenes | None = None


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
        trust: Trust,
        liking: Liking,
        grouping: Grouping | None = None,
        sequences: Sequences | None = None,
        parts: SharedIndex | None = None,
        scenes: RollingScenes | None = None,
    ) -> None:
        self._liking, self._grouping = liking, grouping or Grouping(best_of=best_of)
        self._engine = Engine(encoder, index, view, trust, parts, scenes)
        self._catalogue, self._clock = catalogue, clock
        self._telemetry, self._scales = telemetry, Scales(best_of=best_of)
        self._covering = Covering(catalogue, clock)
        self._sequences = sequences

    @property
    def is_ready(self) -> bool:
        """Whether everything that was in the log at the start can be found."""
        return self._engine.view.state.caught_up

    @property
    def engine(self) -> Engine:
        """What searches are answered from now."""
        return self._engine

    @property
    def removed(self) -> dict[str, str]:
        """Collections that the index knows to be removed, and up to which position of the log."""
        return self._engine.view.state.removed

    def serve(self, engine: Engine) -> None:
        """Answer from another model and its index; searches under way end with what they had."""
        self._engine = engine

    def search(self, request: SearchRequest) -> SearchAnswer:
        """The tracks that fit `request.text` best, or the likeness of the request.

        Raises:
            QueryRefused: the text or the picture cannot be searched.
            ConfigError: the request makes no sense.
            NotFound: a camera, collection or track of the request does not exist.
            StoreUnavailable: Redis is away, or what of the index has a track that is named.
        """
        checked, told = CheckedQuery(""), Diagnosis("")
        if request.text or not request.has_likeness:
            checked = check_query(request.text, count_tokens=count_tokens)
            told = examine(checked, count_tokens=count_tokens, beside_likeness=request.has_likeness)
        self._refuse_unknown(request)
        engine = self._engine  # one for the whole search: another may be put in its place
        self._missing(engine)  # what was missing to others in this thread
        where = self._where(request)
        with self._telemetry.query_s.time():
            found = self._find(engine, checked.text, request, where)
            found, paths = self._followed(engine, found, request, where)
        hits, judgement = found.hits, found.judgement
        records = self._catalogue.track_store.get_many([hit.track for hit in hits])
        people, by = self._grouping.group(engine.index, engine.trust, hits, records, where)
        live = self._catalogue.live_keys()
        runs = self._covering.runs(_cameras_of(request), request.collections)
        coverage = self._coverage(engine, request)
        answer = SearchAnswer(
            query=request.text,
            hits=with_ranks_before(
                hit_answers(hits, records, live, judgement, found.evidence), found.ranks_before
            ),
            shortlist=found.shortlist,
            no_match=not coverage.parts_missing
            and not (paths.is_open and not hits)
            and (not hits or paths.no_match or (judgement is not None and judgement.no_match)),
            coverage=coverage,
            model=_model(engine),
            question=question_back(found, people, told.phrases),
            notes=[
                *cautions_about_parts(coverage.parts_missing),
                *_cautions_about_models(engine, runs),
                *map(str, told.notes),
                *found.notes,
                *paths.notes,
                *cautions_about_index(
                    engine.view.state.skipped, is_whole=engine.view.state.caught_up
                ),
            ],
            **query_fields(told),
        )
        return with_persons(with_paths(answer, paths), people, by)

    def _where(self, request: SearchRequest) -> Where:
        return Where(
            now=self._clock.now(),
            cameras=frozenset(request.cameras) or None,
            collections=frozenset(request.collections) or None,
            tracks=frozenset(self._catalogue.live_keys()) if request.live else None,
            since=request.since,
            until=request.until,
            zones=frozenset(request.zones) or None,
            min_quality=request.min_quality,
        )

    def _followed(
        self, engine: Engine, found: Found, request: SearchRequest, where: Where
    ) -> tuple[Found, Followed]:
        """What was found, and where they went; with a `then`, only who went that way."""
        if not request.then or self._sequences is None:
            return found, NO_PATHS
        return self._sequences.follow(engine.index, engine.trust, found, request, where)

    def _find(self, engine: Engine, text: str, request: SearchRequest, where: Where) -> Found:
        request = first_leg(request)
        if not request.is_more_than_words:
            heard = hear(request.answers, engine.trust.calibration)
            found = self._scales.find(
                engine.encoder,
                engine.index,
                engine.trust,
                text,
                limit=request.limit,
                where=where,
                scenes=None if engine.scenes is None else engine.scenes.tracks(),
                out=judged_not_to_fit(request),
                answers=heard.answers,
            )
            return replace(found, notes=(*heard.notes, *found.notes))
        liked = self._liking.find(engine.encoder, engine.index, text, request, where, engine.parts)
        found = Found(liked.hits, ranks_before=liked.ranks_before, notes=tuple(liked.notes))
        if not liked.is_judged or not found.hits:
            return found
        return self._scales.judge(
            found, engine.index, engine.trust, liked.query, where, kind=liked.kind
        )

    def _refuse_unknown(self, request: SearchRequest) -> None:
        if (
            request.since is not None
            and request.until is not None
            and request.since >= request.until
        ):
            raise ConfigError("--since is not before --until: nothing lies between them")
        refuse_odd_legs(request)
        self._catalogue.refuse_unknown([*request.cameras, *(leg.camera for leg in request.then)])
        self._catalogue.refuse_unknown_zones(request.zones)
        known = self._catalogue.runs.collections()
        for name in request.collections:
            if name not in known:
                raise NotFound(f"no collection {name!r}; known: {', '.join(sorted(known)) or '–'}")

    def _coverage(self, engine: Engine, request: SearchRequest) -> CoverageAnswer:
        cameras = _cameras_of(request)
        covered = self._covering.cover(cameras, request.collections, request.since, request.until)
        until = engine.view.state.indexed_until
        return CoverageAnswer(
            cameras=[coverage_answer(camera) for camera in covered],
            shots_searched=len(engine.index),
            parts_missing=self._missing(engine),
            shots_of_other_models=sum(engine.view.state.skipped.values()),
            indexed_until=format_instant(until) if until is not None else None,
        )

    def _missing(self, engine: Engine) -> list[str]:
        """The parts of the index that this search did without, each with its cameras."""
        if engine.parts is None:
            return []
        cameras_of: dict[str, list[str]] = {part: [] for part in engine.parts.missing()}
        for name in self._catalogue.camera_store.known() if cameras_of else ():
            cameras_of.get(engine.parts.part_of(name), []).append(name)
        return [parts_answer(part, cameras) for part, cameras in cameras_of.items()]


def _cameras_of(request: SearchRequest) -> list[str]:
    """The cameras that are asked about; none: all."""
    if not request.cameras:
        return []
    return sorted({*request.cameras, *(leg.camera for leg in request.then)})


def _model(engine: Engine) -> ModelAnswer:
    name = name_of(engine.encoder.model_id)
    return ModelAnswer(
        name=name,
        id=engine.encoder.model_id,
        trained=engine.encoder.is_trained,
        trained_on=engine.trust.trained_on(name),
    )


def _cautions_about_models(engine: Engine, runs: Sequence[RunRecord]) -> list[str]:
    models = {name_of(engine.encoder.model_id), *(run.detector for run in runs)}
    return cautions_about_models(engine.trust, is_trained=engine.encoder.is_trained, models=models)
