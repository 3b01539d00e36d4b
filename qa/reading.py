"""A text taken apart for comparison: its words with their stems, sentences and clauses, figures and names."""

import re
from dataclasses import dataclass
from functools import lru_cache

from qa.claims import Number, name_words, numbers
from qa.text import STOP_WORDS, plain_quotes, sentence_spans, stem

_WORD = re.compile(r"[$€£¥]?\d[\d,.]*\d%?|[$€£¥]?\d%?|[^\W\d_]+(?:[.'’-][^\W_]+)*|[^\W_]+")
_CLAUSE_END = re.compile(
    r"[,;:()–—\"]|\b(?:and|but|while|whereas|although|though|which|who|whom|after|before|because|that|if|as|than)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: as written, its stem, and the numbers of its sentence and clause."""

    text: str
    stem: str
    sentence: int
    clause: int
    content: bool
    name: bool
    figure: Number | None

    @property
    def lower(self) -> str:
        """The word in lower case."""
        return self.text.lower()


@lru_cache(maxsize=512)
def read(text: str, names: frozenset[str] = frozenset()) -> tuple[Word, ...]:
    """Take a text apart.

    Args:
        text: one or more sentences.
        names: lower-case words that are names also at the start of a sentence.
    """
    plain = plain_quotes(text)
    found: list[Word] = []
    clause = 0
    for number, (start, end) in enumerate(sentence_spans(plain)):
        sentence = plain[start:end]
        capitals = {word.lower() for word in name_words(sentence, names)}
        cuts = [match.start() for match in _CLAUSE_END.finditer(sentence)]
        clause += 1
        for match in _WORD.finditer(sentence):
            while cuts and cuts[0] <= match.start():
                cuts.pop(0)
                clause += 1
            found.append(_word(match, sentence, number, clause, capitals))
    return tuple(found)


def _word(match: re.Match[str], sentence: str, number: int, clause: int, capitals: set[str]) -> Word:
    text = match.group()
    bare = re.sub(r"'s$|'$", "", text)
    figure = _figure_at(sentence, match)
    name = bare.lower() in capitals and bare[:1].isupper() and figure is None
    content = figure is None and bare.lower() not in STOP_WORDS
    return Word(bare, stem(bare), number, clause, content, name, figure)


def _figure_at(sentence: str, match: re.Match[str]) -> Number | None:
    """Give the figure that begins at a word, with its scale and percent sign."""
    found = numbers(f"{match.group()}{sentence[match.end() : match.end() + 14]}")
    if not found or not numbers(match.group()):
        return None
    return found[0]
