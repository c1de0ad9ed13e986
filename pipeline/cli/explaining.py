"""Asks why a shot matches, and writes the map."""

from base64 import b64decode
from contextlib import closing
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.files import write_whole
from pipeline.reason_fields import Grounds
from pipeline.why_answers import WhyAnswer
from pipeline.wiring.sessions import open_session
from pipeline.wiring.settings import read_settings
from retrieval.search.query import check_query


def ask(
    shot: str,
    text: str,
    *,
    config: Path | None,
    model: str | None,
    out: Path | None,
    grounds: Grounds,
) -> WhyAnswer:
    """Why `shot` matches `text`; the picture with the map goes to `out`, if that is given.

    Raises:
        QueryRefused: the text cannot be searched.
        ConfigError: the name or the model is none that can be explained, or `out` not written.
        NotFound: the shot is not in the index, or its picture is gone.
    """
    check_query(text)  # at once, not once the workers are up
    settings = read_settings(config, model=model)
    with (
        open_session(settings, need=frozenset({"query"}), asked=model, grounds=grounds) as session,
        closing(session.client()) as client,
    ):
        told = client.why(shot, text)
    if out is not None:
        try:
            write_whole(out, b64decode(told.overlay))
        except OSError as error:
            raise ConfigError(
                f"cannot write {out} ({error.strerror}): choose another file"
            ) from error
    return told
