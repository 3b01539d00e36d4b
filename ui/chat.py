"""The conversation as plain generators: no gradio here."""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from qa.build import Models, assemble, build_pipeline
from qa.catalog import Catalog
from qa.config import Settings
from qa.embeddings import EmbeddingModel, load_embeddings
from qa.errors import NewsdeskError, QuestionError
from qa.llm import load_llm
from qa.models import Answer, Scope, Turn
from qa.pipeline import Pipeline
from ui.examples import example_questions
from ui.history import History, SavedTurn
from ui.library import Library, extent
from ui.line import Line, WaitingModel
from ui.render import progress_words
from ui.runs import Run
from ui.views import AnswerView, view_of

WAITING_AT_MOST = 20  # questions in line for the model, beside the one that has it
LENGTHS = {"short": 60, "normal": 0, "long": 400}  # tokens of an answer at most; 0: as the settings say
_SUGGESTED = 3
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a reader chose: outlets (none: all), days, length of an answer, and how passages are found."""

    outlets: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    length: str = "normal"
    top_k: int = 0  # 0: as the settings say
    quotations: bool = False  # answer with quotations, without the language model

    @property
    def scope(self) -> Scope:
        """The outlets and days to look in."""
        return Scope(self.outlets, self.since, self.until)


@dataclass(frozen=True, slots=True)
class ChatView:
    """What the page shows of a question at one moment."""

    view: AnswerView
    turn_id: str
    progress: str  # what is being done now; empty when it is over


class PipelineLoader:
    """Loads the models in the background, so the page is up meanwhile, and builds the pipeline on them.

    Args:
        settings: what to build.
        progress: told of steps that take a while.
        models: of these settings, where they are loaded already.
    """

    def __init__(self, settings: Settings, progress: Callable[[str], None], models: Models | None = None) -> None:
        self._settings = settings
        self._progress = progress
        self._lock = threading.Lock()
        self._embedding_lock = threading.Lock()
        self._models = models
        self._embeddings = models.embeddings if models else None
        self._pipeline: Pipeline | None = None
        self.ready = threading.Event()

    def start(self) -> None:
        """Begin to load; a failure is told again to whoever asks."""
        threading.Thread(target=self._load_quietly, name="newsdesk-loader", daemon=True).start()

    def get(self) -> Pipeline:
        """Give the pipeline, waiting for it; tries again after a failure, so a mended index is found.

        Raises:
            NewsdeskError: it cannot be built.
        """
        Catalog.open_unchecked(self._settings.data_dir)  # that there is no index is said at once
        with self._lock:
            if self._pipeline is None:
                self._pipeline = build_pipeline(self._settings, self._progress, self._load())
                if self._pipeline.llm is not None:
                    self._pipeline.llm = WaitingModel(self._pipeline.llm)
                self.ready.set()
            return self._pipeline

    def embeddings(self) -> EmbeddingModel:
        """Give the embedding model, waiting for it."""
        with self._embedding_lock:
            if self._embeddings is None:
                self._embeddings = load_embeddings(self._settings, self._progress)
            return self._embeddings

    def _load(self) -> Models:
        if self._models is None:
            self._models = Models(self.embeddings(), load_llm(self._settings, self._progress))
        return self._models

    def _load_quietly(self) -> None:
        try:
            with self._lock:
                self._load()
            self.get()
            self._progress("ready to answer")
        except NewsdeskError as exc:
            self._progress(f"not ready: {exc}")


class Desk:
    """Answers the questions of all readers.

    Args:
        loader: gives the pipeline.
        history: keeps the conversations.
        library: knows the articles.
        waiting: how many questions may wait for the model.
    """

    def __init__(
        self, loader: PipelineLoader, history: History, library: Library, waiting: int = WAITING_AT_MOST
    ) -> None:
        self.loader = loader
        self.history = history
        self.library = library
        self._line = Line(waiting)
        self._runs: dict[str, Run] = {}

    def ask(
        self, session: str, question: str, turn_id: str, turns: Sequence[Turn], preferences: Preferences
    ) -> Iterator[ChatView]:
        """Answer one question; errors become a view that says what to do. The last view is final.

        Args:
            session: names the open page, for `stop`.
            question: what was typed.
            turn_id: names the turn.
            turns: the conversation before it.
            preferences: of the reader.
        """
        begun = time.monotonic()
        view = AnswerView(question, question)
        first = ChatView(view, turn_id, self._progress(view, 0.0, None))
        run = Run(lambda: self._stream(question, turns, preferences), self._line)
        self._runs[session] = run
        try:
            run.start()  # first, so that it is searched while the page is told of the question
            yield first
            for answer in run.answers():
                view = view_of(answer) if answer else view
                if not view.done:
                    waited = time.monotonic() - begun
                    yield ChatView(view, turn_id, self._progress(view, waited, run.position))
            if not view.done:
                view = replace(view, stopped=True, done=True, provisional=False)
        except NewsdeskError as exc:
            view = _failed(view, str(exc))
        except Exception:
            _logger.exception("a question failed")
            view = _failed(view, "The details are in the log of the program; please try again.")
        finally:
            run.stop()
            if self._runs.get(session) is run:
                del self._runs[session]
        yield ChatView(self._explained(view, preferences), turn_id, "")

    def is_busy(self, session: str) -> bool:
        """Tell whether an open page's question is being answered."""
        return session in self._runs

    def stop(self, session: str) -> None:
        """Stop what is being answered for an open page."""
        run = self._runs.get(session)
        if run is not None:
            run.stop()

    def examples(self, most: int = 4) -> list[str]:
        """Give questions that the newest articles answer; none when there is no article."""
        try:
            return example_questions(self.library.newest(most * 6), most)
        except NewsdeskError:
            return []

    def _progress(self, view: AnswerView, waited: float, position: int | None) -> str:
        if not self.loader.ready.is_set():
            return f"Loading the models … {waited:.0f} s"
        return progress_words(view, waited, position)

    def _stream(
        self, question: str, turns: Sequence[Turn], preferences: Preferences
    ) -> Generator[Answer, None, None]:
        pipeline = fitted(self.loader.get(), preferences)
        return pipeline.stream(question, turns, preferences.scope)

    def _explained(self, view: AnswerView, preferences: Preferences) -> AnswerView:
        """Say of an abstention what was searched, and offer questions that can be answered."""
        if not view.abstained:
            return view
        try:
            articles = self.library.articles()
            seen = dict.fromkeys(card.article_id for card in view.also)
            near = [article for i in seen if (article := self.library.article(i)) is not None]
        except NewsdeskError:
            return view
        query = f" for “{view.query}”" if view.query != view.question else ""
        narrowed = " Your filters left some of them out." if preferences.scope != Scope() else ""
        return replace(
            view,
            searched=f"Searched {extent(articles)}{query}.{narrowed}",
            suggestions=tuple(example_questions(near, _SUGGESTED)),
        )


