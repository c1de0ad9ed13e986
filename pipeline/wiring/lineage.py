"""Opens the index of the model in use for a query worker, and those that come after it."""

import os
import shutil
from collections.abc import Callable
from functools import partial

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.names import process_name
from pipeline.store.keys import Keys
from pipeline.store.model_change import name_of
from pipeline.store.searchers import SearcherStore
from pipeline.telemetry import Telemetry
from pipeline.wiring.gallery import build_view, index_folder, lock_folder, open_index
from pipeline.wiring.models import build_encoder, encoder_in_use
from pipeline.wiring.stores import Stores, open_folder
from pipeline.wiring.trust import build_trust
from pipeline.workers.rolling_scenes import LATEST_TRACKS, OF_A_SCENE, RollingScenes
from pipeline.workers.service import Engine
from pipeline.workers.succession import Estate
from pipeline.workers.view import VIEW_NAME, LogView
from retrieval.ports import Encoder, Index, SharedIndex


class Lineage:
    """The engines of one query worker."""

    def __init__(self, settings: Settings, stores: Stores, telemetry: Telemetry) -> None:
        self._settings, self._stores, self._telemetry = settings, stores, telemetry
        self._folder = open_folder(settings).path
        # Whose folders this process has locked: it could not lock them a second time.
        self._ours: set[str] = set()
        self._is_spread = settings.index.kind == "redis"
        self._searchers: SearcherStore | None = None
        if self._is_spread:
            keys = Keys(settings.redis.namespace)
            self._searchers = SearcherStore(stores.client, keys, process_name())
        # Models of which nothing is left on servers.
        self._gone: set[str] = set()

    def first(self) -> Engine:
        """What to begin with: the model in use, or the old one while a switch is being made.

        Raises:
            ConfigError: the model has other weights than the shots were embedded with.
            WeightsError: the encoder cannot be used.
            IndexUnusable: the index on disk cannot be used.
        """
        models = self._stores.models
        change = models.change()
        if change is not None and change.state == "switching":
            encoder = build_encoder(self._settings, name_of(change.from_id))
        else:
            encoder = encoder_in_use(self._settings, models.in_use())
        if self._searchers is not None:
            self._searchers.attend(encoder.model_id)
        return self._engine(encoder, VIEW_NAME)

    def estate(self, serve: Callable[[Engine], None]) -> Estate:
        """What a succession works with."""
        return Estate(
            models=self._stores.models,
            build=self._build,
            discard=self._discard,
            serve=serve,
            forget_view=self._stores.sightings.forget_view,
            now=SystemClock().now,
            searchers=self._searchers,
        )

    def _build(self, name: str, view_name: str) -> Engine:
        return self._engine(build_encoder(self._settings, name), view_name)

    def _engine(self, encoder: Encoder, view_name: str) -> Engine:
        self._gone.discard(encoder.model_id)
        index, durable = open_index(self._settings, encoder, self._folder)
        if durable is not None:
            self._ours.add(encoder.model_id)
        trust, parts = build_trust(self._settings, encoder), None
        scenes = self._scenes(encoder, index)
        if self._is_spread:
            view, parts = self._shared(index, encoder.model_id, view_name, scenes)
        else:
            view = build_view(
                self._stores,
                index,
                durable,
                encoder.model_id,
                self._telemetry,
                view_name,
                scenes.forget,
            )
        return Engine(encoder, index, view, trust, parts, scenes)

    def _scenes(self, encoder: Encoder, index: Index) -> RollingScenes:
        """What scores of one camera and light are held against, of this model alone."""
        latest = partial(
            self._stores.tracks.spread_out, of_each=2 * OF_A_SCENE, latest=LATEST_TRACKS
        )
        best_of = self._settings.search.best_of
        return RollingScenes(index, encoder.dimension, latest, SystemClock(), best_of=best_of)

    def _shared(
        self, index: Index, model_id: str, view_name: str, scenes: RollingScenes
    ) -> tuple[LogView, SharedIndex | None]:
        """The view of an index that lies in parts; and it again, as what tells which are away."""
        from pipeline.wiring.spread_index import build_shared_view
        from retrieval.index.vector_sets import VectorSetIndex

        if not isinstance(index, VectorSetIndex):
            raise TypeError(f"{type(index).__name__} lies in no parts")
        view = build_shared_view(
            self._settings,
            self._stores,
            index,
            model_id,
            self._telemetry,
            view_name,
            scenes.forget,
        )
        return view, index

    def _discard(self, model_id: str) -> None:
        if self._is_spread:
            self._discard_spread(model_id)
        folder = index_folder(self._folder, model_id)
        if model_id in self._ours:
            self._ours.remove(model_id)
            shutil.rmtree(folder, ignore_errors=True)
        elif folder.exists():  # of a process that died before it came to that
            descriptor = lock_folder(folder, 0.0)
            if descriptor is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(descriptor)

    def _discard_spread(self, model_id: str) -> None:
        """Drop an index from the servers once no worker needs it; asked for again and again."""
        from pipeline.wiring.spread_index import give_up_spread

        if model_id not in self._gone and give_up_spread(self._settings, self._stores, model_id):
            self._gone.add(model_id)
