"""What somebody asked, and was answered, names whoever is erased no more."""

import pytest

from detectors.types import TrackKey
from pipeline.callers import Caller, Role
from pipeline.saved_answers import SavedSearch, SaveRequest
from pipeline.store.kept_answers import FOLDER, Asked, KeptAnswer, KeptAnswers, Standing
from pipeline.store.saved_searches import SavedSearches
from pipeline.wiring.accounts import open_accounts
from tests.erasing_house import House
from tests.store_messages import NOON

pytestmark = pytest.mark.redis

ALICE = TrackKey("lobby", "r1", 4)


@pytest.fixture
def house(redis_binary, short_dir):
    house = House(short_dir / "data", short_dir / "run", redis_binary)
    house.see(ALICE, 1, 2)
    house.embed()
    house.checkpoint()
    yield house
    house.close()


def test_answers_that_were_kept_to_be_given_again_go_with_whoever_is_erased(house):
    kept = KeptAnswers(house.folder.path / FOLDER)
    asked = Asked(Caller("anna", Role.OPERATOR), "k", b"r")
    kept.begin(asked, NOON)
    kept.finish(asked, KeptAnswer(200, {}, f"{ALICE}/1".encode()))
    assert kept.begin(asked, NOON)[0] is Standing.ANSWERED
    assert house.erasing().erase([str(ALICE)]).left == []
    assert kept.begin(asked, NOON)[0] is Standing.NOT_KEPT
    kept.close()


def test_searches_that_name_whoever_is_erased_are_forgotten(house):
    accounts = open_accounts(house.settings.data_dir)
    saved = SavedSearches(accounts.file)
    for name, text in (
        ("a", f"like {ALICE}"),
        (f"{ALICE}/2", "a red coat"),
        ("b", f"not {ALICE}7"),
    ):
        saved.save("admin", SaveRequest(name=name, search=SavedSearch(text=text)), NOON)
    assert house.erasing().erase([str(ALICE)]).left == []
    assert [each.name for each in saved.of("admin")] == ["b"]
