"""Every Redis key the system writes, its type, what it holds and how long it lives.

    {ns}:crops               stream  published shots, group `embedders`; until settled
    {ns}:damaged             stream  id and reason of messages put aside; capped by length
    {ns}:sightings           stream  embedded shots; retention, or until every view has them
    {ns}:log_archived        string  up to where they are in files, and how often that changed
    {ns}:log_chunks          hash    file of these → how many, of which ages; retention
    {ns}:log_id              string  which log this is, until Redis forgets everything
    {ns}:model               string  the id of the encoder in use; until Redis forgets everything
    {ns}:reindex             hash    the last change of the encoder, as far as it has come; for ever
    {ns}:reindex_missing     set     shots that it found no picture of; a day
    {ns}:reindex_sample      set     shots that it looks for in both indexes; a day
    {ns}:searchers           zset    query worker and model → when it counts as gone; half a minute
    {ns}:views               hash    view → last durable message and heartbeat; a day of silence
    {ns}:track:{track}       hash    first and last seen, state, kept shots, thumbnail; retention
    {ns}:tracks:{camera}     zset    track → first_seen_at; retention
    {ns}:live                set     tracks of live cameras that are still open
    {ns}:cameras             set     every camera id ever seen
    {ns}:camera:{camera}     hash    kind, state, rates, drops; for ever
    {ns}:runs:{camera}       zset    run_id → started_at; retention
    {ns}:run:{camera}/{run}  hash    what was read, how far, the safe point; retention
    {ns}:zones               set     every zone that a shot was taken in; for ever
    {ns}:run_changes:{camera}  zset  run_id → the number of its last write; retention
    {ns}:run_sequence        string  the number of the last write of any run; for ever
    {ns}:collections         hash    collection → the instant it was first used; until removed
    {ns}:removed             hash    collection → the log's end when it was removed; for ever
    {ns}:floors              hash    collection → what was captured until then is over its budget
    {ns}:weights             hash    collection → bytes at the last sweep; until the next
    {ns}:importing:{collection}  zset  an import at work → when it counts as dead; seconds
    {ns}:removing:{collection}   string  it is being removed now; expires in a minute
    {ns}:erased              hash    salted digest of an erased track → when; for ever
    {ns}:erasing             set     tracks that are being erased; seconds
    {ns}:held                hash    held track → since when; until it is held no longer
    {ns}:retired             zset    media key of a picture nobody needs → retired_at; minutes
    {ns}:lease:{camera}      string  the worker that reads it; expires in seconds
    {ns}:turn:{camera}       hash    who took it last, which turn that is, since when; for ever
    {ns}:watchers            zset    camera worker → when it counts as dead; seconds
    {ns}:paused              set     cameras that an operator paused; until resumed
    {ns}:watches             hash    watch → what is watched for; until it is removed
    {ns}:watches_version     string  changes with that, and is another each time; for ever
    {ns}:alerts              stream  what watches told; retention
    {ns}:alerted             hash    watch and track → what was told last; an hour, the cool-down
    {ns}:deliveries          hash    delivery → what is on its way to whom; until it is there
    {ns}:undelivered         stream  deliveries that were given up; capped by length, retention
    {ns}:delivery_position   string  up to which alert it is known who gets it; for ever
    {ns}:delivery_counts     hash    what became of deliveries → how many; for ever
    {ns}:left_webhooks       hash    removed watch → where its last words go; until they are there
    {ns}:travel              hash    day → travel times between cameras, counts; as its tracks
    {ns}:watched             string  before which place in the log nobody is in view; for ever

All of them live on one Redis (or a replicated one), so no key carries a hash tag. `lease` and
`turn` are also those of `index:{model}`: who fills an index that several query workers share, and
of `watches:`: who tells alerts, and of `deliveries:`: who delivers them.

That index (`index.kind: redis`) lies on a Redis Cluster of its own, each shard in one slot:

    {{ns}:index:{model}:{shard}}:state      hash    token of the last write, checkpoint; for ever
    {{ns}:index:{model}:{shard}}:sets       hash    set → first and last expiry in it; as they
    {{ns}:index:{model}:{shard}}:v:{set}    vector set  shots with attributes; their last expiry
    {{ns}:index:{model}:{shard}}:x:{set}    zset    shot → when it expires; as the set
    {{ns}:index:{model}:{shard}}:t:{track}  hash    shot → its set, retirements; as its shots

Of a model that is used no more `state` says so for a day, and nothing else is left.
"""

import re
from typing import NamedTuple

from detectors.types import TrackKey

GROUP = "embedders"
"""The consumer group of `{ns}:crops`."""


