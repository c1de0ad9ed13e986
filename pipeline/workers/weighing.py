"""Finds tracks by a sentence, and puts them in order by what their shots say of its phrases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

from detectors.types import TrackKey
from pipeline.workers.cautions import Trust, cautions_about_judgement
from pipeline.workers.changes import told_changes, told_left_out
from retrieval.ports import Encoder, Index
from retrieval.search.calibration import Calibration, Judgement, QueryKind
from retrieval.search.evidence import Evidence, EvidenceReader
from retrieval.search.exact import find_tracks
from retrieval.search.reranking import SHORTLIST, rank_by_evidence
from retrieval.search.scenes import SceneTracks, shifts_of
from retrieval.search.seen import seen_phrases
from retrieval.types import Hit, Vector, Where

#: Tracks that tell what unrelated ones score: enough for a median and a spread to 5 %, and few
#: beside the scan of a large index.
SAMPLED_TRACKS = 512

ROUGH_VERDICTS = (
    "what is said of single phrases is rough: nobody has fitted it for this model, and the order "
    "is that of the whole sentence"
)

UNFITTED: Mapping[QueryKind | None, str] = MappingProxyType(
    {
        QueryKind.PICTURE: "nobody has fitted what scores of a picture mean for this model",
        QueryKind.MOVED: "the judgements moved the query, and nobody has fitted what it then means",
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """Tracks, how likely they are, and what their shots say.

    Attributes:
        hits: best first.
        judgement: of the hits, in the same order; None where they could not be judged.
        evidence: of each hit, in the same order.
        shortlist: how many tracks the sentence found, to be put in order by evidence; None where
            the order is that of the sentence.
        notes: what to know of it.
        ranks_before: by track, its rank without judgements; empty without any.
    """

    hits: list[Hit]
    judgement: Judgement | None = None
    evidence: Sequence[tuple[Evidence, ...]] = ()
    shortlist: int | None = None
    notes: tuple[str, ...] = ()
    ranks_before: Mapping[TrackKey, int] = field(default_factory=dict)


class Scales:
    """Weighs tracks; keeps the vectors of what phrases are held against, for one encoder."""

    def __init__(self, *, best_of: int) -> None:
        self._best_of = best_of
        self._reader: tuple[Encoder, EvidenceReader] | None = None

    def find(
        self,
        encoder: Encoder,
        index: Index,
        trust: Trust,
        text: str,
        *,
        limit: int,
        where: Where,
        scenes: SceneTracks | None = None,
        out: Collection[TrackKey] = (),
    ) -> Found:
        """The tracks that fit `text` best.

        Args:
            encoder: makes the vector of the sentence.
            index: of the same encoder.
            trust: what its scores mean.
            text: a checked sentence.
            limit: the most hits.
            where: what may be returned.
            scenes: tracks of the same model, by camera and light; None where none are known.
            out: tracks to leave out; as many others are found in their place, and nobody else's
                order or probability is another.
        """
        calibration = trust.calibration
        if calibration is None:
            vector = encoder.encode_texts([text])[0]
            found = self._nearest(index, vector, limit + len(out), where)
            kept = _without(found, out)[:limit]
            return _with_changes(Found(_ranked(kept)), out, [hit.track for hit in found])
        phrases = seen_phrases(text)
        vector, question = self._reader_of(encoder, calibration).read(phrases, text)
        weighs = calibration.evidence.rank is not None and bool(phrases)
        most = max(limit, SHORTLIST) if weighs else limit
        found = self._nearest(index, vector, most + len(out), where)
        if not found:
            return Found([])
        sample = index.sample_tracks(
            vector, at_most=SAMPLED_TRACKS, best_of=self._best_of, where=where
        )
        shifts = {} if scenes is None else scenes.shifts(vector, sample, where.cameras)
        rank = partial(
            rank_by_evidence,
            question=question, calibration=calibration, query=vector, sample=sample,
        )  # fmt: skip
        kept = _ranked(_without(found, out)[:most])
        ranked = rank(kept, limit=limit, shifts=shifts_of(kept, shifts))
        first = found[:most]
        before = rank(first, limit=most, shifts=shifts_of(first, shifts)).hits if out else []
        notes = [*cautions_about_judgement(calibration, ranked.judgement)]
        if phrases and not calibration.evidence.is_fitted:
            notes.append(ROUGH_VERDICTS)
        shown = Found(
            ranked.hits,
            ranked.judgement,
            ranked.evidence,
            shortlist=len(kept) if ranked.by_evidence else None,
            notes=tuple(notes),
        )
        return _with_changes(shown, out, [hit.track for hit in before])

    def _nearest(self, index: Index, vector: Vector, most: int, where: Where) -> list[Hit]:
        return find_tracks(index, vector, limit=most, where=where, best_of=self._best_of)

    def judge(
        self,
        found: Found,
        index: Index,
        trust: Trust,
        vector: Vector,
        where: Where,
        *,
        kind: QueryKind | None = None,
    ) -> Found:
        """Tracks that were found otherwise, with how likely they fit the query of `vector`.

        Args:
            found: the tracks.
            index: where they were found.
            trust: what scores of the encoder mean.
            vector: the query.
            where: what was searched.
            kind: what sort of query it is; None for a sentence.
        """
        if trust.calibration is None:
            return found
        calibration = trust.calibration if kind is None else trust.calibration.of(kind)
        if calibration is None:
            return replace(found, notes=(f"no probability: {UNFITTED[kind]}", *found.notes))
        sample = index.sample_tracks(
            vector, at_most=SAMPLED_TRACKS, best_of=self._best_of, where=where
        )
        judgement = calibration.judge(vector, [hit.score for hit in found.hits], sample)
        cautions = cautions_about_judgement(calibration, judgement)
        return replace(found, judgement=judgement, notes=(*found.notes, *cautions))

    def _reader_of(self, encoder: Encoder, calibration: Calibration) -> EvidenceReader:
        kept = self._reader
        if kept is None or kept[0] is not encoder:
            kept = encoder, EvidenceReader(encoder, calibration.evidence, calibration.background)
            self._reader = kept
        return kept[1]


def _without(hits: Sequence[Hit], out: Collection[TrackKey]) -> list[Hit]:
    return [hit for hit in hits if hit.track not in out]


def _ranked(hits: Sequence[Hit]) -> list[Hit]:
    return [replace(hit, rank=rank) for rank, hit in enumerate(hits, start=1)]


def _with_changes(found: Found, out: Collection[TrackKey], before: Sequence[TrackKey]) -> Found:
    """Hits without those in `out`, with the rank that each had, best first in `before`."""
    if not out:
        return found
    ranks = {track: rank for rank, track in enumerate(before, start=1)}
    note = f"judgements: {told_changes(told_left_out(out), found.hits, ranks)}"
    return replace(found, ranks_before=ranks, notes=(*found.notes, note))
