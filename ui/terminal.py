"""An answer in a terminal: what is found and written while it grows, and then what was checked.

What grows is wiped before the checked answer is printed, so that nothing stays on the screen that was taken back.
"""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from qa.models import Stage
from ui.render import label_of, plain_sources, progress_words
from ui.views import AnswerView, view_of

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from qa.models import Answer


def print_answer(answers: Iterable["Answer"], console: "Console") -> None:
    """Print an answer and its sources; on a terminal, show it growing meanwhile.

    Args:
        answers: one answer, growing; the last one is printed.
        console: where to; anything but a terminal gets the last one alone.
    """
    last = _shown_growing(answers, console) if console.is_terminal else _last(answers)
    if last is None:
        return
    sources = f"\n{plain_sources(last)}\n" if last.citations else ""
    console.out(f"{last.text}\n{sources}", end="", highlight=False)


def _last(answers: Iterable["Answer"]) -> "Answer | None":
    last = None
    for last in answers:  # noqa: B007  the last one is what is wanted
        pass
    return last


def _shown_growing(answers: Iterable["Answer"], console: "Console") -> "Answer | None":
    from rich.live import Live

    begun, last = time.monotonic(), None

    def growing() -> "RenderableType":
        return _growing(view_of(last), time.monotonic() - begun) if last is not None else ""

    with Live(console=console, transient=True, get_renderable=growing) as live:  # which counts the seconds on
        for last in answers:
            if last.stage is not Stage.DONE:
                live.refresh()
    return last


def _growing(view: AnswerView, waited: float) -> "RenderableType":
    from rich.console import Group
    from rich.text import Text

    lines = [label_of(view), view.text, progress_words(view, waited, None)]
    return Group(*(Text(line, style="dim") for line in lines if line))
