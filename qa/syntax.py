"""The grammar of English sentences: words with their parts of speech and what they depend on.

The only file that knows spaCy; its small English model comes inside a package and is checked against its sha256.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from qa.text import plain_quotes, squeeze
from qa.weights import ENGLISH_PARSER, verified_folder

_KEPT = 4096  # texts whose parse is kept
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign of a text.

    `head` is the index of the word it depends on (its own for the root of a sentence), `dep` how, in the labels of
    spaCy's English models (ClearNLP style); `entity` is the type of the named entity it is part of, or "".
    """

    index: int
    text: str
    lower: str
    lemma: str
    pos: str
    tag: str
    dep: str
    head: int
    sentence: int
    entity: str
    space: bool  # whether a space follows


@lru_cache(maxsize=_KEPT)
def parse(text: str) -> tuple[Token, ...]:
    """Parse a text of one or more sentences.

    White space is squeezed, typographic quotation marks are read as plain ones, and a semicolon as a full stop.

    Raises:
        WeightsError: the parser's files are missing or not the ones that were pinned.
    """
    with _lock:
        document = _language()(squeeze(plain_quotes(text)).replace("; ", ". "))
    numbers = {token.i: n for n, sentence in enumerate(document.sents) for token in sentence}
    return tuple(
        Token(
            index=token.i,
            text=token.text,
            lower=token.lower_,
            lemma=token.lemma_.lower(),
            pos=token.pos_,
            tag=token.tag_,
            dep=token.dep_,
            head=token.head.i,
            sentence=numbers[token.i],
            entity=token.ent_type_,
            space=bool(token.whitespace_),
        )
        for token in document
    )


def written(tokens: Sequence[Token]) -> str:
    """Give words as they stand in their text."""
    return "".join(token.text + (" " if token.space else "") for token in tokens).strip()


def subtree(tokens: Sequence[Token], top: int) -> set[int]:
    """Give the indexes of a word and of all that depends on it, directly or not."""
    inside = {top}
    while grown := {token.index for token in tokens if token.head in inside} - inside:
        inside |= grown
    return inside


def load_parser() -> None:
    """Load the parser before somebody waits for it; raises as `parse`."""
    with _lock:
        _language()


@lru_cache(maxsize=1)
def _language() -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # spaCy's own imports warn of each other
        import spacy

        (name, _), *_ = ENGLISH_PARSER.files
        return spacy.load(verified_folder(ENGLISH_PARSER) / name.partition("/")[0], exclude=["senter"])
