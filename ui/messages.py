"""A conversation as the messages that the page shows. No gradio here."""

from collections.abc import Mapping, Sequence
from typing import Any

from ui.history import SavedTurn
from ui.render import answer_html, empty_sources_html, question_markdown, sources_html
from ui.views import AnswerView

Messages = list[dict[str, Any]]
LIKE, DISLIKE = "Like", "Dislike"  # gradio shows these as thumbs


def messages_of(turns: Sequence[SavedTurn]) -> Messages:
    """Give two messages for each turn: the question and the answer."""
    messages: Messages = []
    for turn in turns:
        messages += [question_message(turn.question), reply_of(turn.view, turn.id)]
    return messages


def question_message(question: str) -> dict[str, Any]:
    """Give the message of a question."""
    return {"role": "user", "content": question_markdown(question)}


def reply_of(view: AnswerView, turn_id: str, progress: str = "") -> dict[str, Any]:
    """Give the message of an answer, growing while there is progress; see `answer_html`."""
    message: dict[str, Any] = {"role": "assistant", "content": answer_html(view, turn_id, progress)}
    if view.suggestions and not progress:
        message["options"] = [{"value": question, "label": question} for question in view.suggestions]
    return message


def turn_position(index: Any) -> int:
    """Give the number of the turn that a message belongs to, by the message's index."""
    first = index[0] if isinstance(index, list | tuple) else index
    return int(first) // 2


def thumbs_of(turns: Sequence[SavedTurn], liked: Mapping[str, bool]) -> list[str | None]:
    """Give the thumb of each answer, None where there is none."""
    words = {True: LIKE, False: DISLIKE}
    return [words[liked[turn.id]] if turn.id in liked else None for turn in turns]


def last_sources(turns: Sequence[SavedTurn]) -> str:
    """Give the sources of the last answer as HTML."""
    return sources_html(turns[-1].view, turns[-1].id) if turns else empty_sources_html()


class Beside:
    """The sources beside an answer that grows, made anew only when another word of them would be.

    Args:
        turn_id: names the turn in the ids of the cards.
    """

    def __init__(self, turn_id: str) -> None:
        self._turn_id = turn_id
        self._shown: tuple[Any, ...] = ()
        self._html = ""

    def html(self, view: AnswerView) -> str:
        """Give them as HTML; see `sources_html`."""
        shown = (view.question, view.cards, view.also, view.done, view.abstained, view.error)
        if shown != self._shown:
            self._shown, self._html = shown, sources_html(view, self._turn_id)
        return self._html


def status_html(words: str) -> str:
    """Give a line that only screen readers see, and read out when it changes."""
    return f'<p role="status" aria-live="polite" class="nd-status-line">{words}</p>'


def exports_html(conversation_id: str) -> str:
    """Give the links that export a conversation."""
    return (
        f'<p class="nd-exports">Export: <a href="export/{conversation_id}.md" download>Markdown</a>, '
        f'<a href="export/{conversation_id}.json" download>JSON</a>. '
        '<a href="export/feedback.jsonl" download>Your feedback as gold cases</a></p>'
    )
