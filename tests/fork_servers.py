"""Processes that fork from a server which has loaded what they need."""

import multiprocessing
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

_loaded: list[tuple[str, ...]] = []


def fork_server(*modules: str) -> ForkServerContext:
    """Where to start processes from, quickly and often: `modules` are loaded once.

    A process has one such server, of whoever asked first. It is begun anew for other modules:
    those of another test may have started threads that a fork loses, and FAISS waits for its
    own for ever.
    """
    context = multiprocessing.get_context("forkserver")
    if _loaded[-1:] != [modules]:
        forkserver._forkserver._stop()  # there is no other way to have another
        context.set_forkserver_preload([*modules])
        _loaded.append(modules)
    return context
