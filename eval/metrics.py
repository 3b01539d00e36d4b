"""The measures of one answer, as pure functions on a gold case and what was answered."""

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from eval.cases import Fact, GoldCase, proves_in_a_copy
from qa.claims import Number, numbers
from qa.models import Answer, Citation, SupportStatus
from qa.text import plain_quotes, squeeze

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_YES_NO = frozenset({"yes", "no"})
# A passage word for word is no answer: above this many words, and this many times as long as the gold answer,
# verbatim text that holds the gold answer is a quotation, not a statement.
_QUOTATION_WORDS = 25
_QUOTATION_RATIO = 3


def normalise(text: str) -> str:
    """Normalise an answer as SQuAD's evaluation does (Rajpurkar et al., 2016): case, punctuation, articles."""
    lower = plain_quotes(text).lower().replace("'s", "")
    return " ".join(_ARTICLES.sub(" ", "".join(c for c in lower if c not in string.punctuation)).split())


class Verdict(StrEnum):
    """What became of a case."""

    RIGHT = "right"
    RIGHT_BY_QUOTATION = "right by quotation"  # holds the gold answer; no statement, and scored apart
    RIGHTLY_DECLINED = "rightly declined"
    WRONG = "wrong"
    WRONGLY_DECLINED = "wrongly declined"
    INVENTED = "answered what the articles don't say"
    FAILED = "failed"
    UNJUDGED = "no gold answer to judge by"


