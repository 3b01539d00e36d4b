"""What all commands share: errors as one line, options, exit codes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from qa.errors import NewsdeskError

EXIT_SOME_FAILED = 1
EXIT_COULD_NOT_RUN = 2

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the index (NEWSDESK_DATA_DIR; default: newsdesk-data).",
)
llm_option = click.option("--llm", help="Language model: embedded, embedded-small, none or provider:model.")


def say(line: str) -> None:
    """Tell the user something that is no result."""
    click.echo(line, err=True)


@contextmanager
def _shown_errors() -> Iterator[None]:
    """Show our errors as one line with exit status 2, never a traceback."""
    try:
        yield
    except NewsdeskError as exc:
        click.echo(f"newsdesk: {exc}", err=True)
        sys.exit(EXIT_COULD_NOT_RUN)


class Command(click.Command):
    """A command that shows our errors as one line."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: D102  click's
        with _shown_errors():
            return super().invoke(ctx)


class Group(click.Group):
    """A group of such commands."""

    command_class = Command
    group_class = type
