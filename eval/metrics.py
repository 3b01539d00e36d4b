"""The measures, as pure functions on gold cases and answers."""

import re
import string
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from eval.cases import Fact, GoldCase
from qa.claims import numbers
from qa.models import Answer, Citation, Passage, SupportStatus
from qa.text import plain_quotes, squeeze

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_YES_NO = frozenset({"yes", "no"})


def normalise(text: str) -> str:
    """Normalise an answer as SQuAD's evaluation does (Rajpurkar et al., 2016): case, punctuation, articles."""
    lower = plain_quotes(text).lower().replace("'s", "")
    return " ".join(_ARTICLES.sub(" ", "".join(c for c in lower if c not in string.punctuation)).split())


class Verdict(StrEnum):
    """What became of a case. A quotation that holds the gold answer is right, and scored apart."""

    RIGHT = "right"
    RIGHT_BY_QUOTATION = "right by quotation"
    RIGHTLY_DECLINED = "rightly declined"
    WRONG = "wrong"
    WRONGLY_DECLINED = "wrongly declined"
    INVENTED = "answered what the articles don't say"
    FAILED = "failed"


RIGHT_VERDICTS = frozenset({Verdict.RIGHT, Verdict.RIGHT_BY_QUOTATION, Verdict.RIGHTLY_DECLINED})


def verdict_of(case: GoldCase, answer: Answer) -> Verdict:
    """Judge an answer: whether it says one of the accepted variants, or abstains where it should."""
    if answer.abstained:
        declined_rightly = not case.answerable or case.abstention_accepted
        return Verdict.RIGHTLY_DECLINED if declined_rightly else Verdict.WRONGLY_DECLINED
    if not case.answerable:
        return Verdict.INVENTED
    if not any(_says(answer, variant) for variant in case.answers):
        return Verdict.WRONG
    return Verdict.RIGHT_BY_QUOTATION if is_quotation(answer) else Verdict.RIGHT


def answer_correct(case: GoldCase, answer: Answer) -> bool:
    """Tell whether an answer is right, by quotation or otherwise."""
    return verdict_of(case, answer) in RIGHT_VERDICTS


def is_quotation(answer: Answer) -> bool:
    """Tell whether the answer is evidence word for word, given because no draft stood."""
    return any(support.status is SupportStatus.QUOTED for support in answer.support)


def exact_match(answers: Sequence[str], given: str) -> float:
    """Give 1.0 if the normalised answer equals an accepted variant (SQuAD's exact match), else 0.0."""
    return float(any(normalise(given) == normalise(variant) for variant in answers))


def token_f1(answers: Sequence[str], given: str) -> float:
    """Give the best F1 of the normalised words over the accepted variants (SQuAD's F1), 0 to 1."""
    return max((_f1(normalise(variant).split(), normalise(given).split()) for variant in answers), default=0.0)


def _f1(gold: Sequence[str], given: Sequence[str]) -> float:
    if not gold or not given:
        return float(gold == given)
    common = sum((Counter(gold) & Counter(given)).values())
    if not common:
        return 0.0
    precision, recall = common / len(given), common / len(gold)
    return 2 * precision * recall / (precision + recall)


def _says(answer: Answer, variant: str) -> bool:
    """Tell whether an answer says a variant: its words on word boundaries, not denied, or its figures."""
    wanted = normalise(variant)
    if wanted in _YES_NO:
        return wanted in (normalise(answer.short), *normalise(answer.text).split()[:1])
    text = normalise(_without_markers(answer.text))
    if normalise(answer.short) == wanted or _affirms(text, wanted):
        return not _denied(text, wanted)
    # "2 percent" is "2%", "$126bn" is "$126 billion": the figures must agree and any other words be there.
    figures = numbers(variant)
    said = f"{answer.short}\n{_without_markers(answer.text)}"
    if not figures or not set(figures) <= set(numbers(said)) or _DENIED_FIGURE.search(said):
        return False
    others = [word for word in wanted.split() if word.isalpha() and word not in _UNITS]
    return all(f" {word} " in f" {text} " for word in others)


def _affirms(text: str, wanted: str) -> bool:
    return f" {wanted} " in f" {text} "


def _denied(text: str, wanted: str) -> bool:
    """Tell whether every mention of the words is denied: "it is not Paris"."""
    before = [part.split()[-_DENIAL_REACH:] for part in f" {text} ".split(f" {wanted} ")[:-1]]
    return bool(before) and all(_DENIALS & set(words) for words in before)


_DENIALS = frozenset("not never isnt wasnt arent werent doesnt didnt neither nor without".split())
_DENIAL_REACH = 3  # words before a mention in which a denial is looked for
_DENIED_FIGURE = re.compile(r"\b(?:not|n't|never)\s+(?:\w+\s+)?[$€£]?\d", re.IGNORECASE)
_UNITS = frozenset(
    "percent per cent million billion trillion thousand hundred bn mn m k dollars euros pounds over about".split()
)


def _without_markers(text: str) -> str:
    return re.sub(r"\s*\[\d+\]", "", text)


def balanced_yes_no(pairs: Sequence[tuple[str, bool]]) -> float:
    """Give the mean of the accuracy on gold Yes and on gold No, 0 to 1; always saying Yes scores 0.5.

    Args:
        pairs: the gold answer ("yes" or "no", any case) and whether the answer was right.
    """
    by_answer = {word: [right for gold, right in pairs if normalise(gold) == word] for word in _YES_NO}
    present = [rights for rights in by_answer.values() if rights]
    return sum(sum(rights) / len(rights) for rights in present) / len(present) if present else 0.0


def bootstrap_interval(values: Sequence[float], *, seed: int = 13, resamples: int = 2000) -> tuple[float, float]:
    """Give the 95% percentile bootstrap interval of a mean (Efron, 1979); (0, 1) of nothing."""
    import numpy as np

    if not values:
        return 0.0, 1.0
    sample = np.random.default_rng(seed).choice(np.asarray(values, dtype=float), size=(resamples, len(values)))
    low, high = np.percentile(sample.mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


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
