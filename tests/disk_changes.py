"""Kills its process just before a change of the disk, so that a test can try each of them."""

import os
import signal
import sys

CHANGES = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"})


def die_at_change(number):
    """Be killed when the disk is about to be changed for the `number`th time from now."""
    left = [number]

    def count(event, args):
        if event in CHANGES and not (event == "open" and args[2] & os.O_ACCMODE == os.O_RDONLY):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
