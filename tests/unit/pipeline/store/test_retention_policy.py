import pytest

from pipeline.store.retention import RetentionPolicy

POLICY = RetentionPolicy(live_s=100, imports_s=None, collections={"case-7": 50, "kept": None})


@pytest.mark.parametrize(
    ("collection", "captured_at", "imported_at", "expires_at"),
    [
        ("live", 1000.0, None, 1100.0),
        ("live", 1000.0, 5000.0, 1100.0),  # `live` ages by capture, whoever wrote it
        ("imports", 1000.0, 5000.0, None),
        ("case-7", 1000.0, 5000.0, 5050.0),  # not from the day it was recorded
        ("case-7", 1000.0, None, 1050.0),
        ("kept", 1000.0, 5000.0, None),
    ],
)
def test_live_shots_age_from_capture_and_imports_from_the_day_of_import(
    collection, captured_at, imported_at, expires_at
):
    assert POLICY.expires_at(collection, captured_at, imported_at) == expires_at


def test_one_collection_may_be_kept_longer_than_the_rest():
    policy = RetentionPolicy(live_s=100, imports_s=100, collections={"live": None})
    assert policy.expires_at("live", 1.0, None) is None
    assert policy.expires_at("imports", 1.0, 2.0) == 102.0


def test_nothing_kept_at_all_expires_at_once():
    assert RetentionPolicy(live_s=0, imports_s=0).expires_at("live", 7.0, None) == 7.0
