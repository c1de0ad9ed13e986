"""Who was then seen on another camera, with the bundled weights: by command line and by HTTP.

One clip is what three cameras saw: `door` a minute after `street`, and `hall` at the same time as
`street`, where nobody can have been too. A track has the same number in all three.
"""

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

TEXT = "a person in a coat"


def number_of(track):
    return track.rsplit("/", 1)[1]


def test_people_are_followed_to_the_camera_that_was_asked_for(filmed_thrice):
    found = filmed_thrice.run(
        "search", TEXT, "--camera", "street", "--then", "door", "--within", "10m", "--json"
    ).json()
    assert found["paths_by"] == "fitted"
    assert found["hits"]
    right = 0
    for hit in found["hits"]:
        start, end = hit["path"]
        assert (start["track"], start["camera"], end["camera"]) == (hit["track"], "street", "door")
        assert start["last_seen_at"] <= end["first_seen_at"]
        assert 0 < hit["path_confidence"] <= 1
        assert Path(end["thumbnail"]).is_file()
        right += number_of(start["track"]) == number_of(end["track"])
    assert right >= len(found["hits"]) / 2
    (leg,) = found["legs"]
    assert leg["tracks"] >= leg["tracks_judged"] > 0
    assert leg["blind_s"] == 0
    assert leg["travel"] == [{"from_camera": "street", "links": 0, "fastest_s": None}]
    assert any("20 are needed" in note for note in found["notes"])
    assert {camera["camera"] for camera in found["coverage"]["cameras"]} == {"street", "door"}


def test_nobody_is_followed_to_where_they_would_be_in_two_places(filmed_thrice):
    found = filmed_thrice.run(
        "search", TEXT, "--camera", "street", "--then", "hall", "--within", "1s", "--json"
    ).json()
    for hit in found["hits"]:
        assert number_of(hit["path"][0]["track"]) != number_of(hit["path"][1]["track"])
    assert found["legs"][0]["two_places"] > 0


def test_a_path_is_shown_as_rows_and_on_a_sheet(filmed_thrice, tmp_path):
    sheet = tmp_path / "s.png"
    legs = "--then", "door", "--then", "hall", "--within", "2m"
    said = filmed_thrice.run(
        "search", TEXT, "--camera", "street", *legs[:2], "--sheet", str(sheet)
    ).out
    assert "probably the same person, by looks and time, not an identity" in said
    assert "path 1: street then door, " in said
    assert "s later, " in said
    assert sheet.stat().st_size > 0
    nobody = filmed_thrice.run("search", TEXT, "--camera", "street", *legs).out
    assert "nobody to show: no track of a later camera began in time" in nobody


def test_a_path_may_begin_with_a_track(filmed_thrice):
    listed = filmed_thrice.run("tracks", "list", "--camera", "street", "--json").out.splitlines()
    assert listed
    some = filmed_thrice.run("search", TEXT, "--camera", "hall", "--limit", "1", "--json").json()
    found = filmed_thrice.run(
        "search", "--like", some["hits"][0]["track"], "--camera", "street", "--then", "door",
        "--json",
    ).json()  # fmt: skip
    assert [step["camera"] for step in found["hits"][0]["path"]] == ["street", "door"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--then", "roof"], "no camera 'roof'; known: door, hall, street"),
        (["--within", "10m"], "give one"),
        (["--then", "door", "--within", "0"], "not between 0 and a day"),
        (["--then", "door", "--within", "-5"], "--within '-5'"),
        (["--then", "door", "--within", "365d"], "not between 0 and a day"),
        (["--then", "door", "--within", "soon"], "500ms, 10m, 12h or 30d"),
        (["--then", "door", "--then", "door"], "twice in a row"),
        (["--camera", "door", "--then", "door"], "twice in a row"),
        (["--then", "door", "--live"], "leave out --live or --then"),
        (["--then", "door", "--then", "hall", "--within", "1m"] + ["--within", "1m"] * 2, "3 --w"),
        ([word for _ in range(3) for word in ("--then", "door", "--then", "hall")], "at most 5"),
    ],
)
def test_what_makes_no_sense_is_one_line(filmed_thrice, options, said):
    told = filmed_thrice.run("search", TEXT, *options, code=2).err
    assert said in told
    assert len(told.strip().splitlines()) == 1
