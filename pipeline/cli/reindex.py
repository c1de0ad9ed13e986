"""`descry reindex`: embed every kept shot with another model, and change to it."""

from typing import Annotated

import typer

from pipeline.cli.options import ConfigOption, JsonOption


def reindex(
    model: Annotated[
        str | None, typer.Option("--model", help="A name from `descry models list`.")
    ] = None,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Take back the change that is under way.")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Embed every kept shot with another model, from its picture, and change to it.

    It goes on in the background of `descry run`, if that runs. Searches use the old model and the
    old index until all shots are in the new one; then both change at once, and the old is deleted.
    The command only watches: it may be stopped and given again. What has no picture any more is
    named, and not found until it has.
    """
    from pipeline.cli.reindexing import cancel_change, change_model
    from pipeline.errors import ConfigError

    if cancel == (model is not None):
        raise ConfigError("name a model with --model, or take a change back with --cancel")
    if model is None:
        cancel_change(config=config, as_json=json)
    else:
        change_model(model, config=config, as_json=json)
