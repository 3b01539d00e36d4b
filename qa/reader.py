"""The reader: a small cross-encoder that finds the answer to a question in a text, or sees that it has none.

Trained by the scripts in `training/`; `reader_weights/MODEL_CARD.md` says on what, and what it is not good at.
"""

import json
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from qa.config import Settings
from qa.weights import MINILM, READER, verified_folder

_MAX_TOKENS = 256  # of question and text together, as in training
_MAX_QUESTION = 64  # tokens
_OVERLAP = 64  # tokens that a window of a long text shares with the one before it
_LONGEST_SPAN = 40  # tokens
_NOTHING = -20.0  # log-odds of a text without words


@dataclass(frozen=True, slots=True)
class ReaderSpan:
    """What the reader found in one text.

    Attributes:
        start: first character of the best span; a span is given even where the text hardly answers.
        end: the character after its last.
        answerable: calibrated probability that the text answers the question, 0 to 1.
        log_odds: the same as natural log-odds: the relevance score, by which texts can be ranked for a question.
        span_score: probability of this span among the spans of its window and none at all, 0 to 1.
    """

    start: int
    end: int
    answerable: float
    log_odds: float
    span_score: float


@dataclass(frozen=True, slots=True)
class _Window:
    """A run of a text's tokens that fits beside the question."""

    ids: list[int]
    offsets: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Runtime:
    """What reading needs: the tokenizer of the encoder, the ONNX session, and the calibration.

    `calibration` holds an intercept and the weights of the answerable logit and of the span's margin over no
    span, which together give the log-odds that a text answers.
    """

    tokenizer: Any
    session: Any
    calibration: tuple[float, float, float]
    cls: int
    sep: int


class Reader:
    """A reader, run through ONNX; threads may share it.

    Args:
        runtime: gives what it runs on; called at the first question, so that an unused reader costs nothing.
    """

    def __init__(self, runtime: Callable[[], Runtime]) -> None:
        self._open = runtime
        self._loading = threading.Lock()
        self._loaded: Runtime | None = None

    @classmethod
    def load(cls, settings: Settings) -> "Reader | None":
        """Give the shipped reader; None where the settings switch it off."""
        return None if settings.reader == "off" else cls(lambda: _shipped(settings.cache_dir))

    def read(self, question: str, texts: Sequence[str]) -> list[ReaderSpan]:
        """Look for the answer to a question in each of some texts.

        A text that does not fit beside the question is read in windows, and its best window counts.

        Args:
            question: as typed; what is beyond 64 tokens is not read.
            texts: passages or sentences, each judged by itself.

        Returns:
            One span a text, in their order.

        Raises:
            WeightsError: the weights are missing or not the ones that were pinned.
        """
        runtime = self._runtime()
        asked = runtime.tokenizer.encode(question, add_special_tokens=False).ids[:_MAX_QUESTION]
        found = [ReaderSpan(0, 0, _probability(_NOTHING), _NOTHING, 0.0) for _ in texts]
        for index, text in enumerate(texts):
            spans = [_read_window(runtime, asked, window) for window in _windows(runtime, text, len(asked))]
            found[index] = max(spans, key=lambda s: (s.log_odds, s.span_score), default=found[index])
        return found

    def _runtime(self) -> Runtime:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._open()
            return self._loaded


def open_runtime(model: Path, tokenizer_file: Path, calibration: tuple[float, float, float]) -> Runtime:
    """Load a reader's ONNX file and its encoder's tokenizer; `calibration` as in `Runtime`."""
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Spinning threads take the cores from the language model, which answers at the same time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    vocabulary = tokenizer.get_vocab()
    return Runtime(tokenizer, session, calibration, vocabulary["[CLS]"], vocabulary["[SEP]"])


@lru_cache(maxsize=1)
def _shipped(cache_dir: Path) -> Runtime:
    folder = verified_folder(READER, cache_dir)
    model, fitted = (folder / name for name, _ in READER.files)
    values = json.loads(fitted.read_text(encoding="utf-8"))
    return open_runtime(
        model,
        verified_folder(MINILM, cache_dir) / "model" / "tokenizer.json",
        (float(values["intercept"]), float(values["answerable"]), float(values["margin"])),
    )


def _windows(runtime: Runtime, text: str, question_tokens: int) -> list[_Window]:
    encoding = runtime.tokenizer.encode(text, add_special_tokens=False)
    room = _MAX_TOKENS - question_tokens - 3  # [CLS] and two [SEP]
    starts = range(0, max(len(encoding.ids) - _OVERLAP, 1), room - _OVERLAP) if encoding.ids else ()
    return [_Window(encoding.ids[s : s + room], encoding.offsets[s : s + room]) for s in starts]


def _read_window(runtime: Runtime, asked: Sequence[int], window: _Window) -> ReaderSpan:
    """Read a window by itself: the 8-bit scale of a batch is common, so neighbours would move a text's score."""
    first = len(asked) + 2  # of the text's tokens
    whole = [runtime.cls, *asked, runtime.sep, *window.ids, runtime.sep]
    ids = np.array([whole], dtype=np.int64)
    types = np.zeros_like(ids)
    types[0, first:] = 1
    starts, ends, answerable = runtime.session.run(
        ["start_logits", "end_logits", "answerable"],
        {"input_ids": ids, "token_type_ids": types, "attention_mask": np.ones_like(ids)},
    )
    return _span(window, starts[0], ends[0], float(answerable[0]), first, runtime.calibration)


def _span(
    window: _Window,
    starts: np.ndarray,
    ends: np.ndarray,
    answerable: float,
    first: int,
    calibration: tuple[float, float, float],
) -> ReaderSpan:
    """Choose the best span of a window.

    Args:
        window: the text's tokens.
        starts: logits, shape (tokens,); the [CLS] at 0 stands for no answer.
        ends: likewise.
        answerable: the logit of the window as a whole.
        first: place of the text's first token.
        calibration: see `Runtime`.
    """
    places = slice(first, first + len(window.ids))
    scores = starts[places, None] + ends[None, places]
    allowed = np.triu(np.ones_like(scores, dtype=bool)) & ~np.triu(np.ones_like(scores, dtype=bool), _LONGEST_SPAN)
    scores = np.where(allowed, scores, -np.inf)
    begin, end = divmod(int(scores.argmax()), scores.shape[1])
    best, none = float(scores[begin, end]), float(starts[0] + ends[0])
    total = np.logaddexp(none, np.logaddexp.reduce(scores[allowed]))
    intercept, of_logit, of_margin = calibration
    log_odds = intercept + of_logit * answerable + of_margin * (best - none)
    return ReaderSpan(
        start=window.offsets[begin][0],
        end=window.offsets[end][1],
        answerable=_probability(log_odds),
        log_odds=log_odds,
        span_score=math.exp(best - float(total)),
    )


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
