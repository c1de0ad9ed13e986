"""The filmed streets of the recipe, on which it is fitted who is probably the same person."""

from dataclasses import asdict, dataclass

from pipeline.machine import cores, free_memory_bytes
from pipeline.street.footage.folder import REVISION
from pipeline.street.recipe.commands import run_command
from pipeline.street.recipe.kitchen import Kitchen
from pipeline.street.recipe.plan import drawing_jobs
from pipeline.street.recipe.record import Inputs

#: A frame a second has as many shots of somebody as a track keeps.
FPS = 1


@dataclass(frozen=True, slots=True)
class Street:
    """What is filmed: where the cameras hang, and in which light, in turn."""

    places: str
    kinds: str


STREETS = (
    Street("street,lobby,platform,park", "day"),
    Street("shop,car_park,street,lobby", "day,dusk"),
)
"""Each camera hangs in a place of its own, so nobody is before two at once."""


def film(kitchen: Kitchen) -> bool:
    """Film the streets, people of the val split; False where it was told to stop."""
    amounts = kitchen.amounts
    for number, street in enumerate(STREETS, start=1):
        done = run_command(
            kitchen.should_stop,
            "street", "render", "--seed", seed_of(amounts.seed, number), "--split", "val",
            "--people", amounts.street_people, "--seconds", amounts.street_seconds,
            "--cameras", len(street.places.split(",")), "--fps", FPS, "--visits", 3,
            "--places", street.places, "--kinds", street.kinds,
            "--out", kitchen.street(number), "--jobs", drawing_jobs(cores(), free_memory_bytes()),
        )  # fmt: skip
        if not done:
            return False
    return True


def seed_of(seed: int, number: int) -> int:
    """The seed of the recipe's street `number`, counted from 1."""
    return 10 * seed + number


def inputs(kitchen: Kitchen) -> Inputs:
    """What decides how the streets look."""
    return {
        "revision": REVISION, "seed": kitchen.amounts.seed, "fps": FPS,
        "people": kitchen.amounts.street_people, "seconds": kitchen.amounts.street_seconds,
        "streets": [asdict(street) for street in STREETS],
    }  # fmt: skip
