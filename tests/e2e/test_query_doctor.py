"""Descriptions that are looked over: by `descry query`, by the API, and with a search."""

import httpx
import pytest

from pipeline.data_folder import DataFolder
from tests.e2e.conftest import Descry, wait_for

DOUBTFUL = "John Smith, suspicious, in a red jaket and jeans, yesterday by the door"
CODES = ["name", "intent", "time", "place", "typo"]
BETTER = "The person wears a red jacket and jeans."


def codes(told):
    return [note["code"] for note in told["query_notes"]]


def check_doubtful(told):
    assert codes(told) == CODES
    assert told["suggestion"] == BETTER
    assert [phrase["text"] for phrase in told["phrases"]] == ["red jacket", "jeans"]


def test_a_description_is_looked_over_without_a_data_folder(descry: Descry) -> None:
    told = descry.run("query", DOUBTFUL, "--json").json()
    check_doubtful(told)
    assert told["searchable"] is True
    assert not descry.data.exists()


def test_people_read_a_line_for_each_note(descry: Descry) -> None:
    said = descry.run("query", DOUBTFUL).out.splitlines()
    assert said[0] == "read as: red jacket (upper garment), jeans (lower garment)"
    assert [line[0] for line in said[1:-1]] == ["!"] * len(CODES)
    assert "--since" in "\n".join(said)
    assert said[-1] == f"did you mean: {BETTER}"


@pytest.mark.parametrize("text", ["a muslim", "red coat " * 2500])
def test_what_a_search_refuses_ends_with_its_code(descry: Descry, text: str) -> None:
    told = descry.run("query", text, "--json", code=2).json()
    assert (told["searchable"], codes(told)) == (False, ["refused"])
    (line,) = descry.run("query", text, code=2).err.splitlines()
    assert line == f"descry: {told['query_notes'][0]['text']}"
    assert descry.run("search", text, code=2).err.splitlines() == [line]


def test_a_search_and_the_api_say_what_is_doubtful(descry: Descry, clip) -> None:
    descry.replay(clip)
    running = descry.watch()
    found = descry.run("search", DOUBTFUL, "--json").json()
    check_doubtful(found)
    assert all(found["notes"].count(note["text"]) == 1 for note in found["query_notes"])
    said = descry.run("search", DOUBTFUL).out
    assert said.count("'John Smith'") == said.count(f"did you mean: {BETTER}") == 1
    folder = DataFolder.open(descry.data, runtime_dir=descry.folder / "run")
    socket = folder.runtime_dir / "api.sock"
    wait_for(socket.exists, within_s=120, what="the query worker")
    transport = httpx.HTTPTransport(uds=str(socket))
    token = {"Authorization": f"Bearer {folder.token()}"}
    with httpx.Client(transport=transport, base_url="http://descry", timeout=60) as client:
        answer = client.post("/api/v1/queries/check", json={"text": DOUBTFUL}, headers=token)
    assert answer.status_code == 200
    check_doubtful(answer.json())
    running.stop(within_s=30)
