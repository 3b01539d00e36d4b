"""A second look at a draft: what the reader finds in the passages behind it.

The language model writes, and the reader was trained for nothing but finding answers: two models that fail in
different ways and find the same are more often right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.claims import numbers
from qa.differing import FoundAnswer
from qa.models import Citation, Evidence, Passage
from qa.reader import ReaderSpan
from qa.text import sentence_spans, stems

_LIKELY = 0.5  # probability from which what the reader found is taken for an answer
_SHARED = 0.5  # share of the words of the shorter of two answers that are the same


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What the reader finds in the passages of a draft's evidence.

    Attributes:
        log_odds: that the best of the cited passages answers the question.
        agrees: whether its best answer, of all passages, is the draft's.
    """

    log_odds: float
    agrees: bool


def look_again(
    passages: Sequence[Passage], spans: Mapping[str, ReaderSpan], said: str, citations: Sequence[Citation]
) -> SecondLook | None:
    """Hold a draft against what the reader found.

    Args:
        passages: that the draft's evidence is of.
        spans: what the reader found in them, by the ids of their chunks.
        said: the bare answer of the draft, else its text.
        citations: of the draft.

    Returns:
        None where nothing that was read is cited.
    """
    cited = {citation.passage.chunk.id for citation in citations}
    behind = [spans[chunk_id].log_odds for chunk_id in cited & spans.keys()]
    best = _likeliest(passages, spans)
    if not behind or best is None:
        return None
    span = spans[best.chunk.id]
    return SecondLook(max(behind), same_answer(best.chunk.text[span.start : span.end], said))


def answers_found(passages: Sequence[Passage], spans: Mapping[str, ReaderSpan]) -> list[FoundAnswer]:
    """Give what the reader found in passages, each answer with its sentence; arguments as of `look_again`."""
    found = []
    for passage in passages:
        span = spans.get(passage.chunk.id)
        if span is None:
            continue
        text, first = passage.chunk.text, passage.chunk.start
        holding = next(((s, e) for s, e in sentence_spans(text) if s <= span.start < e), None)
        if holding is not None:
            item = Evidence(passage, first + holding[0], first + holding[1], passage.score)
            found.append(FoundAnswer(item, text[span.start : span.end], span.answerable >= _LIKELY))
    return found


def surest_found(passages: Sequence[Passage], spans: Mapping[str, ReaderSpan]) -> FoundAnswer | None:
    """Give what the reader is surest of, with its sentence; arguments as of `look_again`. None: there is none."""
    best = _likeliest(passages, spans)
    return next(iter(answers_found([best], spans)), None) if best is not None else None


def _likeliest(passages: Sequence[Passage], spans: Mapping[str, ReaderSpan]) -> Passage | None:
    """Give the passage in which the reader is likeliest to have found the answer; None where it read none."""
    read = [passage for passage in passages if passage.chunk.id in spans]
    return max(read, key=lambda passage: spans[passage.chunk.id].log_odds, default=None)


def same_answer(found: str, said: str) -> bool:
    """Tell whether what the reader found holds what is said: a figure of it, else half of the shorter's words.

    What is found may be longer: "its manager, Rafael Quimpo, on 1 December" holds "Rafael Quimpo".
    """
    if figures := set(numbers(said)):
        return bool(figures & set(numbers(found)))
    words = set(stems(found)), set(stems(said))
    shared = len(words[0] & words[1])
    return shared > 0 and shared >= _SHARED * min(len(words[0]), len(words[1]))
