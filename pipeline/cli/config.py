"""`descry config`: what the settings are, whether they make sense, what they may be.

The settings are imported late: `descry --help` must not wait for them.
"""

import json

import typer

from pipeline.cli.options import ConfigOption, JsonOption

app = typer.Typer(no_args_is_help=True, help="Show and check the settings.")


@app.command()
def show(config: ConfigOption = None) -> None:
    """Print every setting as it is now, from all sources, as YAML; secrets are masked."""
    from pipeline.config import dump_settings, load_settings

    typer.echo(dump_settings(load_settings(config)), nl=False)


@app.command()
def check(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Say whether the settings make sense; exit 2 if not, naming each mistake."""
    from pipeline.config import load_settings

    cameras = sorted(load_settings(config).cameras)
    if as_json:
        typer.echo(json.dumps({"ok": True, "cameras": cameras}))
        return
    typer.echo(f"settings: all well; cameras: {', '.join(cameras) or 'none'}")


@app.command()
def schema() -> None:
    """Print the JSON schema of the settings file."""
    from pipeline.config import settings_schema

    typer.echo(json.dumps(settings_schema(), indent=2))


@app.command()
def example() -> None:
    """Print a settings file with every setting at its default."""
    from pipeline.config_example import example_yaml

    typer.echo(example_yaml(), nl=False)
