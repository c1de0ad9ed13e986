"""How long a camera is ours to read, and what may be told of what was seen in that time."""

from functools import partial

from pipeline.clock import Clock
from pipeline.store.leases import Claim
from pipeline.workers.recording import Deed, Outbox


class Tenure:
    """One worker's turn at one camera, by that worker's monotonic clock.

    A worker that does not hear from Redis in time (it was stopped, or cut off) cannot know whether
    its lease was taken. It reads on: mostly Redis is away for everybody, nobody takes anything, and
    a worker that stopped would blind every camera in every outage. But what it sees from the
    instant at which the lease may have run out waits until the lease is asked for again. If nobody
    had the camera meanwhile, all of it is told. If another worker had, what was seen before that
    one took it is told, for nobody else saw it; the rest is dropped, for the other saw it too.

    Redis says how long ago the other took it: a span, so no two machines' clocks are compared.
    """

    def __init__(self, turn: int, sure_until: float, ttl_s: float) -> None:
        """Begin.

        Args:
            turn: what `Claim` calls it.
            sure_until: until when the lease lasts for certain.
            ttl_s: how long it outlives a renewal.
        """
        self._turn, self._sure_until, self._ttl_s = turn, sure_until, ttl_s
        self.over_at: float | None = None
        """From when on another worker has the camera; None while none is known to."""

    @classmethod
    def endless(cls) -> "Tenure":
        """Of a camera that nobody shares."""
        return cls(0, float("inf"), 0.0)

    def hear(self, claim: Claim, asked_at: float) -> bool:
        """Take in what became of a claim that was made at `asked_at`; whether the turn goes on."""
        if self.over_at is not None:
            return False
        if claim.is_ours and (claim.turn == self._turn or claim.is_first):
            # A Redis that came back empty counts from one again, and gave nobody the camera before.
            self._turn = claim.turn
            self._sure_until = max(self._sure_until, asked_at + self._ttl_s)
        elif not claim.is_ours and claim.turn == self._turn + 1:
            # Nobody else had it when we last renewed, however late the answer is, and however long
            # our clock stood still.
            renewed_at = self._sure_until - self._ttl_s
            self.over_at = max(asked_at - max(claim.since_s, 0.0), renewed_at)
        else:
            # Several had it, and only the last says since when.
            self.over_at = self._sure_until
        return self.over_at is None

    def give_up(self) -> None:
        """End it of our own accord, the lease having just been renewed: all of it was ours."""
        self._sure_until = float("inf")

    def was_ours(self, at: float) -> bool | None:
        """Whether the camera was ours at an instant; None while nobody can say."""
        if self.over_at is not None:
            return at < self.over_at
        return True if at < self._sure_until else None


class CameraOutbox:
    """A worker's outbox as far as one turn at one camera goes."""

    def __init__(self, outbox: Outbox, tenure: Tenure, clock: Clock) -> None:
        self.tenure = tenure
        self._outbox, self._clock = outbox, clock

    @property
    def is_unsure(self) -> bool:
        """Whether nobody can say whose the camera is now."""
        return self.tenure.was_ours(self._clock.monotonic()) is None

    def put(self, deed: Deed, *, is_expendable: bool = False) -> None:
        """Tell what was seen just now: if the camera was ours by then, whenever that turns out."""
        told = partial(self._tell, deed, self._clock.monotonic())
        self._outbox.put(told, is_expendable=is_expendable)

    def put_if_ours(self, deed: Deed, *, is_expendable: bool = False) -> None:
        """Tell how the camera stands: only while it is ours, for another may say otherwise."""
        self._outbox.put(partial(self._tell, deed, None), is_expendable=is_expendable)

    def _tell(self, deed: Deed, at: float | None) -> bool:
        was_ours = self.tenure.was_ours(self._clock.monotonic() if at is None else at)
        if was_ours is None:
            return False  # the next renewal tells
        return deed() if was_ours else True