RIGHT_VERDICTS = frozenset({Verdict.RIGHT, Verdict.RIGHTLY_DECLINED})


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and in words what it rests on."""

    verdict: Verdict
    why: str


def judge(case: GoldCase, answer: Answer) -> Judgement:
    """Judge an answer: whether it says one of the accepted variants, or abstains where it should."""
    if answer.abstained:
        return _judge_abstention(case)
    if not case.answerable:
        return Judgement(Verdict.INVENTED, "the articles don't say, and it answers")
    if not case.answers:
        return Judgement(Verdict.UNJUDGED, "the case has proving articles and no gold answer")
    for variant in case.answers:
        if reason := _says(answer, variant):
            if is_quotation(answer, variant):
                return Judgement(Verdict.RIGHT_BY_QUOTATION, f"{reason}, in a long quotation")
            return Judgement(Verdict.RIGHT, reason)
    return Judgement(Verdict.WRONG, _why_wrong(case, answer))


def _judge_abstention(case: GoldCase) -> Judgement:
    if not case.answerable:
        return Judgement(Verdict.RIGHTLY_DECLINED, "the articles don't say")
    if case.abstention_accepted:
        return Judgement(Verdict.RIGHTLY_DECLINED, "the question rests on a false premise: declining is accepted")
    return Judgement(Verdict.WRONGLY_DECLINED, "the articles do say")


def is_quotation(answer: Answer, variant: str = "") -> bool:
    """Tell whether the answer is a passage word for word: marked as such, or long and without words of its own.

    Args:
        answer: what was answered.
        variant: the gold answer; a gold answer that is itself long may be given word for word.
    """
    words = len(without_markers(answer.text).split())
    long = words > max(_QUOTATION_WORDS, _QUOTATION_RATIO * len(variant.split()))
    if any(support.status is SupportStatus.QUOTED for support in answer.support):
        return long or not variant
    said = squeeze(without_markers(answer.text)).strip(" \"'“”")
    return long and any(
        said in squeeze(c.quote) or said in squeeze(c.passage.chunk.text) for c in answer.citations
    )


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


def _says(answer: Answer, variant: str) -> str:
    """Tell how an answer says a variant: its words on word boundaries, not denied, or its figures; else ""."""
    wanted = normalise(variant)
    stated = _statement(answer)
    text = normalise(stated)
    if wanted in _YES_NO:
        said = wanted in (normalise(answer.short), *text.split()[:1])
        return f"says {wanted}" if said else ""
    if _short_contradicts(answer.short, variant):
        return ""
    if normalise(answer.short) == wanted or _affirms(text, wanted):
        return "" if _denied(text, wanted) else f"says {variant!r}"
    # "2 percent" is "2%", "$126bn" is "$126 billion": the figures must agree and any other words be there.
    figures = numbers(variant)
    said_in = f"{answer.short}\n{stated}"
    if not figures or not set(figures) <= set(numbers(said_in)) or _denies_figure(said_in, figures):
        return ""
    others = [word for word in wanted.split() if word.isalpha() and word not in _UNITS]
    return f"gives the figure of {variant!r}" if all(f" {w} " in f" {text} " for w in others) else ""


def _statement(answer: Answer) -> str:
    """Give what an answer states: of one that code decided, the decision without the words that it rests on."""
    decided = any(s.status is SupportStatus.SUPPORTED and s.reason for s in answer.support)
    if not decided:
        return without_markers(answer.text)
    return " ".join(s.sentence for s in answer.support if s.status is not SupportStatus.TAKEN_BACK)


def _short_contradicts(short: str, variant: str) -> bool:
    """Tell whether the bare answer gives other figures than the gold one: "5%" for "2%"."""
    gold, given = set(numbers(variant)), set(numbers(short))
    return bool(gold and given) and not gold & given


def _affirms(text: str, wanted: str) -> bool:
    return f" {wanted} " in f" {text} "


def _denied(text: str, wanted: str) -> bool:
    """Tell whether every mention of the words is denied: "it is not Paris"."""
    # "not 5% but 2%" denies the first alone.
    before = [
        re.split(r"\bbut\b", part)[-1].split()[-_DENIAL_REACH:] for part in f" {text} ".split(f" {wanted} ")[:-1]
    ]
    return bool(before) and all(_DENIALS & set(words) for words in before)


def _denies_figure(said: str, figures: Sequence[Number]) -> bool:
    denied = {n for match in _DENIED_FIGURE.finditer(said) for n in numbers(match.group(1))}
    return bool(denied & set(figures))


def _why_wrong(case: GoldCase, answer: Answer) -> str:
    gold = {n for variant in case.answers for n in numbers(variant)}
    given = set(numbers(answer.short) or numbers(without_markers(answer.text)))
    if gold and given and not gold & given:
        return f"gives another figure than {case.answer!r}"
    wanted = {normalise(variant) for variant in case.answers}
    if wanted <= _YES_NO:
        return f"does not say {case.answer!r}"
    text = normalise(without_markers(answer.text))
    if any(_affirms(text, variant) for variant in wanted):
        return f"denies {case.answer!r}, or gives another bare answer: {answer.short!r}"
    return f"does not say {case.answer!r}"


_DENIALS = frozenset("not never isnt wasnt arent werent doesnt didnt neither nor without".split())
_DENIAL_REACH = 3  # words before a mention in which a denial is looked for
_DENIED_FIGURE = re.compile(r"\b(?:not|n't|never)\s+(?:\w+\s+){0,2}?([$€£]?\d[\d.,]*\s?(?:%|\w+)?)", re.IGNORECASE)
_UNITS = frozenset(
    "percent per cent million billion trillion thousand hundred bn mn m k dollars euros pounds over about".split()
)


def without_markers(text: str) -> str:
    """Give a text without its citation markers."""
    return re.sub(r"\s*\[\d+\]", "", text)


def answer_words(answer: Answer) -> int:
    """Give the length of an answer in words, markers left out."""
    return len(without_markers(answer.text).split())


def citation_precision(facts: Sequence[Fact], citations: Sequence[Citation]) -> float:
    """Give the share of the citations that quote a proving sentence (or part of one), 0 to 1.

    The measure of ALCE (Gao et al., EMNLP 2023), with gold proving sentences in place of a judging model.
    """
    if not citations:
        return 0.0
    return sum(any(_quotes(c, fact) for fact in facts) for c in citations) / len(citations)


def citation_recall(facts: Sequence[Fact], citations: Sequence[Citation]) -> float:
    """Give the share of the proving sentences that are quoted by a citation, 0 to 1."""
    if not facts:
        return 0.0
    return sum(any(_quotes(c, fact) for c in citations) for fact in facts) / len(facts)


def _quotes(citation: Citation, fact: Fact) -> bool:
    """Tell whether a citation quotes a proof; a copy of the article with the same sentence proves as well."""
    quote, proof = squeeze(citation.quote), squeeze(fact.text)
    if citation.passage.article.id == fact.article_id:
        return proof in quote or quote in proof
    return proves_in_a_copy(fact) and proof in quote


def balanced_yes_no(pairs: Sequence[tuple[str, bool]]) -> float:
    """Give the mean of the accuracy on gold Yes and on gold No, 0 to 1; always saying Yes scores 0.5.

    Args:
        pairs: the gold answer ("yes" or "no", any case) and whether the answer was right.

    Returns:
        NaN without any such pair.
    """
    by_answer = {word: [right for gold, right in pairs if normalise(gold) == word] for word in _YES_NO}
    present = [rights for rights in by_answer.values() if rights]
    return sum(sum(rights) / len(rights) for rights in present) / len(present) if present else float("nan")
