"""Rolling indexes that seal, merge or start again at every turn, so that a short test does."""

import shutil
import tempfile
import weakref
from pathlib import Path

from detectors.types import TrackKey
from retrieval.index.device_memory import DeviceMemory
from retrieval.index.device_scanning import DeviceScan
from retrieval.index.rolling import RollingIndex
from retrieval.types import Where
from tests.data.make_sightings import EAST, crowd, shot_of, told

ALICE, BOB = TrackKey("lobby", "r1", 1), TrackKey("gate", "r1", 2)
DAY = 86_400.0


def folder_of(owner):
    """An empty folder that goes when `owner` does."""
    # In memory where the machine has such a place: what is flushed there is flushed at once.
    shared = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="descry-index-", dir=shared if shared.is_dir() else None)
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


class Rolling(RollingIndex):
    """In a folder of its own, which goes when it does."""

    def __init__(self, model_id, dimension):
        super().__init__(folder_of(self), model_id, dimension)


class Sealing(Rolling):
    """Everything is sealed as soon as it is there: searches see segments only."""

    def add(self, sightings):
        added = super().add(sightings)
        self.checkpoint(f"behind {len(sightings)}")
        return added


class OnDevice(Sealing):
    """Searches what lies in the memory of a device, which is the CPU's here; also after changes."""

    def __init__(self, model_id, dimension):
        self.scan = DeviceScan(DeviceMemory("cpu", dimension, 10**8), 0.0, worth_bringing=1)
        RollingIndex.__init__(self, folder_of(self), model_id, dimension, self.scan)

    def search(self, query, *, k, where):
        super().search(query, k=k, where=where)
        self.scan.settle()
        return super().search(query, k=k, where=where)


class Restarting:
    """Starts again behind every change: nothing but what is on disk counts."""

    def __init__(self, model_id, dimension):
        self._made_of = folder_of(self), model_id, dimension
        self._index = RollingIndex(*self._made_of)

    def __len__(self):
        return len(self._index)

    def __getattr__(self, name):
        return getattr(self._index, name)

    def add(self, sightings):
        return self._again(self._index.add(sightings))

    def remove(self, tracks):
        gone = self._index.remove(tracks)
        self._index = RollingIndex(*self._made_of)
        return gone

    def remove_collection(self, name):
        gone = self._index.remove_collection(name)
        self._index = RollingIndex(*self._made_of)
        return gone

    def expire(self, now, *floors):
        return self._again(self._index.expire(now, *floors))

    def _again(self, result):
        self._index.checkpoint("here")
        self._index = RollingIndex(*self._made_of)
        return result


class Compacting(Sealing):
    """Merges all behind every change."""

    def add(self, sightings):
        added = super().add(sightings)
        self.compact()
        return added

    def remove(self, tracks):
        gone = super().remove(tracks)
        self.compact()
        return gone


def alices():
    """One shot that is there, and the one that it replaced."""
    return [shot_of(ALICE, 1, at=2 * DAY), shot_of(ALICE, 2, at=2 * DAY, replaces=1)]


def shots_of_begun():
    return [*crowd(1, 6, 4), *alices()]


def everything_in(index):
    return told(index.search(EAST, k=10**9, where=Where(now=-1.0)))


def begun(folder):
    index = RollingIndex(folder, "m@1", 4)
    index.add(shots_of_begun())
    index.checkpoint("1")
    return index
