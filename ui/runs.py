"""A question being answered in a thread of its own, so that the page can tell of it, and stop it, at any time."""

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from qa.models import Answer, Stage
from ui.line import Line, StoppedError, standing_at


class _Nothing:
    """Stands for no news."""


_NOTHING = _Nothing()
_News = Answer | BaseException | _Nothing | None  # None: the end
_TICK = 0.5  # seconds without news after which the page is told that the work goes on
_WAITING_TICK = 1.0  # the same while others are in front
_APART = 0.12  # seconds between two showings at least: each costs the page some milliseconds
_LOOK = 0.1  # seconds between two looks at whether it was stopped


class Run:
    """One question being answered.

    Args:
        stream: begins the answer; closing what it gives stops the model.
        line: the line before the language model.
    """

    def __init__(self, stream: Callable[[], Generator[Answer, None, None]], line: Line) -> None:
        self._stream = stream
        self._place = line.place()
        self._news: queue.SimpleQueue[_News] = queue.SimpleQueue()
        self._rest: list[_News] = []  # what came right behind an answer: the end, or an error
        self._worker = threading.Thread(target=self._work, name="newsdesk-answer", daemon=True)

    @property
    def position(self) -> int | None:
        """How many questions are in front of this one; see `Place.position`."""
        return self._place.position

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it."""
        return self._place.stopped.is_set()

    def start(self) -> None:
        """Begin to answer."""
        self._worker.start()

    def stop(self) -> None:
        """Stop it: the model ends with the word it is writing."""
        self._place.stopped.set()

    def answers(self) -> Iterator[Answer | None]:
        """Give the answer of a run that was started as it grows, and None from time to time while nothing is new.

        Leaving the iterator early stops the model. Raises what the stream raises.
        """
        shown = time.monotonic()
        try:
            while not self.stopped:
                news = self._next()
                now = time.monotonic()
                if isinstance(news, BaseException):
                    raise news
                if isinstance(news, _Nothing):
                    tick = _WAITING_TICK if self.position else _TICK
                    if now - shown >= tick:
                        shown = now
                        yield None
                    continue
                if news is None:
                    return
                shown = now
                yield news
        finally:
            self.stop()

    def _next(self) -> _News:
        """Give the newest answer there is, an error, or the end; `_NOTHING` after a short wait for it."""
        if self._rest:
            return self._rest.pop()
        try:
            news = self._news.get(timeout=_LOOK)
        except queue.Empty:
            return _NOTHING
        latest_at = time.monotonic() + _APART
        # The first quotation is shown at once, and not skipped for the next words.
        while isinstance(news, Answer) and not news.provisional and news.stage is not Stage.DONE:
            try:
                following = self._news.get(timeout=max(0.0, latest_at - time.monotonic()))
            except queue.Empty:
                break
            if not isinstance(following, Answer):
                self._rest.append(following)
                break
            news = following
        return news

    def _work(self) -> None:
        try:
            with standing_at(self._place), closing(self._stream()) as stream:
                for answer in stream:
                    self._news.put(answer)
                    if self.stopped:
                        break
        except StoppedError:
            pass
        except BaseException as exc:  # noqa: BLE001  carried to the thread that shows it
            self._news.put(exc)
        self._news.put(None)
