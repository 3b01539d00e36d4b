"""An answer in a terminal: what is found and written while it grows, and then what was checked.

What grows is wiped before the checked answer is printed, so that nothing stays on the screen that was taken back.
"""

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from qa.models import Stage
from ui.render import label_of, plain_sources, progress_words
from ui.views import AnswerView

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from qa.models import Answer


def print_answer(answers: Iterable["Answer"], console: "Console") -> None:
    """Print an answer and its sources; on a terminal, show it growing meanwhile.

    Args:
        answers: one answer, growing; the last one is printed.
        console: where to; anything but a terminal gets the last one alone.
    """
    last = None
    for last in _shown_growing(answers, console) if console.is_terminal else answers:  # noqa: B007  to its end
        pass
    if last is None:
        return
    sources = f"\n{plain_sources(last)}\n" if last.citations else ""
    console.out(f"{last.text}\n{sources}", end="", highlight=False)


def _shown_growing(answers: Iterable["Answer"], console: "Console") -> Iterator["Answer"]:
    """Give answers on, each shown until the next one; whatever ends it, nothing stays on the screen."""
    from rich.live import Live

    begun = time.monotonic()
    shown: Answer | None = None

    def growing() -> "RenderableType":
        return _growing(shown, time.monotonic() - begun) if shown is not None else ""

    # Drawn anew by itself as well, which counts the seconds on.
    with Live(
        console=console, transient=True, get_renderable=growing, redirect_stdout=False, redirect_stderr=False
    ) as live:
        try:
            for answer in answers:
                shown = answer if answer.stage is not Stage.DONE else None
                live.refresh()
                yield answer
        finally:
            shown = None  # `Live` draws once more at its end, and could not wipe what is taller than the screen


def _growing(answer: "Answer", waited: float) -> "RenderableType":
    from rich.console import Group
    from rich.text import Text

    view = AnswerView(
        answer.question, answer.query, text=answer.text, stage=answer.stage.value, provisional=answer.provisional
    )
    # The text last: what does not fit the screen is cut.
    lines = [progress_words(view, waited, None), label_of(view), view.text]
    return Group(*(Text(line, style="dim") for line in lines if line))
