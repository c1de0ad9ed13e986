"""`descry run`: every camera of the settings, watched and searchable until stopped."""

import sys

import typer

from pipeline.cli.options import ConfigOption


def run(config: ConfigOption = None) -> None:
    """Watch every camera of the settings, supervised, until SIGINT or SIGTERM."""
    from pipeline.logs import set_up_logging
    from pipeline.shutdown import stopping
    from pipeline.wiring.running import keep_running
    from pipeline.wiring.settings import read_settings

    settings = read_settings(config)
    set_up_logging(settings.log_level, name="run", stream=sys.stderr)
    with stopping() as stop:
        keep_running(settings, stop)
    raise typer.Exit(stop.exit_code)
