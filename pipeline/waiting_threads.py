"""Has the threads of FAISS and torch sleep while they wait for one another.

Each brings an OpenMP runtime of its own, whose threads spin for some milliseconds behind every
piece of work in case another follows. A search is many short pieces of both, so that on two cores
the one's threads spin where the other's would work: two fifths of the processor time of a search.
What computes without a break, as an embed worker, is faster with threads that spin.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Of the OpenMP specification, chapter "Environment Variables"; read when a runtime is loaded.
WAIT_POLICY: Final = "OMP_WAIT_POLICY"


@contextmanager
def threads_that_sleep() -> Iterator[None]:
    """What is imported within has such threads, unless the environment says how they wait.

    Processes that are begun later inherit nothing of it.
    """
    if WAIT_POLICY in os.environ:
        yield
        return
    os.environ[WAIT_POLICY] = "passive"
    try:
        yield
    finally:
        del os.environ[WAIT_POLICY]
