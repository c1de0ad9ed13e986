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
from retrieval.search.phrases import Phrase
from retrieval.search.question_choice import Answer, Chosen, choose, log_ratios
from retrieval.search.reranking import SHORTLIST, Ranked, rank_by_evidence
from retrieval.search.scenes import SceneTracks, shifts_of
from retrieval.search.seen import seen_phrases
from retrieval.types import Hit, TrackSample, Vector, Where

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
        ranks_before: by track, its rank without judgements and answers; empty without any.
        undecided: what a question is chosen from; None where nothing can be asked.
    """

    hits: list[Hit]
    judgement: Judgement | None = None
    evidence: Sequence[tuple[Evidence, ...]] = ()
    shortlist: int | None = None
    notes: tuple[str, ...] = ()
    ranks_before: Mapping[TrackKey, int] = field(default_factory=dict)
    undecided: "Undecided | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Undecided:
    """Tracks that a question may tell apart.

    Attributes:
        reader: asks shots.
        known: phrases of the description and of answers.
        ranked: the tracks.
    """

    reader: EvidenceReader
    known: Sequence[Phrase]
    ranked: Ranked

    def choose(self) -> Chosen | None:
        """The question that tells most; None where none is worth asking."""
        if not self.reader.laws.can_rank:
            return None
        return choose(self.reader, self.known, self.ranked.likeliest, self.ranked.log_odds)


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
        answers: Sequence[Answer] = (),
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
            answers: what was said to questions; only of an encoder with fitted laws.
        """
        calibration = trust.calibration
        if calibration is None:
            vector = encoder.encode_texts([text])[0]
            return self._unjudged(index, vector, limit, where, out)
        phrases = seen_phrases(text)
        reader = self._reader_of(encoder, calibration)
        vector, question = reader.read(phrases, text)
        weighs = calibration.evidence.rank is not None and bool(phrases or answers)
        most = max(limit, SHORTLIST) if weighs else limit
        found = self._nearest(index, vector, most + len(out), where)
        kept = _ranked(_without(found, out)[:most])
        if not kept:  # or all of them were judged not to fit
            return _with_changes(Found([]), [hit.track for hit in found], out, answers)
        sample = self._sample(index, vector, where)
        shifts = {} if scenes is None else scenes.shifts(vector, sample, where.cameras)
        rank = partial(
            rank_by_evidence,
            question=question, calibration=calibration, query=vector, sample=sample,
        )  # fmt: skip
        answered = log_ratios(reader, answers, kept) if answers else None
        ranked = rank(kept, limit=limit, answered=answered, shifts=shifts_of(kept, shifts))
        first = found[:most] if out or answers else []
        before = rank(first, limit=most, shifts=shifts_of(first, shifts)).hits if first else []
        known = [*phrases, *(answer.phrase for answer in answers)]
        shown = Found(
            ranked.hits,
            ranked.judgement,
            ranked.evidence,
            shortlist=len(kept) if ranked.by_evidence else None,
            notes=_notes(calibration, ranked.judgement, phrases),
            undecided=Undecided(reader, known, ranked) if ranked.by_evidence else None,
        )
        return _with_changes(shown, [hit.track for hit in before], out, answers)

    def _unjudged(
        self, index: Index, vector: Vector, limit: int, where: Where, out: Collection[TrackKey]
    ) -> Found:
        found = self._nearest(index, vector, limit + len(out), where)
        kept = Found(_ranked(_without(found, out)[:limit]))
        return _with_changes(kept, [hit.track for hit in found], out)

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
        sample = self._sample(index, vector, where)
        judgement = calibration.judge(vector, [hit.score for hit in found.hits], sample)
        cautions = cautions_about_judgement(calibration, judgement)
        return replace(found, judgement=judgement, notes=(*found.notes, *cautions))

    def _sample(self, index: Index, vector: Vector, where: Where) -> TrackSample:
        best_of = self._best_of
        return index.sample_tracks(vector, at_most=SAMPLED_TRACKS, best_of=best_of, where=where)

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


def _notes(
    calibration: Calibration, judgement: Judgement | None, phrases: Sequence[Phrase]
) -> tuple[str, ...]:
    is_rough = bool(phrases) and not calibration.evidence.is_fitted
    cautions = cautions_about_judgement(calibration, judgement)
    return (*cautions, *([ROUGH_VERDICTS] if is_rough else []))


def _with_changes(
    found: Found,
    before: Sequence[TrackKey],
    out: Collection[TrackKey],
    answers: Sequence[Answer] = (),
) -> Found:
    """Hits after judgements and answers, with the rank that each had, best first in `before`."""
    done = told_left_out(out)
    if answers:
        done.insert(0, f"answered: {', '.join(answer.text for answer in answers)}")
    if not done:
        return found
    ranks = {track: rank for rank, track in enumerate(before, start=1)}
    note = told_changes(done, found.hits, ranks)
    note = note if answers else f"judgements: {note}"
    return replace(found, ranks_before=ranks, notes=(*found.notes, note))
