"""tests.conftest: what is missing skips a test, and fails it where it was asked for."""

import runpy
import sys

import pytest

from tests.conftest import ROOT, needs_drawing, needs_street

OUTCOMES = pytest.mark.parametrize(
    ("required", "outcome"),
    [
        ("", pytest.skip.Exception),
        ("redis,gpu", pytest.skip.Exception),
        ("redis,street", pytest.fail.Exception),
    ],
)


@pytest.fixture
def no_group(monkeypatch):
    """As if the optional group `street` were not installed."""
    for name in ("anny", "moderngl", "scipy"):
        monkeypatch.setitem(sys.modules, name, None)


@OUTCOMES
def test_without_the_group_nothing_is_drawn(no_group, monkeypatch, required, outcome):
    monkeypatch.setenv("DESCRY_TEST_REQUIRE", required)

    with pytest.raises(outcome, match=r"make \.venv/\.street"):
        needs_drawing()


@OUTCOMES
def test_without_egl_nothing_is_drawn(monkeypatch, required, outcome):
    needs_street("anny", "moderngl")
    monkeypatch.setenv("DESCRY_TEST_REQUIRE", required)
    monkeypatch.setattr("moderngl.create_context", _no_egl)

    with pytest.raises(outcome, match="EGL does not open"):
        needs_drawing()


def _no_egl(**_):
    raise Exception("libEGL.so is not there")  # noqa: TRY002 - moderngl raises no other


@OUTCOMES
@pytest.mark.parametrize("file", ["test_cutting", "test_figures"])
def test_a_file_of_tests_that_needs_the_group(no_group, monkeypatch, file, required, outcome):
    monkeypatch.setenv("DESCRY_TEST_REQUIRE", required)

    with pytest.raises(outcome):
        runpy.run_path(str(ROOT / "tests" / "unit" / "pipeline" / "street" / f"{file}.py"))
