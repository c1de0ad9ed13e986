from detectors.types import TrackKey
from pipeline.store.keys import Keys


def test_every_key_begins_with_the_namespace_and_no_two_are_alike():
    keys = Keys("descry")
    track = TrackKey("lobby", "r1", 2)
    spelt = [value for name, value in vars(keys).items() if name != "namespace"]
    spelt += [keys.track(track), keys.tracks("lobby"), keys.camera("lobby"), keys.runs("lobby")]
    spelt += [keys.run("lobby", "r1"), keys.lease("lobby")]
    assert all(key.startswith("descry:") for key in spelt)
    assert len(set(spelt)) == len(spelt)


def test_the_table_of_keys_names_every_key():
    from pipeline.store import keys as module

    for name in vars(Keys("ns")).values():
        assert name == "ns" or name.replace("ns:", "{ns}:") in module.__doc__


def test_a_track_has_the_key_that_the_design_names():
    assert Keys("descry").track(TrackKey("lobby", "r1", 42)) == "descry:track:lobby/r1/42"