def fitted(pipeline: Pipeline, preferences: Preferences) -> Pipeline:
    """Give a pipeline on the same parts for a reader's preferences; the same one when nothing differs."""
    changes: dict[str, Any] = {}
    if preferences.top_k:
        changes["top_k"] = preferences.top_k
    if tokens := LENGTHS.get(preferences.length, 0):
        changes["max_answer_tokens"] = tokens
    if not changes and not preferences.quotations:
        return pipeline
    settings = pipeline.settings.model_copy(update=changes)
    llm = None if preferences.quotations else pipeline.llm
    return assemble(settings, pipeline.finder.retriever.store, pipeline.finder.embeddings, llm)


def turns_of(saved: Sequence[SavedTurn]) -> list[Turn]:
    """Give the turns that later questions may refer to: those that were answered."""
    return [
        Turn(turn.question, turn.view.text)
        for turn in saved
        if turn.view.done and turn.view.text and not turn.view.error and not turn.view.stopped
    ]


def preferences_of(chosen: dict[str, Any], known_outlets: Sequence[str] = ()) -> Preferences:
    """Read what the browser kept; whatever is not valid counts as not chosen.

    Raises:
        QuestionError: a day is not a day.
    """
    outlets = tuple(
        str(name) for name in chosen.get("outlets") or () if not known_outlets or name in known_outlets
    )
    length = chosen.get("length")
    try:
        top_k = min(50, max(0, int(chosen.get("top_k") or 0)))
    except (TypeError, ValueError):
        top_k = 0
    return Preferences(
        outlets,
        _day(chosen.get("since")),
        _day(chosen.get("until")),
        length if length in LENGTHS else "normal",
        top_k,
        bool(chosen.get("quotations")),
    )


def _day(typed: Any) -> date | None:
    if not typed:
        return None
    try:
        return date.fromisoformat(str(typed).strip()[:10])
    except ValueError as exc:
        raise QuestionError(f"{str(typed)[:40]!r} is not a day: write it as 2025-02-12") from exc


def _failed(view: AnswerView, error: str) -> AnswerView:
    """Say why there is no answer; the best quotation stays, if one was shown."""
    kept = view if view.provisional else replace(view, text="", cards=())
    return replace(kept, error=error[:1].upper() + error[1:], done=True)
