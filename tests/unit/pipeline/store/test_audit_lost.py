"""What the audit is signed and pseudonymised with is never made a second time in silence."""

import pytest

from pipeline.audit_answers import Filters
from pipeline.audit_events import Event
from pipeline.errors import AuditUnavailable, ConfigError
from pipeline.store.audit_reading import AuditReader
from pipeline.store.audit_witness import key_of
from tests.unit.pipeline.store.test_audit_forgery import EVERY, house, note, opened, signed

__all__ = ["house"]


def test_a_key_that_is_gone_is_not_made_again(house, caplog):
    note(opened(house), EVERY)
    (house / "signing.key").unlink()
    audit = opened(house)
    note(audit, EVERY)
    audit.seal()
    assert signed(house) == [EVERY]
    assert not (house / "signing.key").exists()
    assert "signing.key is gone" in caplog.text
    with pytest.raises(ConfigError, match="put it back from a backup"):
        key_of(house / "signing.key", house / "audit")


def test_a_key_that_is_gone_with_the_heads_is_missed_by_the_copy_beside_it(house):
    note(opened(house), EVERY)
    (house / "signing.key").unlink()
    (house / "audit" / "heads.jsonl").unlink()
    opened(house).seal()
    assert not (house / "signing.key").exists()


def test_a_salt_that_is_gone_is_not_made_again(house):
    opened(house).note(Event("anna", "search", shown=["door/01JT9/3"]))
    (house / "audit" / "salt").unlink()
    with pytest.raises(AuditUnavailable, match=r"salt is gone.*put it back from a backup"):
        opened(house).note(Event("anna", "search"))
    with pytest.raises(ConfigError, match="salt is gone"):
        AuditReader(house / "audit").page(Filters(track="door/01JT9/3"), 10)
    assert not (house / "audit" / "salt").exists()
