"""The ways to what is kept for a command that has no query worker to ask; all of them are noted."""

from dataclasses import dataclass

from pipeline.config import Settings
from pipeline.wiring.enrolment import build_enrolment
from pipeline.wiring.erasing import build_erasing
from pipeline.wiring.stores import build_catalogue, build_collections, open_stores
from pipeline.workers.noted import (
    NotedCatalogue,
    NotedCollections,
    NotedEnrolment,
    NotedErasing,
    NotedHolding,
    Noting,
)


@dataclass(frozen=True, slots=True)
class LocalWays:
    """What a query worker would do, done by this process.

    Attributes:
        settings: all of them.
        redis_url: the private Redis; that of the settings if None.
        noting: notes what is done.
    """

    settings: Settings
    redis_url: str | None
    noting: Noting

    def lists(self) -> NotedCatalogue:
        """What lists tracks and cameras."""
        stores = open_stores(self.settings, self.redis_url)
        return NotedCatalogue(build_catalogue(self.settings, stores), self.noting)

    def enrolment(self) -> NotedEnrolment:
        """What adds and removes cameras."""
        stores = open_stores(self.settings, self.redis_url)
        catalogue = build_catalogue(self.settings, stores)
        return NotedEnrolment(build_enrolment(self.settings, stores, catalogue), self.noting)

    def collections(self) -> NotedCollections:
        """What lists and removes collections."""
        stores = open_stores(self.settings, self.redis_url)
        return NotedCollections(build_collections(stores), self.noting)

    def holds(self) -> NotedHolding:
        """What holds tracks."""
        return NotedHolding(open_stores(self.settings, self.redis_url).holding, self.noting)

    def erasing(self) -> NotedErasing:
        """What erases tracks."""
        stores = open_stores(self.settings, self.redis_url)
        return NotedErasing(build_erasing(self.settings, stores), self.noting)
