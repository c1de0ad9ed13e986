"""Commands of Descry as processes of the recipe: the ones that everybody draws and trains with."""

import signal
import subprocess
import sys
from collections.abc import Callable

from pipeline.errors import DescryError
from pipeline.shutdown import INTERRUPTED

_LOOK_EVERY_S = 0.5
_ENDED = (-signal.SIGTERM, -signal.SIGINT)  # before it could say that it was stopped


def run_command(should_stop: Callable[[], bool], *arguments: object) -> bool:
    """Run a command of Descry, its progress on our standard error; False where it was stopped.

    Raises:
        DescryError: it failed, and has said why.
    """
    command = [sys.executable, "-m", "pipeline", *map(str, arguments)]
    code = waited_for(subprocess.Popen(command, stdout=subprocess.DEVNULL), should_stop)
    if code not in (0, INTERRUPTED, *_ENDED) and not should_stop():
        raise DescryError(f"descry {arguments[0]} {arguments[1]} ended with {code}")
    return code == 0 and not should_stop()


def waited_for(process: subprocess.Popen[bytes], should_stop: Callable[[], bool]) -> int:
    """What a process ends with; told once to end where we are told to.

    A Ctrl-C reaches it without us; a SIGTERM, as from an orchestrator, reaches us alone.
    """
    with process:
        while True:
            try:
                return process.wait(_LOOK_EVERY_S)
            except subprocess.TimeoutExpired:
                if should_stop():
                    process.terminate()
                    return process.wait()
