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


def _unwrapped(text: str | None) -> str | None:
    """Put click's mark for lines that are not to be joined where a raw docstring has it spelt out."""
    return text.replace("\\b\n", "\b\n") if text else text


class Command(click.Command):
    """A command that shows our errors as one line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = _unwrapped(self.help)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: D102  click's
        with _shown_errors():
            return super().invoke(ctx)


class Group(click.Group):
    """A group of such commands."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = _unwrapped(self.help)

    command_class = Command
    group_class = type
