"""The chat as plain generators: no Gradio here."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qa.build import build_pipeline
from qa.config import Settings
from qa.errors import NewsdeskError
from qa.models import Answer, Stage, Turn
from qa.pipeline import Pipeline
from ui.render import answer_markdown, empty_sources_html, escape_markdown, sources_html, unescape_markdown

_STAGE_WORDS = {
    Stage.SEARCHING: "Searching the articles …",
    Stage.READING: "Reading what was found …",
}
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChatView:
    """What the page shows at one moment: the reply as Markdown, the sources as HTML."""

    reply: str
    sources: str


class PipelineLoader:
    """Loads the pipeline in the background, so the page is up while the models load.

    Args:
        settings: what to build.
        progress: told of steps that take a while.
    """

    def __init__(self, settings: Settings, progress: Callable[[str], None]) -> None:
        self._settings = settings
        self._progress = progress
        self._lock = threading.Lock()
        self._pipeline: Pipeline | None = None
        self.ready = threading.Event()

    def start(self) -> None:
        """Begin to load; a failure is told again to whoever asks."""
        threading.Thread(target=self._load_quietly, name="newsdesk-loader", daemon=True).start()

    def get(self) -> Pipeline:
        """Give the pipeline, waiting for it; loads again after a failure, so a mended index is found.

        Raises:
            NewsdeskError: it cannot be built.
        """
        with self._lock:
            if self._pipeline is None:
                self._pipeline = build_pipeline(self._settings, self._progress)
                self.ready.set()
            return self._pipeline

    def _load_quietly(self) -> None:
        try:
            self.get()
            self._progress("ready to answer")
        except NewsdeskError as exc:
            self._progress(f"not ready: {exc}")


def respond(message: str, history: Sequence[Any], loader: PipelineLoader) -> Iterator[ChatView]:
    """Answer one message of the chat; errors become a message that says what to do.

    Args:
        message: what was typed.
        history: earlier messages as Gradio gives them, role and content blocks.
        loader: gives the pipeline.
    """
    try:
        if not loader.ready.is_set():
            yield ChatView("*Loading the models …*", empty_sources_html())
        for answer in loader.get().stream(message, turns_of(history)):
            yield _view(answer)
    except NewsdeskError as exc:
        yield ChatView(f"**This did not work.** {escape_markdown(str(exc))}", empty_sources_html())
    except Exception:
        _logger.exception("a chat turn failed")
        yield ChatView(
            "**Something went wrong.** The details are in the log of the program; please try again.",
            empty_sources_html(),
        )


def _view(answer: Answer) -> ChatView:
    if not answer.text:
        return ChatView(f"*{_STAGE_WORDS.get(answer.stage, '…')}*", empty_sources_html())
    sources = sources_html(answer) if answer.stage is Stage.DONE else empty_sources_html()
    return ChatView(answer_markdown(answer), sources)


def turns_of(history: Sequence[Any]) -> list[Turn]:
    """Make turns of a chat history: pairs of a user's message and the reply to it."""
    turns: list[Turn] = []
    question = ""
    for message in history:
        text = _plain_text(message["content"])
        if message["role"] == "user":
            question = text
        elif question:
            turns.append(Turn(question, unescape_markdown(text)))
            question = ""
    return turns


def _plain_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return str(content.get("text", ""))
    return " ".join(_plain_text(block) for block in content)
