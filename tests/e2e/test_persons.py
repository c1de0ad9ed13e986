"""Who is probably the same person, with the bundled weights: by command line.

One clip is what three cameras saw: `door` a minute after `street`, and `hall` at the same time as
`street`, where nobody can have been too. A track has the same number in all three.
"""

import shlex

import pytest

pytestmark = pytest.mark.slow

BUNDLED = "street-gadms"
TEXT = "a person in a coat"


def search(descry, *more, **environment):
    return descry.run("search", TEXT, "--limit", "50", "--json", *more, **environment).json()


def number_of(track):
    return track.rsplit("/", 1)[1]


def test_people_are_followed_from_camera_to_camera_and_are_never_in_two_places(filmed_thrice):
    found = search(filmed_thrice, "--camera", "street", "--camera", "door")
    assert found["persons_by"] == "fitted"
    named = {hit["rank"]: hit["person"] for hit in found["hits"]}
    assert named == {rank: p["person"] for p in found["persons"] for rank in p["hits"]}
    pairs = [person for person in found["persons"] if len(person["path"]) > 1]
    assert pairs
    for person in pairs:
        seen = [step["first_seen_at"] for step in person["path"]]
        assert seen == sorted(seen)
        assert 0 < person["confidence"] < 1
    right = [
        person for person in pairs
        if [step["camera"] for step in person["path"]] == ["street", "door"]
        and len({number_of(step["track"]) for step in person["path"]}) == 1
    ]  # fmt: skip
    assert len(right) >= len(pairs) / 2

    at_once = search(filmed_thrice, "--camera", "street", "--camera", "hall")
    for person in at_once["persons"]:
        cameras = {number_of(step["track"]): step["camera"] for step in person["path"]}
        assert len(cameras) == len(person["path"])  # nobody with themselves at the same time


def test_cameras_of_the_same_ground_may_see_one_person_at_once(filmed_thrice):
    cameras = "--camera", "street", "--camera", "hall"
    shared = search(filmed_thrice, *cameras, DESCRY_SEARCH__SAME_GROUND="street+hall")
    assert any(
        len({number_of(step["track"]) for step in person["path"]}) < len(person["path"])
        for person in shared["persons"]
    )
    said = filmed_thrice.run("search", TEXT, code=2, DESCRY_SEARCH__SAME_GROUND="street")
    assert "write gate+yard" in said.err


def test_they_are_shown_with_their_path(filmed_thrice):
    cameras = "--camera", "street", "--camera", "door"
    out = filmed_thrice.run("search", TEXT, "--limit", "50", "--persons", *cameras).out
    assert "probably the same person: by looks and time, not an identity" in out
    assert "2 cameras, probably the same (" in out
    plain = filmed_thrice.run("search", TEXT, "--limit", "50", *cameras).out
    assert "probably the same" not in plain


def test_a_picture_of_somebody_says_how_likely_the_others_are_the_same(filmed_thrice):
    asked = search(filmed_thrice, "--camera", "street")["hits"][0]["track"]
    found = filmed_thrice.run("search", "--like", asked, "--limit", "50", "--json").json()
    chances = [hit["probability"] for hit in found["hits"]]
    assert all(0 < chance < 1 for chance in chances)
    assert chances == sorted(chances, reverse=True)


def test_a_person_is_erased_by_the_command_that_their_tracks_come_with(filmed_thrice):
    """Last of this file: it takes somebody away."""
    cameras = "--camera", "street", "--camera", "door"
    before = search(filmed_thrice, *cameras)
    person = next(
        one
        for one in before["persons"]
        if len(one["path"]) > 1 and len({number_of(step["track"]) for step in one["path"]}) == 1
    )
    theirs = {step["track"] for step in person["path"]}
    # `hall` shows the same film, so its track has the very vectors that are searched for.
    number = number_of(person["path"][0]["track"])
    in_hall = search(filmed_thrice, "--camera", "hall")["hits"]
    twin = next(hit["track"] for hit in in_hall if number_of(hit["track"]) == number)
    shown = filmed_thrice.run("search", TEXT, "--limit", "50", "--persons", *cameras).out
    lines = [line.strip() for line in shown.splitlines()]
    (line,) = [
        line
        for line in lines
        if line.startswith("to erase them all: ") and theirs <= set(shlex.split(line))
    ]
    command = shlex.split(line.removeprefix("to erase them all: "))
    assert command[:2] == ["descry", "erase"]
    assert set(command[2:]) == theirs
    erased = filmed_thrice.run(*command[1:], twin, "--yes", "--json").json()
    assert (erased["count"], erased["left"]) == (len(theirs) + 1, [])
    after = search(filmed_thrice, *cameras)
    others = {hit["track"] for hit in before["hits"]} - theirs
    assert {hit["track"] for hit in after["hits"]} == others
