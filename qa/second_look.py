"""A second look at a draft: the reader reads the passages behind it, and tells what it finds there.

The language model writes, and the reader was trained for nothing but finding answers: two models that fail in
different ways and find the same are more often right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.claims import numbers
from qa.models import Citation, Evidence
from qa.reader import Reader
from qa.text import stems

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
    reader: Reader, query: str, evidence: Sequence[Evidence], said: str, citations: Sequence[Citation]
) -> SecondLook | None:
    """Read the passages of the evidence for a question.

    Args:
        reader: reads them, in some 20 ms each.
        query: the standalone query.
        evidence: that the draft was written from.
        said: the bare answer of the draft, else its text.
        citations: of the draft.

    Returns:
        None where nothing is cited.

    Raises:
        WeightsError: the reader's weights are missing or not the ones that were pinned.
    """
    passages = list({item.passage.chunk.id: item.passage for item in evidence}.values())
    found = reader.read(query, [passage.chunk.text for passage in passages])
    cited = {citation.passage.chunk.id for citation in citations}
    behind = [s.log_odds for p, s in zip(passages, found, strict=True) if p.chunk.id in cited]
    if not behind:
        return None
    best, span = max(zip(passages, found, strict=True), key=lambda pair: pair[1].log_odds)
    return SecondLook(max(behind), same_answer(best.chunk.text[span.start : span.end], said))


def same_answer(one: str, other: str) -> bool:
    """Tell whether two bare answers say the same: a figure that both hold, else half the words of the shorter."""
    figures = set(numbers(one)), set(numbers(other))
    if any(figures):
        return bool(figures[0] & figures[1])
    words = set(stems(one)), set(stems(other))
    shared = len(words[0] & words[1])
    return shared > 0 and shared >= _SHARED * min(len(words[0]), len(words[1]))
