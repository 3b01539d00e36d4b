"""The measures, as pure functions on gold cases and answers."""

import re
import string
from collections.abc import Sequence

from eval.cases import Fact, GoldCase
from qa.claims import numbers
from qa.models import Answer, Citation, Passage
from qa.text import plain_quotes, squeeze

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_YES_NO = frozenset({"yes", "no"})


def normalise(text: str) -> str:
    """Normalise an answer as SQuAD's evaluation does (Rajpurkar et al., 2016): case, punctuation, articles."""
    lower = plain_quotes(text).lower().replace("'s", "")
    return " ".join(_ARTICLES.sub(" ", "".join(c for c in lower if c not in string.punctuation)).split())


def answer_correct(case: GoldCase, answer: Answer) -> bool:
    """Tell whether an answer is right: it says one of the accepted variants, or abstains where it should."""
    if answer.abstained:
        return not case.answerable or case.abstention_accepted
    if not case.answerable:
        return False
    return any(_says(answer, variant) for variant in case.answers)


def _says(answer: Answer, variant: str) -> bool:
    wanted = normalise(variant)
    if wanted in _YES_NO:
        return wanted in (normalise(answer.short), *normalise(answer.text).split()[:1])
    said = f" {normalise(answer.short)} | {normalise(_without_markers(answer.text))} "
    if f" {wanted} " in said:
        return True
    # "2 percent" is "2%", "$126bn" is "$126 billion": the figures must agree and any other words be there.
    figures = numbers(variant)
    if not figures or not set(figures) <= set(numbers(f"{answer.short}\n{answer.text}")):
        return False
    others = [word for word in wanted.split() if word.isalpha() and word not in _UNITS]
    return all(f" {word} " in said for word in others)


_UNITS = frozenset(
    "percent per cent million billion trillion thousand hundred bn mn m k dollars euros pounds over about".split()
)


def _without_markers(text: str) -> str:
    return re.sub(r"\s*\[\d+\]", "", text)


def hit_at_k(facts: Sequence[Fact], passages: Sequence[Passage], k: int) -> bool:
    """Tell whether one of the first k passages holds one of the proving sentences."""
    return any(_passage_holds(passage, fact) for passage in passages[:k] for fact in facts)


def _passage_holds(passage: Passage, fact: Fact) -> bool:
    return passage.article.id == fact.article_id and squeeze(fact.text) in squeeze(passage.chunk.text)


def citation_precision(facts: Sequence[Fact], citations: Sequence[Citation]) -> float:
    """Give the share of the citations that quote a proving sentence (or part of one), 0 to 1."""
    if not citations:
        return 0.0
    return sum(any(_quotes(c, fact) for fact in facts) for c in citations) / len(citations)


def citation_recall(facts: Sequence[Fact], citations: Sequence[Citation]) -> float:
    """Give the share of the proving sentences that are quoted by a citation, 0 to 1."""
    if not facts:
        return 0.0
    return sum(any(_quotes(c, fact) for c in citations) for fact in facts) / len(facts)


def _quotes(citation: Citation, fact: Fact) -> bool:
    quote, proof = squeeze(citation.quote), squeeze(fact.text)
    return citation.passage.article.id == fact.article_id and (proof in quote or quote in proof)


def percentile(values: Sequence[float], q: float) -> float:
    """Give the q-th percentile (0 to 100), interpolated linearly; 0.0 of nothing."""
    if not values:
        return 0.0
    ordered = sorted(values)
    position = (len(ordered) - 1) * q / 100
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)