class Keys:
    """The keys of one installation, or of one test."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.crops = f"{namespace}:crops"
        self.damaged = f"{namespace}:damaged"
        self.sightings = f"{namespace}:sightings"
        self.log_id = f"{namespace}:log_id"
        self.log_archived = f"{namespace}:log_archived"
        self.log_chunks = f"{namespace}:log_chunks"
        self.searchers = f"{namespace}:searchers"
        self.views = f"{namespace}:views"
        self.model = f"{namespace}:model"
        self.reindex = f"{namespace}:reindex"
        self.reindex_missing = f"{namespace}:reindex_missing"
        self.reindex_sample = f"{namespace}:reindex_sample"
        self.live = f"{namespace}:live"
        self.cameras = f"{namespace}:cameras"
        self.collections = f"{namespace}:collections"
        self.removed = f"{namespace}:removed"
        self.floors = f"{namespace}:floors"
        self.weights = f"{namespace}:weights"
        self.erased = f"{namespace}:erased"
        self.erasing = f"{namespace}:erasing"
        self.held = f"{namespace}:held"
        self.retired = f"{namespace}:retired"
        self.watchers = f"{namespace}:watchers"
        self.zones = f"{namespace}:zones"
        self.paused = f"{namespace}:paused"
        self.watches = f"{namespace}:watches"
        self.watches_version = f"{namespace}:watches_version"
        self.alerts = f"{namespace}:alerts"
        self.alerted = f"{namespace}:alerted"
        self.travel = f"{namespace}:travel"
        self.watched = f"{namespace}:watched"
        self.deliveries = f"{namespace}:deliveries"
        self.undelivered = f"{namespace}:undelivered"
        self.delivery_position = f"{namespace}:delivery_position"
        self.delivery_counts = f"{namespace}:delivery_counts"
        self.left_webhooks = f"{namespace}:left_webhooks"

    def track(self, track: TrackKey) -> str:
        """The hash of one track."""
        return f"{self.namespace}:track:{track}"

    def tracks(self, camera_id: str) -> str:
        """The tracks of a camera by the instant they were first seen."""
        return f"{self.namespace}:tracks:{camera_id}"

    def camera(self, camera_id: str) -> str:
        """The hash of one camera."""
        return f"{self.namespace}:camera:{camera_id}"

    def runs(self, camera_id: str) -> str:
        """The runs of a camera by the instant they started."""
        return f"{self.namespace}:runs:{camera_id}"

    def run(self, camera_id: str, run_id: str) -> str:
        """The hash of one run."""
        return f"{self.namespace}:run:{camera_id}/{run_id}"

    def run_changes(self, camera_id: str) -> str:
        """The runs of a camera by the number of their last write."""
        return f"{self.namespace}:run_changes:{camera_id}"

    @property
    def run_sequence(self) -> str:
        """How many writes of runs there were."""
        return f"{self.namespace}:run_sequence"

    def importing(self, collection: str) -> str:
        """Which imports fill a collection now."""
        return f"{self.namespace}:importing:{collection}"

    def removing(self, collection: str) -> str:
        """That a collection is being removed now."""
        return f"{self.namespace}:removing:{collection}"

    def lease(self, camera_id: str) -> str:
        """Who reads a live camera."""
        return f"{self.namespace}:lease:{camera_id}"

    def turn(self, camera_id: str) -> str:
        """Who took a live camera over last, and when."""
        return f"{self.namespace}:turn:{camera_id}"

    def index_writer(self, model_id: str) -> str:
        """What is leased to who fills the index of a model; no camera is called so."""
        return f"index:{model_id}"

    @property
    def watch_teller(self) -> str:
        """What is leased to who tells alerts; no camera is called so."""
        return "watches:"

    @property
    def deliverer(self) -> str:
        """What is leased to who delivers alerts; likewise."""
        return "deliveries:"

    def index_shards(self, model_id: str, count: int) -> list["ShardKeys"]:
        """The keys of each shard of an index."""
        model = re.sub(r"[^\w.@-]+", "-", model_id)
        return [ShardKeys(f"{{{self.namespace}:index:{model}:{shard}}}:") for shard in range(count)]


class ShardKeys(NamedTuple):
    """The keys of a shard of an index, all in one slot of a Cluster."""

    prefix: str

    @property
    def state(self) -> str:
        """What was written last."""
        return f"{self.prefix}state"

    @property
    def sets(self) -> str:
        """Which sets there are."""
        return f"{self.prefix}sets"

    def vectors(self, name: str) -> str:
        """The vector set of one hour and collection."""
        return f"{self.prefix}v:{name}"

    def members(self, name: str) -> str:
        """The shots of that set, and when they expire."""
        return f"{self.prefix}x:{name}"
