"""A question being answered in a thread of its own, so that the page can tell of it, and stop it, at any time."""

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from qa.models import Answer
from ui.line import Line, StoppedError, standing_at

_News = Answer | BaseException | None  # None: the end
_TICK = 0.25  # seconds without news after which the page is told that the work goes on


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

    def stop(self) -> None:
        """Stop it: the model ends with the word it is writing."""
        self._place.stopped.set()

    def answers(self) -> Iterator[Answer | None]:
        """Give the answer as it grows, and None from time to time while there is nothing new.

        Leaving the iterator early stops the model. Raises what the stream raises.
        """
        self._worker.start()
        try:
            while not self.stopped:
                try:
                    news = self._rest.pop() if self._rest else self._latest(self._news.get(timeout=_TICK))
                except queue.Empty:
                    yield None
                    continue
                if news is None:
                    return
                if isinstance(news, BaseException):
                    raise news
                yield news
        finally:
            self.stop()

    def _latest(self, news: _News) -> _News:
        """Skip to the newest answer there is: a page that falls behind need not show each word."""
        while isinstance(news, Answer) and not self._news.empty():
            following = self._news.get()
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
