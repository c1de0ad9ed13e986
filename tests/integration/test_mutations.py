"""Tests catch mistakes: each one made in a copy of the sources fails its test.

The recorded numbers that lie with the tests are enough; the whole recording is not needed.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.mutations import MUTATIONS as OF_GADMS
from tests.mutations import Mutation
from tests.street_mutations import MUTATIONS as OF_THE_STREET

pytestmark = pytest.mark.slow

MUTATIONS = [*OF_GADMS, *OF_THE_STREET]
RUNNER = Path(__file__).with_name("mutant_runner.py")
#: What the tests of the mutants are made of.
COPIED = (
    "pyproject.toml", "retrieval", "detectors", "pipeline", "tests/conftest.py",
    "tests/recording.py", "tests/small_run.py", "tests/data/small_run.npz",
    "tests/data/reference_units.npz", "tests/integration/conftest.py",
    "tests/integration/test_parity_small.py", "tests/integration/test_parity_units.py",
    "tests/integration/test_parity_masking.py",
    *sorted({mutation.test.partition("::")[0] for mutation in OF_THE_STREET}),
)  # fmt: skip

RunTests = Callable[[Path, list[str]], tuple[int, str]]


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("pristine") / "tree"
    for name in COPIED:
        source, copy = ROOT / name, tree / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, copy)
    return tree


@pytest.fixture(scope="module")
def run_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunTests]:
    """Run tests of a tree: pytest's exit status, and what it said."""
    out = tmp_path_factory.mktemp("said") / "out.txt"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DESCRY_", "PYTEST_"))}
    environment |= {
        "DESCRY_TEST_MEDIA": str(tmp_path_factory.mktemp("no-recording")),
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": "",
    }
    with subprocess.Popen(
        [sys.executable, str(RUNNER)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    ) as runner:  # fmt: skip

        def run(tree: Path, tests: list[str]) -> tuple[int, str]:
            asked = {"tree": str(tree), "tests": tests, "out": str(out)}
            runner.stdin.write(json.dumps(asked) + "\n")
            runner.stdin.flush()
            return int(runner.stdout.readline()), out.read_text()

        yield run
        runner.stdin.close()


def mutate(tree: Path, mutation: Mutation) -> None:
    for edit in mutation.edits:
        path = tree / edit.file
        text = path.read_text()
        assert text.count(edit.old) == 1, (
            f"{edit.file} has {text.count(edit.old)} times, not once:\n{edit.old}\n"
            "the code has changed: make the mistake in the new code"
        )
        path.write_text(text.replace(edit.old, edit.new))


def test_the_unmutated_copy_passes(pristine: Path, run_tests: RunTests):
    status, said = run_tests(pristine, sorted({mutation.test for mutation in MUTATIONS}))
    assert status == 0, said
    assert "skipped" not in said, said


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.mistake)
def test_a_mistake_is_caught(
    mutation: Mutation, pristine: Path, run_tests: RunTests, tmp_path: Path
):
    tree = tmp_path / "tree"
    shutil.copytree(pristine, tree)
    mutate(tree, mutation)
    status, said = run_tests(tree, [mutation.test])
    assert status == 1, f"exit {status}\n{said}"
    assert mutation.complaint in said, said


def test_every_mistake_has_a_name_of_its_own():
    names = [mutation.mistake for mutation in MUTATIONS]
    assert sorted(names) == sorted(set(names))
