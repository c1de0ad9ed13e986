"""Long work in batches: somebody is told how far it is, and may stop it between two of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

Report = Callable[[float, float | None], None]
StartReport = Callable[[str], Report]

Item = TypeVar("Item")

BATCH = 64
"""Pictures or sentences: seconds of work on a processor."""


class Stopped(Exception):
    """Somebody asked the work to stop; what it had done is thrown away."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on.

    Attributes:
        report: given the name of a long job, what is told how far it is.
        should_stop: asked before each batch.
    """

    report: StartReport
    should_stop: Callable[[], bool]

    def batches(
        self, job: str, items: Sequence[Item], size: int = BATCH
    ) -> Iterator[Sequence[Item]]:
        """`items`, `size` at a time.

        Args:
            job: what is done to them, for whoever is told.
            items: all of them.
            size: the most in one batch.

        Raises:
            Stopped: somebody said so.
        """
        report = self.report(job)
        for first in range(0, len(items), size):
            if self.should_stop():
                raise Stopped
            report(first, len(items))
            yield items[first : first + size]


def tell_nobody(_done: float, _total: float | None) -> None:
    """Report to nobody."""


NOBODY = Watch(lambda _: tell_nobody, lambda: False)
"""Work that is not looked at goes on to its end."""
