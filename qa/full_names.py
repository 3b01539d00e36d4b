"""Names in full and in part: a question says "Callum Varga", and the sentence that answers it only "Varga"."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.claims import missing_claims
from qa.models import Evidence
from qa.newstime import DATE_WORDS
from qa.prompts import whole_text
from qa.text import STOP_WORDS, words

_CAPITAL = r"[^\W\d_a-z][\w'’-]+"
_FULL_NAME = re.compile(rf"\b{_CAPITAL}(?: {_CAPITAL})+")
_NO_NAMES = STOP_WORDS | DATE_WORDS


@dataclass(frozen=True, slots=True)
class CompletedNames:
    """For each word of a full name of the question, lower case, its others, which evidence may give alone."""

    others: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, question: str, evidence: Sequence[Evidence]) -> "CompletedNames":
        """Find the full names of a question that an article of the evidence has in full.

        One whose parts that article gives to others too is left out: "Aron" is not put before a "Tekle" who may be
        Samuel.

        Args:
            question: as typed.
            evidence: that is to answer it.
        """
        articles = {item.passage.article.id: item.passage.article for item in evidence}.values()
        wholes = [whole_text(article) for article in articles]
        found: dict[str, tuple[str, ...]] = {}
        for name in map(_without_first_word, _FULL_NAME.findall(question)):
            for word in name.split():
                others = tuple(other for other in name.split() if other != word)
                if any(name in whole and _of_nobody_else(others, name, whole) for whole in wholes):
                    found[word.lower()] = others
        return cls(found)

    def without(self, missing: Sequence[str], texts: Sequence[str]) -> list[str]:
        """Leave out the claims that only complete a name of which texts have another part.

        Args:
            missing: claims that the texts lack, as of `qa.claims.missing_claims`.
            texts: that lack them.
        """
        return [
            claim
            for claim in missing
            if not any(not missing_claims(name, texts, frozenset((name.lower(),))) for name in self._beside(claim))
        ]

    def _beside(self, claim: str) -> tuple[str, ...]:
        return self.others.get(claim.lower(), ())


def _without_first_word(name: str) -> str:
    """Leave out the word that opens a question: "Did Callum Varga"."""
    first, _, rest = name.partition(" ")
    return rest if first.lower() in STOP_WORDS else name


def _of_nobody_else(parts: Sequence[str], name: str, text: str) -> bool:
    """Tell whether a text has parts of a name in that name alone, or by themselves."""
    own = {word.lower() for word in name.split()} | _NO_NAMES
    beside = [
        word
        for part in parts
        for found in re.findall(rf"(?:[A-Z][\w’'-]+ )?\b{re.escape(part)}\b(?: [A-Z][\w’'-]+)?", text)
        for word in words(found)
    ]
    return all(word.lower().removesuffix("'s").removesuffix("’s") in own for word in beside)
