"""Every metric the system exports, named once."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

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
        self.decode_errors = self._counter(
            "descry_decode_errors_total", "Packets that could not be decoded.", "camera"
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
        self.reconnects = self._counter(
            "descry_reconnects_total", "Connections that brought frames, after the first.", "camera"
        )
        self.camera_up = self._gauge(
            "descry_camera_up", "1 while frames of the camera arrive, else 0.", "camera"
        )

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
        self.query_s = self._histogram(
            "descry_query_seconds", "Time to answer a search.", QUERY_BUCKETS_S
        )

    def _name_process_metrics(self) -> None:
        self.store_unavailable = self._counter(
            "descry_store_unavailable_total", "Times that Redis did not answer."
        )
        self.worker_restarts = self._counter(
            "descry_worker_restarts_total", "Workers started again after they died.", "worker"
        )

    def _counter(self, name: str, sentence: str, *labels: str) -> Counter:
        return Counter(name, sentence, labels, registry=self.registry)

    def _gauge(self, name: str, sentence: str, *labels: str) -> Gauge:
        return Gauge(name, sentence, labels, registry=self.registry)

    def _histogram(self, name: str, sentence: str, buckets_s: tuple[float, ...]) -> Histogram:
        return Histogram(name, sentence, buckets=buckets_s, registry=self.registry)
