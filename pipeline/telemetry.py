"""Every metric the system exports, named once."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily

from pipeline.errors import StoreUnavailable
from pipeline.store_figures import CameraFigures, DeliveryFigures, StoreFigures

log = logging.getLogger(__name__)

# Seconds. A search is promised within one, so the buckets are dense below it.
QUERY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)
# Seconds. From one crop on a GPU to a full batch on two slow cores.
BATCH_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Telemetry:
    """One process's metrics, in a registry of their own: two in one test do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._name_camera_metrics()
        self._name_embed_metrics()
        self._name_query_metrics()
        self._name_process_metrics()

    def render(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)

    def _name_camera_metrics(self) -> None:
        self.frames_read = self._counter(
            "descry_frames_read_total", "Frames handed over by a source.", "camera"
        )
        self.frames_dropped = self._counter(
            "descry_frames_dropped_total", "Frames nobody had time for.", "camera", "reason"
        )
        self.frames_looked_at = self._counter(
            "descry_frames_looked_at_total", "Frames that the detector saw.", "camera"
        )
        self.frames_skipped = self._counter(
            "descry_frames_skipped_total", "Frames in which nothing moved.", "camera"
        )
        self.decode_errors = self._counter(
            "descry_decode_errors_total", "Packets that could not be decoded.", "camera"
        )
        self.reader_faults = self._counter(
            "descry_reader_faults_total", "Connections that a fault of ours ended.", "camera"
        )
        self.detections = self._counter(
            "descry_detections_total", "People found in frames.", "camera"
        )
        self.tracks = self._counter("descry_tracks_total", "Tracks confirmed.", "camera")
        self.shots_published = self._counter(
            "descry_shots_published_total", "Shots sent to be embedded.", "camera"
        )
        self.shots_dropped = self._counter(
            "descry_shots_dropped_total", "Shots given up because the log was full.", "camera"
        )
        self.ring_packets_dropped = self._counter(
            "descry_ring_packets_dropped_total",
            "Packets that did not get into the recent video of a camera.",
            "camera",
            "reason",
        )
        self.reconnects = self._counter(
            "descry_reconnects_total", "Connections that brought frames, after the first.", "camera"
        )
        self.camera_up = self._gauge(
            "descry_camera_up", "1 while frames of the camera arrive, else 0.", "camera"
        )

    def count_attention(self, camera_id: str, looked_at: int, skipped: int) -> None:
        """So many more frames of a camera were looked at, or skipped by the motion gate."""
        self.frames_looked_at.labels(camera_id).inc(looked_at)
        self.frames_skipped.labels(camera_id).inc(skipped)

    def _name_embed_metrics(self) -> None:
        self.shots_embedded = self._counter(
            "descry_shots_embedded_total", "Shots turned into vectors.", "model"
        )
        self.embed_batch_s = self._histogram(
            "descry_embed_batch_seconds", "Time to encode one batch of shots.", BATCH_BUCKETS_S
        )
        self.crops_pending = self._gauge(
            "descry_crops_pending", "Published shots that wait to be embedded."
        )
        self.crop_age_s = self._gauge(
            "descry_crop_age_seconds", "Age of the oldest shot that waits to be embedded."
        )

    def _name_query_metrics(self) -> None:
        self.index_shots = self._gauge("descry_index_shots", "Shots that can be found now.")
        self.index_lag_s = self._gauge(
            "descry_index_lag_seconds", "From publishing to findable, of the shot indexed last."
        )
        self.alerts = self._counter("descry_alerts_total", "What watches told, by kind.", "kind")
        for kind in ("new", "update", "end"):
            self.alerts.labels(kind)
        self.query_s = self._histogram(
            "descry_query_seconds", "Time to answer a search.", QUERY_BUCKETS_S
        )

    def _name_process_metrics(self) -> None:
        self.store_unavailable = self._counter(
            "descry_store_unavailable_total", "Times that Redis did not answer."
        )

    def _counter(self, name: str, sentence: str, *labels: str) -> Counter:
        return Counter(name, sentence, labels, registry=self.registry)

    def _gauge(self, name: str, sentence: str, *labels: str) -> Gauge:
        return Gauge(name, sentence, labels, registry=self.registry)

    def _histogram(self, name: str, sentence: str, buckets_s: tuple[float, ...]) -> Histogram:
        return Histogram(name, sentence, buckets=buckets_s, registry=self.registry)


