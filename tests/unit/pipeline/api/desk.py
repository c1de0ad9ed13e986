"""What the API asks about watches in these tests."""

from pipeline.errors import ConfigError, NotFound
from pipeline.watch_answers import (
    AlertAnswer,
    AlertsAnswer,
    ResentAnswer,
    TrialAnswer,
    TrialRequest,
    UndeliveredAnswer,
    WatchAnswer,
    WatchRequest,
)
from pipeline.workers.watch_desk import check_position


class Desk:
    """Watches for what it is told to, and tells two words."""

    def __init__(self) -> None:
        self.is_closed = False

    def add(self, request: WatchRequest) -> WatchAnswer:
        if request.name == "red":
            raise ConfigError("there is a watch named 'red': …")
        return watch_answer(request.name)

    def test(self, request: TrialRequest) -> TrialAnswer:
        if request.since == 0:
            raise ConfigError("since is in the future: …")
        return TrialAnswer(
            text=request.text, since="", until="", camera_days=0.5, threshold=0.3, alerts=2,
            alerts_per_day=4.0, expected_false_alarms=request.false_alarms, best=[],
        )  # fmt: skip

    def watches(self) -> list[WatchAnswer]:
        return [watch_answer("red")]

    def remove(self, watch_id: str) -> WatchAnswer:
        if watch_id != "red":
            raise NotFound(f"no watch has the id {watch_id!r}: …")
        return watch_answer("red")

    def alerts(self, after: str | None, count: int) -> AlertsAnswer:
        words = self.words(check_position(after or "0-0"), count)
        return AlertsAnswer(alerts=words, next=None)

    def words(self, after: str, count: int) -> list[AlertAnswer]:
        found = [alert_answer(n) for n in (1, 2) if n > int(after.split("-")[0])]
        self.is_closed = not found  # whoever followed has seen all
        return found

    def last(self) -> str:
        return "1-0"


def watch_answer(name: str) -> WatchAnswer:
    facts = {"id": name, "name": name, "kind": "text", "text": "red coat", "cameras": []}
    where = {"zones": [], "hours": "", "timezone": "UTC", "false_alarms": 1.0, "cooldown_s": 600.0}
    return WatchAnswer(**facts, **where, created_at="2026-11-23T10:00:00.000Z", open=0)


def alert_answer(number: int) -> AlertAnswer:
    at = "2026-11-23T10:00:00.000Z"
    facts = {"id": f"{number}-0", "alert": "a", "number": number, "type": "new", "watch": "red"}
    facts["key"] = f"a-new-{number}"
    where = {"watch_id": "red", "track": "lobby/r1/1", "camera": "lobby", "score": 0.5}
    return AlertAnswer(**facts, **where, seen_at=at, told_at=at, thumbnail="/api/v1/pictures/p.jpg")


class Undelivered:
    """Holds one alert that could not be delivered, 5-0, until it is sent again."""

    def __init__(self) -> None:
        self.ids = ["5-0"]

    def undelivered(self) -> list[UndeliveredAnswer]:
        when = {"queued_at": "2026-03-01T10:00:00Z", "failed_at": "2026-03-01T22:00:00Z"}
        facts = {"to": "https://hooks.example/…", "reason": "answered 500", "attempts": 9} | when
        return [UndeliveredAnswer(id=name, alert=alert_answer(1), **facts) for name in self.ids]

    def resend(self, ids) -> ResentAnswer:
        if not set(ids) <= set(self.ids):
            raise NotFound("nothing undelivered has the id …")
        gone = list(ids) or self.ids
        self.ids = [name for name in self.ids if name not in gone]
        return ResentAnswer(count=len(gone))
