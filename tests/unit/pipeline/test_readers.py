"""pipeline.wiring.readers: where jobs lie, and what a killed import left there."""

import os
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from pipeline.wiring.readers import Readers
from pipeline.workers.spool import Spool


@pytest.fixture
def session(tmp_path):
    (tmp_path / "logs").mkdir()
    folder = SimpleNamespace(runtime_dir=tmp_path / "run", logs=tmp_path / "logs")
    with ExitStack() as leftovers:
        yield SimpleNamespace(folder=folder, leftovers=leftovers)


def test_what_a_killed_import_of_the_same_number_left_is_not_read_again(session):
    """In a container every import may have the same process number."""
    run = session.folder.runtime_dir
    left = run / f"spool-{os.getpid()}" / "waiting"
    left.mkdir(parents=True)
    (left / "0000000000").write_text("a job of then")
    Readers(session, 1)
    (mine,) = run.glob("spool-*")
    assert list((mine / "waiting").iterdir()) == []
    assert Spool(mine).take("1") is None


def test_what_another_import_works_with_stays_until_its_end(session):
    run = session.folder.runtime_dir
    Readers(session, 1)
    (first,) = run.glob("spool-*")
    other = SimpleNamespace(folder=session.folder, leftovers=ExitStack())
    with other.leftovers:
        Readers(other, 1)
        assert len(set(run.glob("spool-*"))) == 2
    assert list(run.iterdir()) == [first]
