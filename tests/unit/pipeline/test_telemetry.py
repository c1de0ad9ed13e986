import re
from dataclasses import replace
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from pipeline.errors import StoreUnavailable
from pipeline.store_figures import CameraFigures, DeliveryFigures, StoreFigures
from pipeline.telemetry import ScrapePage, Telemetry


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


FIGURES = StoreFigures(
    crops_pending=4,
    crop_age_s=2.5,
    crops_damaged=1,
    sightings=9,
    sightings_in_files=4,
    deliveries=DeliveryFigures(2, 1, {"webhook delivered": 5, "webhook failed": 3}),
    cameras=[
        CameraFigures(
            "lobby", True, frames_read=100, frames_dropped=7, tracks=3, shots=5,
            outages=4, rates={"reconnects": 6.0, "decode_errors": 2.0, "clock_offset_s": -1.5,
                             "faults": 3.0, "hardware_decoding": 0.0, "hardware_failures": 1.0},
        ),
        CameraFigures("tapes", None, frames_read=50, frames_dropped=0, tracks=1, shots=2),
    ],
)  # fmt: skip


def samples(page):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def test_the_page_says_what_the_other_workers_left_in_the_store():
    found = samples(ScrapePage(Telemetry(), lambda: FIGURES).render())
    assert found[("descry_store_up",)] == 1
    assert found[("descry_crops_pending",)] == 4
    assert found[("descry_crop_age_seconds",)] == 2.5
    assert found[("descry_crops_damaged",)] == 1
    assert found[("descry_sightings",)] == 9
    assert found[("descry_sightings_in_files",)] == 4
    assert found[("descry_camera_up", "lobby")] == 1
    assert found[("descry_camera_frames_read", "lobby")] == 100
    assert found[("descry_camera_frames_dropped", "lobby")] == 7
    assert found[("descry_camera_tracks", "tapes")] == 1
    assert found[("descry_camera_shots_published", "tapes")] == 2
    assert found[("descry_camera_outages", "lobby")] == 4
    assert found[("descry_camera_reconnects", "lobby")] == 6
    assert found[("descry_camera_decode_errors", "lobby")] == 2
    assert found[("descry_camera_faults", "lobby")] == 3
    assert found[("descry_camera_hardware_decoding", "lobby")] == 0
    assert found[("descry_camera_hardware_failures", "lobby")] == 1
    assert ("descry_camera_hardware_decoding", "tapes") not in found
    assert found[("descry_camera_clock_offset_seconds", "lobby")] == -1.5
    assert ("descry_camera_up", "tapes") not in found
    assert ("descry_camera_reconnects", "tapes") not in found


def test_the_page_is_read_anew_at_every_scrape():
    ages = iter([1.0, 2.0])
    page = ScrapePage(Telemetry(), lambda: replace(FIGURES, crop_age_s=next(ages)))
    assert samples(page.render())[("descry_crop_age_seconds",)] == 1
    assert samples(page.render())[("descry_crop_age_seconds",)] == 2


def test_while_the_store_is_away_the_page_says_so_and_what_the_process_knows_itself():
    def away() -> StoreFigures:
        raise StoreUnavailable("Redis is away")

    telemetry = Telemetry()
    telemetry.index_shots.set(7)
    found = samples(ScrapePage(telemetry, away).render())
    assert found[("descry_store_up",)] == 0
    assert found[("descry_index_shots",)] == 7
    assert ("descry_crops_pending",) not in found


def test_the_page_names_no_metric_that_only_another_process_could_set():
    weighed = replace(FIGURES, collection_bytes={"live": 5_000, "trial": 7})
    for figures in (FIGURES, weighed):
        page = ScrapePage(Telemetry(), lambda figures=figures: figures).render().decode()
        assert all(family.samples for family in text_string_to_metric_families(page))
        assert "descry_reconnects" not in page
    assert samples(page.encode())[("descry_collection_bytes", "trial")] == 7
    assert "descry_embed_batch" not in page


RUNBOOK = Path(__file__).resolve().parents[3] / "deploy" / "runbook.md"


def test_every_metric_of_the_runbook_is_on_the_page():
    page = ScrapePage(Telemetry(), lambda: FIGURES).render().decode()
    named = set(re.findall(r"descry_[a-z_]+", RUNBOOK.read_text("utf-8"))) - {
        "descry_data", "descry_bus"
    }  # fmt: skip
    assert named
    assert named <= {family.name for family in text_string_to_metric_families(page)}


def test_the_page_says_what_became_of_deliveries():
    found = samples(ScrapePage(Telemetry(), lambda: FIGURES).render())
    assert found["descry_deliveries", "webhook", "delivered"] == 5
    assert found["descry_deliveries", "webhook", "failed"] == 3
    assert found[("descry_deliveries_waiting",)] == 2
    assert found[("descry_deliveries_undelivered",)] == 1