class ScrapePage:
    """The page of the query worker: its own metrics, and at each scrape what the store says.

    What other workers did is read off the store; sums are gauges, for retention lowers them.
    """

    def __init__(self, telemetry: Telemetry, read_store: Callable[[], StoreFigures]) -> None:
        self._read_store = read_store
        self._registry = CollectorRegistry()
        for metric in (
            telemetry.index_shots,
            telemetry.index_lag_s,
            telemetry.query_s,
            telemetry.alerts,
        ):
            self._registry.register(metric)
        self._registry.register(self)

    def render(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing in advance: registering must not ask the store."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The figures of the store as they are now; only that it is away, if it is."""
        try:
            figures = self._read_store()
        except StoreUnavailable as error:
            log.debug("scraped without the store: %s", error)
            return [_gauge_of("descry_store_up", "1 while Redis answers, else 0.", 0)]
        return [
            _gauge_of("descry_store_up", "1 while Redis answers, else 0.", 1),
            *_stream_gauges(figures),
            *_collection_gauges(figures.collection_bytes),
            *_delivery_gauges(figures.deliveries),
            *_camera_gauges(figures.cameras),
        ]


def _gauge_of(name: str, sentence: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, sentence, value=value)


def _collection_gauges(taken: Mapping[str, int]) -> list[GaugeMetricFamily]:
    gauge = GaugeMetricFamily(
        "descry_collection_bytes",
        "Disk that a collection took at the last sweep of retention.",
        labels=["collection"],
    )
    for name in sorted(taken):
        gauge.add_metric([name], float(taken[name]))
    return [gauge] if taken else []  # before the first sweep nobody knows


def _delivery_gauges(figures: DeliveryFigures) -> list[GaugeMetricFamily]:
    attempts = GaugeMetricFamily(
        "descry_deliveries",
        "Deliveries of alerts by receiver and outcome; failed: attempts that were tried again.",
        labels=["kind", "outcome"],
    )
    for name in sorted(figures.counts):
        attempts.add_metric(name.split(), float(figures.counts[name]))
    return [
        *([attempts] if figures.counts else []),
        _gauge_of("descry_deliveries_waiting", "Alerts on their way.", figures.waiting),
        _gauge_of(
            "descry_deliveries_undelivered",
            "Alerts that were given up on their way, and are kept.",
            figures.undelivered,
        ),
    ]


def _stream_gauges(figures: StoreFigures) -> list[GaugeMetricFamily]:
    return [
        _gauge_of(
            "descry_crops_pending",
            "Published shots that wait to be embedded.",
            figures.crops_pending,
        ),
        _gauge_of(
            "descry_crop_age_seconds",
            "Age of the oldest shot that waits to be embedded.",
            figures.crop_age_s,
        ),
        _gauge_of("descry_crops_damaged", "Shots put aside as unusable.", figures.crops_damaged),
        _gauge_of("descry_sightings", "Embedded shots that are kept.", figures.sightings),
        _gauge_of(
            "descry_sightings_in_files",
            "Of these, those whose messages have left Redis for files.",
            figures.sightings_in_files,
        ),
    ]


CAMERA_GAUGES: Sequence[tuple[str, str, Callable[[CameraFigures], float | None]]] = [
    ("up", "1 while frames of the live camera arrive, else 0.", lambda c: c.is_up),
    ("frames_read", "Frames taken up in the runs that are kept.", lambda c: c.frames_read),
    (
        "frames_dropped",
        "Frames nobody had time for in the runs that are kept.",
        lambda c: c.frames_dropped,
    ),
    (
        "frames_skipped",
        "Frames in which nothing moved in the runs that are kept.",
        lambda c: c.frames_skipped,
    ),
    (
        "outages",
        "Connections that broke, or went blind, of the runs that are kept.",
        lambda c: c.outages,
    ),
    (
        "reconnects",
        "Connections that brought frames, after the first, since its worker began.",
        lambda c: c.rates.get("reconnects"),
    ),
    (
        "decode_errors",
        "Pictures that could not be decoded, since its worker began.",
        lambda c: c.rates.get("decode_errors"),
    ),
    (
        "faults",
        "Connections that a fault of ours ended, since its worker began.",
        lambda c: c.rates.get("faults"),
    ),
    (
        "hardware_decoding",
        "1 while a device decodes the camera's video, 0 while the CPU does.",
        lambda c: c.rates.get("hardware_decoding"),
    ),
    (
        "hardware_failures",
        "Times that a device stopped decoding it, since its worker began.",
        lambda c: c.rates.get("hardware_failures"),
    ),
    (
        "clock_offset_seconds",
        "How far the camera's clock is ahead of ours.",
        lambda c: c.rates.get("clock_offset_s"),
    ),
    ("tracks", "Tracks confirmed in the runs that are kept.", lambda c: c.tracks),
    ("shots_published", "Shots sent to be embedded in those runs.", lambda c: c.shots),
]
"""Of each camera: the name behind `descry_camera_`, what it says, and where it is found."""


def _camera_gauges(cameras: Sequence[CameraFigures]) -> list[GaugeMetricFamily]:
    gauges = []
    for name, sentence, figure in CAMERA_GAUGES:
        gauge = GaugeMetricFamily(f"descry_camera_{name}", sentence, labels=["camera"])
        for camera in cameras:
            if (value := figure(camera)) is not None:
                gauge.add_metric([camera.camera_id], float(value))
        gauges.append(gauge)
    return gauges
