"""An answer in a terminal: what is taken back does not stay on the screen."""

import contextlib
import io

import pytest
from rich.console import Console

from qa.models import Answer, Stage
from ui.terminal import print_answer

FALSE = "The United Kingdom gave 126 billion dollars."
TRUE = "Its partners gave 126 billion dollars [1]."
WIPES = "\x1b[2K"  # a line


def answers(*growing):
    def answer(text, stage):
        return Answer("Who gave how much?", "Who gave how much?", text=text, stage=stage)

    yield answer("", Stage.SEARCHING)
    for text in growing:
        yield answer(text, Stage.WRITING)
    yield answer(TRUE, Stage.DONE)


def printing(growing, terminal, height=24):
    """Print an answer; give what was written to the screen."""
    out = io.StringIO()
    console = Console(
        file=out,
        force_terminal=terminal,
        width=80,
        height=height,
        legacy_windows=False,
        _environ={"TERM": "xterm"},
    )
    with contextlib.suppress(KeyboardInterrupt):
        print_answer(growing, console)
    return out.getvalue()


def printed(*growing, terminal):
    return printing(answers(*growing), terminal)


def test_what_is_taken_back_is_wiped_before_the_checked_answer_is_printed():
    shown = printed(FALSE, terminal=True)
    growing, stays = shown.rsplit(WIPES, 1)
    assert FALSE in growing
    assert "it may still be taken back" in growing
    assert stays.strip().endswith(TRUE)
    assert FALSE not in stays


def stopped(text):
    yield Answer("Why?", "Why?", text=text, stage=Stage.WRITING)
    raise KeyboardInterrupt


@pytest.mark.parametrize("height", [4, 24], ids=["taller than the screen", "shorter"])
def test_a_draft_does_not_stay_where_it_is_stopped(height):
    shown = printing(stopped("\n".join(f"Word {i}." for i in range(12))), terminal=True, height=height)
    growing, stays = shown.rsplit(WIPES, 1)
    assert "Word 0." in growing
    assert "Word" not in stays
    assert ("Word 11." in shown) is (height == 24), "what does not fit is never drawn, and so need not be wiped"


def test_a_pipe_gets_the_checked_answer_alone():
    assert printed(FALSE, terminal=False) == f"{TRUE}\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_what_the_articles_say_is_printed_as_it_stands(terminal):
    said = "The board [bold]raised[/bold] it :smile: to 5 % [1]."
    out = io.StringIO()
    done = Answer("Why?", "Why?", text=said, stage=Stage.DONE)
    print_answer([done], Console(file=out, force_terminal=terminal, width=20, legacy_windows=False))
    assert out.getvalue().endswith(f"{said}\n")
