"""Gives memory that was freed back to the machine, which the C library keeps where it is in pieces.

Pictures and activations of many sizes come and go on many threads. What they leave free between
what lives on is used again, and yet a process that needed much for a minute keeps most of it: of
900 MB that sixteen cameras once took, 280 were in use.
"""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: A pass takes milliseconds: often enough that a peak does not last, and nothing beside the work.
EVERY_S: Final = 30.0


def give_back() -> bool:
    """Give all free pages back; False where the C library knows no such thing (musl, macOS)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        return False
    trim(0)  # of glibc: malloc_trim(3); it lets go of the interpreter meanwhile
    return True


@contextmanager
def giving_back(every_s: float = EVERY_S) -> Iterator[None]:
    """Give free pages back again and again, on a thread of its own, until the block ends."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(every_s) and give_back():
            pass

    thread = threading.Thread(target=run, name="heap", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
