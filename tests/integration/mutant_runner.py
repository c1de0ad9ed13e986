"""Runs tests of other source trees, each in a fork: the heavy libraries load once for all.

Reads a line of JSON (`tree`, `tests`, `out`) from standard input and answers with pytest's exit
status, until the input ends. Nothing of this repository may be imported before the fork.
"""

import json
import os
import sys
from pathlib import Path
from typing import NoReturn

import open_clip  # noqa: F401 - what is imported here, no tree has to import
import pydantic  # noqa: F401
import pytest
import torch  # noqa: F401

#: Exit status of a tree whose tests looked at other code than its own.
STRAYED = 70
PACKAGES = ("retrieval", "detectors", "pipeline", "tests")


def run(tree: Path, tests: list[str], out: Path) -> NoReturn:
    """Leave this process with pytest's status; what pytest says goes to `out`."""
    written = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.chdir(tree)
    sys.path[0] = str(tree)  # in the place of this script's folder
    options = ["-x", "-q", "-p", "no:cacheprovider", "-c", str(tree / "pyproject.toml")]
    # What was imported before pytest holds no test: it need not be rewritten.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    status = int(pytest.main([*options, *tests]))
    sys.stdout.flush()
    loaded = [Path(sys.modules[name].__path__[0]) for name in PACKAGES if name in sys.modules]
    os._exit(status if all(path.parent == tree for path in loaded) else STRAYED)


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            run(Path(asked["tree"]), asked["tests"], Path(asked["out"]))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
