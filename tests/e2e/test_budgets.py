"""Retention by bytes, from the command line: one collection over its budget, another not."""

from contextlib import contextmanager

import pytest

from tests.e2e.conftest import Descry, wait_for

pytestmark = pytest.mark.slow

START = ("--start", "2026-03-01T10:00:00Z", "--every-frame")
SWEEPING = {"DESCRY_RETENTION__SWEEP_S": "1"}


def bring(descry: Descry, clip, camera: str, collection: str) -> None:
    boxes = str(clip.with_suffix(".boxes.json"))
    arguments = ["replay", str(clip), "--camera", camera, "--detector", boxes]
    descry.run(*arguments, "--collection", collection, *START)


def found_of(descry: Descry) -> dict[str, set[tuple[str, int]]]:
    """The shots that a search finds, by collection."""
    arguments = ["search", "a man in a blue jacket", "--json", "--limit", "50"]
    found: dict[str, set[tuple[str, int]]] = {}
    for hit in descry.run(*arguments).json()["hits"]:
        found.setdefault(hit["collection"], set()).update(
            (hit["track"], s["shot"]) for s in hit["best_shots"]
        )
    return found


def listed(descry: Descry) -> dict[str, dict]:
    lines = descry.run("collections", "list", "--json").lines()
    return {line["collection"]: line for line in lines}


@contextmanager
def running(descry: Descry):
    server = descry.watch()
    yield server
    server.stop(within_s=20)


def test_what_is_over_its_budget_is_found_no_longer_and_stays_so(descry, clip):
    descry.environment |= SWEEPING
    bring(descry, clip, "street", "case")
    bring(descry, clip, "yard", "trial")
    with running(descry):
        wait_for(lambda: (listed(descry).get("case") or {}).get("bytes"), what="a sweep")
        before, taken = found_of(descry), listed(descry)
        assert taken["case"]["budget_bytes"] is None
    assert before["case"]
    assert before["trial"]

    budget_mb = taken["case"]["bytes"] / 2e6
    file = descry.folder / "descry.yaml"
    file.write_text(f"retention:\n  collections_mb: {{case: {budget_mb:.6f}}}\n")
    descry.environment["DESCRY_CONFIG"] = str(file)
    with running(descry) as server:
        wait_for(lambda: listed(descry)["case"]["bytes"] <= budget_mb * 1e6, what="a sweep")
        after, left = found_of(descry), listed(descry)
        assert " MB of 0." in descry.run("collections", "list").out
    assert left["trial"] | {"runs": 0} == taken["trial"] | {"runs": 0}
    assert 0 < left["case"]["bytes"] <= left["case"]["budget_bytes"]
    assert 0 < left["case"]["shots"] < taken["case"]["shots"]
    assert after["trial"] == before["trial"]
    assert after["case"] < before["case"]
    assert server.err.read_text().count("WARNING query: collection 'case': takes ") == 1

    assert found_of(descry) == after  # in a process of its own, which resumes from the index
    descry.run("index", "rebuild")
    assert found_of(descry) == after


@pytest.mark.parametrize("size", ["0", "-5", "1e12", "much"])
def test_a_budget_that_is_none_is_refused_by_name(descry, size):
    said = descry.run("config", "check", code=2, DESCRY_RETENTION__LIVE_MB=size)
    assert "LIVE_MB" in said.err
