"""pipeline.street.footage.crew: processes that draw, and what becomes of those that fail."""

import os

import pytest

from pipeline.errors import ConfigError, DescryError
from pipeline.street.footage.crew import draw_all, is_stopped, note_frame
from pipeline.street.footage.folder import checked_seed


def drawn(work, tasks, *, stopped=False, jobs=1):
    told = []
    draw_all(work, tasks, jobs=jobs, report=told.append, stopped=lambda: stopped)
    return told


def test_a_process_that_dies_is_one_line_with_the_next_step():
    with pytest.raises(DescryError, match="the same command goes on from there; fewer --jobs"):
        drawn(os._exit, [9])


def test_what_a_task_refuses_reaches_whoever_asked():
    with pytest.raises(ConfigError, match="there is no seed -1"):
        drawn(checked_seed, [5, -1], jobs=2)


def test_nothing_starts_once_it_is_stopped():
    assert drawn(os._exit, [9], stopped=True) == [0]


def test_without_tasks_there_are_no_processes():
    assert drawn(os._exit, []) == []


def test_outside_of_a_crew_nobody_is_told_and_nobody_stops():
    note_frame()
    assert not is_stopped()


def test_threads_are_set_for_the_processes_only(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    drawn(checked_seed, [5])
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_opencv_uses_one_thread_in_each_process():
    drawn(exec, ["import cv2\nassert cv2.getNumThreads() == 1, cv2.getNumThreads()"])
