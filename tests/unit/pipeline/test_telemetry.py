from prometheus_client.parser import text_string_to_metric_families

from pipeline.telemetry import Telemetry


def test_a_counted_drop_is_rendered_with_its_camera_and_reason():
    telemetry = Telemetry()
    telemetry.frames_dropped.labels("lobby", "newer").inc()
    line = b'descry_frames_dropped_total{camera="lobby",reason="newer"} 1.0'
    assert line in telemetry.render()


def test_two_processes_worth_of_metrics_do_not_meet():
    one, other = Telemetry(), Telemetry()
    one.index_shots.set(7)
    assert b"descry_index_shots 7.0" not in other.render()


def test_every_metric_is_ours_and_says_what_it_counts():
    rendered = Telemetry().render().decode()
    families = list(text_string_to_metric_families(rendered))
    assert len(families) > 15
    assert all(f.name.startswith("descry_") and f.documentation.endswith(".") for f in families)
