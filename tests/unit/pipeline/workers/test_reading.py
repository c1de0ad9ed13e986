"""pipeline.workers.spool and reading: each job is done once, whoever dies."""

import threading

import pytest

from pipeline.errors import SourceUnreadable
from pipeline.workers.jobs import ReplayJob
from pipeline.workers.places import Place
from pipeline.workers.reading import DEATHS_AT_MOST, ReadingWorker
from pipeline.workers.spool import Spool


def job(name: str) -> ReplayJob:
    return ReplayJob(
        path=name, camera_id="lobby", collection="imports", run_id=name, digest="d",
        started_at=0.0, time_source="flag", fps=None, realtime=False, keep_boxes=False,
        detector="d", encoder="e", place=Place(),
    )  # fmt: skip


class UntilEmpty(Spool):
    """A spool that sends its reader home once it is empty."""

    def __init__(self, folder, stop):
        super().__init__(folder)
        self.stop = stop

    def take(self, reader):
        taken = super().take(reader)
        if taken is None:
            self.stop.set()
        return taken


class Reader:
    """Reads until the spool is empty; some files end it, some cannot be read."""

    def __init__(self, spool, *, deadly=(), unreadable=()):
        self.spool, self.deadly, self.unreadable = spool, deadly, unreadable
        self.read, self.given_up, self.stop = [], [], threading.Event()

    def work(self, name="1"):
        def read(job, stop):
            if job.path in self.deadly:
                raise MemoryError
            if job.path in self.unreadable:
                raise SourceUnreadable(f"{job.path}: damaged")
            self.read.append(job.path)

        def give_up(job, reason):
            self.given_up.append((job.path, reason))

        ReadingWorker(UntilEmpty(self.spool.folder, self.stop), name, read, give_up).run(self.stop)


@pytest.fixture
def spool(tmp_path):
    spool = Spool(tmp_path / "spool")
    spool.folder = tmp_path / "spool"
    return spool


def test_jobs_are_taken_in_order_each_by_one_reader(spool):
    names = [spool.put(number, job(f"f{number}")) for number in range(11)]
    taken = [spool.take(reader) for reader in ("a", "b")]
    assert [each.job.path for each in taken] == ["f0", "f1"]
    assert spool.finished() == []
    for each in reversed(taken):
        spool.finish(each)
    assert spool.finished() == names[:2]
    assert spool.finished() == []
    assert spool.take("a").job.path == "f2"


def test_a_reader_that_was_killed_finds_its_job_again_and_nobody_else_does(spool):
    spool.put(0, job("f0"))
    assert spool.take("a").deaths == 0
    assert spool.take("b") is None
    again = Spool(spool.folder).take("a")
    assert (again.job, again.deaths) == (job("f0"), 1)


def test_a_damaged_file_is_given_up_and_the_others_are_read(spool):
    for number, name in enumerate(["a", "bad", "b"]):
        spool.put(number, job(name))
    reader = Reader(spool, unreadable={"bad"})
    reader.work()
    assert reader.read == ["a", "b"]
    assert reader.given_up == [("bad", "bad: damaged")]
    assert len(spool.finished()) == 3


def test_a_file_that_ends_its_reader_is_given_up_in_the_end(spool):
    for number, name in enumerate(["deadly", "b"]):
        spool.put(number, job(name))
    reader = Reader(spool, deadly={"deadly"})
    for _ in range(DEATHS_AT_MOST + 1):
        with pytest.raises(MemoryError):
            reader.work()
    reader.work()
    assert reader.read == ["b"]
    ((path, reason),) = reader.given_up
    assert path == "deadly"
    assert f"ended the reader {DEATHS_AT_MOST + 1} times" in reason


def test_a_job_that_was_left_off_is_not_called_finished(spool):
    spool.put(0, job("f0"))
    stop = threading.Event()
    ReadingWorker(spool, "a", lambda job, stop: stop.set(), lambda job, reason: None).run(stop)
    assert spool.finished() == []
    assert spool.take("a").deaths == 1
