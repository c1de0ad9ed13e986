"""The shape of the tree: who imports whom, how long things are, what may not be in it."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("detectors", "retrieval", "pipeline")
CODE = (*PACKAGES, "deploy", "tests")
FILE_LINES, FUNCTION_LINES = 300, 60
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager", "lib"}
# Addresses of package registries, and folders of one machine: neither belongs to the project.
# The dots and slashes are written so that this file passes its own test.
FOREIGN = re.compile(
    r"pypi[.]org|pythonhosted[.]org|[/]work[/]|[/]root[/]|[/]home[/][a-z]|--(?:extra-)?index-url"
)


def python_files() -> list[Path]:
    return sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tracked_files() -> tuple[Path, ...]:
    """What git has or would add; without git (an unpacked archive), everything is looked at."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if listed.returncode != 0:
        pytest.skip(f"{ROOT} is not a git checkout: no list of its files")
    files = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(path for path in files if path.is_file())


def test_every_import_contract_holds():
    script = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [script, "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_is_longer_than_300_lines():
    lengths = {named(path): len(path.read_text("utf-8").splitlines()) for path in python_files()}
    assert {name: n for name, n in lengths.items() if n > FILE_LINES} == {}


def test_no_function_is_longer_than_60_lines():
    too_long = {}
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    too_long[f"{named(path)}:{node.name}"] = lines
    assert too_long == {}


def test_no_name_says_nothing():
    parts = ((path, part) for path in python_files() for part in path.relative_to(ROOT).parts)
    assert [named(path) for path, part in parts if part.removesuffix(".py") in VAGUE] == []


def test_package_files_hold_one_docstring_and_no_imports():
    """A package that imports its children cannot be layered, and would load torch for `--help`."""
    wrong = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("__init__.py"):
            body = ast.parse(path.read_text("utf-8")).body
            if len(body) != 1 or ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None:
                wrong.append(named(path))
    assert wrong == []


def test_every_folder_of_code_is_a_package():
    folders = {path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert [named(f) for f in sorted(folders) if not (f / "__init__.py").exists()] == []


def test_no_file_names_a_registry_or_a_folder_of_one_machine():
    found = []
    for path in tracked_files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if (hit := FOREIGN.search(line)) and path != Path(__file__):
                found.append(f"{named(path)}:{number}: {hit[0]}")
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_why_it_is_so(package):
    text = (ROOT / package / "DESIGN.md").read_text("utf-8")
    for heading in ("Objective", "Non-goals", "Overview", "Decisions", "Alternatives"):
        assert re.search(rf"^## .*{heading}", text, re.MULTILINE), f"no part on {heading}"


def test_the_packages_that_are_installed_are_those_on_disk():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"][
        "packages"
    ]
    inits = [path for package in PACKAGES for path in (ROOT / package).rglob("__init__.py")]
    on_disk = [".".join(path.parent.relative_to(ROOT).parts) for path in inits]
    assert sorted(listed) == sorted(on_disk)


def test_every_requirement_is_pinned_with_a_hash_and_no_address():
    for path in sorted(ROOT.glob("requirements*.txt")):
        text = path.read_text("utf-8")
        assert "://" not in text
        assert " @ " not in text
        pins = re.split(r"\n(?=[a-z0-9])", text.partition("\n")[2])
        assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []
