"""Processes that fork from a server which has loaded what takes long."""

import multiprocessing
from multiprocessing.context import ForkServerContext

#: What is loaded once. A process has one such server, of whichever test came first, so all name
#: the same; and none may compute while it is loaded: a fork loses the threads that a first product
#: of FAISS or torch started, and waits for them for ever.
LOADED = (
    "faiss",
    "torch",
    "pipeline.wiring.stores",
    "retrieval.index.rolling",
    "retrieval.training.run_folder",
)


def fork_server() -> ForkServerContext:
    """Where to start processes from, quickly and often."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*LOADED])
    return context
