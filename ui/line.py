"""The line before the language model: one question at a time uses it, the others wait in order."""

import contextlib
import threading
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from langchain_core.messages import BaseMessage

from qa.errors import NewsdeskError
from qa.llm import LanguageModel, Piece

_LOOK = 0.2  # seconds between two looks at whether one who waits was stopped


class LineFullError(NewsdeskError):
    """Too many questions wait for the model."""


class StoppedError(Exception):
    """The question was stopped while it waited; never shown."""


class Line:
    """A line of questions.

    Args:
        most: how many may wait, beside the one that has the model.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._places: deque[Place] = deque()
        self._moved = threading.Condition()

    def place(self) -> "Place":
        """Give a place for one question; it stands in the line only from its first need of the model."""
        return Place(self)

    def position(self, place: "Place") -> int | None:
        """Count the questions in front: 0 has the model; None is not in the line."""
        with self._moved:
            return self._places.index(place) if place in self._places else None

    def join(self, place: "Place") -> None:
        """Wait until it is this question's turn.

        Raises:
            LineFullError: too many wait already.
            StoppedError: the question was stopped meanwhile.
        """
        with self._moved:
            if place not in self._places:
                if len(self._places) > self._most:
                    raise LineFullError(
                        f"{len(self._places)} questions are in line for the language model already: "
                        "ask again in a minute"
                    )
                self._places.append(place)
            while self._places[0] is not place:
                if place.stopped.is_set():
                    raise StoppedError
                self._moved.wait(_LOOK)

    def leave(self, place: "Place") -> None:
        """Let the next question have the model."""
        with self._moved, contextlib.suppress(ValueError):
            self._places.remove(place)
            self._moved.notify_all()


class Place:
    """One question's place in a line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.stopped = threading.Event()

    @property
    def position(self) -> int | None:
        """How many questions are in front; None when it does not wait and does not use the model."""
        return self._line.position(self)

    def take(self) -> None:
        """Wait for the model; see `Line.join`."""
        self._line.join(self)

    def leave(self) -> None:
        """Give the model back."""
        self._line.leave(self)


_place: ContextVar[Place | None] = ContextVar("newsdesk_place", default=None)


@contextlib.contextmanager
def standing_at(place: Place) -> Generator[None, None, None]:
    """Answer a question, in this thread, from a place in the line."""
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)
        place.leave()


class WaitingModel(LanguageModel):
    """A language model that is used from the head of the line only; it is kept until the question is answered."""

    def __init__(self, model: LanguageModel) -> None:
        super().__init__(model.chat, model.name)

    def stream(self, messages: Sequence[BaseMessage], max_tokens: int) -> Generator[Piece, None, None]:  # noqa: D102
        _take_turn()
        yield from super().stream(messages, max_tokens)

    def yes_probability(self, messages: Sequence[BaseMessage]) -> float | None:  # noqa: D102
        _take_turn()
        return super().yes_probability(messages)

    def structured(self, messages: Sequence[BaseMessage], schema: Mapping[str, Any]) -> dict[str, Any]:  # noqa: D102
        _take_turn()
        return super().structured(messages, schema)


def _take_turn() -> None:
    place = _place.get()
    if place is not None:
        place.take()
