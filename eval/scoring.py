"""From an answer to its record: verdict, scores, and the sentences that an independent checker doubts."""

from collections.abc import Sequence
from dataclasses import replace

from eval.cases import GoldCase, case_to_json
from eval.groundedness import check
from eval.judge import Opinion
from eval.metrics import (
    RIGHT_VERDICTS,
    Judgement,
    Verdict,
    answer_words,
    citation_precision,
    citation_recall,
    exact_match,
    judge,
    normalise,
    token_f1,
    without_markers,
)
from eval.records import CaseRecord
from eval.retrieval import article_measures, passage_measures
from eval.usage import TokenCounter
from qa.models import Answer, Article, Support, SupportStatus


def score(set_name: str, case: GoldCase, answer: Answer, tokens: TokenCounter) -> CaseRecord:
    """Score an answer."""
    judgement = judge(case, answer)
    scores = {**_answer_scores(case, answer, judgement), **_cost_scores(answer, tokens)}
    if case.facts and case.answerable:
        scores |= passage_measures(case.facts, answer.passages)
        scores |= article_measures(case.facts, answer.passages)
    ungrounded: list[dict[str, str]] = []
    if not answer.abstained and answer.text:
        scores |= _citation_scores(case, answer)
        grounded, ungrounded = _groundedness(case, answer, judgement)
        if grounded is not None:
            scores["groundedness"] = grounded
    return _record(set_name, case, answer, judgement, scores, ungrounded)


def with_opinion(record: CaseRecord, opinion: Opinion) -> CaseRecord:
    """Add what the LLM judge says; without a verdict of its own, only that it gave none."""
    if record.verdict == Verdict.UNJUDGED.value:
        return record
    scores = {"judge failures": float(opinion.right is None)}
    if opinion.right is not None:
        scores["judge accuracy"] = float(opinion.right)
        # A quotation that holds the gold answer says it: a judge who finds it right does not disagree.
        scores["judge agreement"] = float(opinion.right == bool(record.scores["accuracy with quotations"]))
    return replace(record, scores={**record.scores, **scores}, judge=opinion.reason)


def score_retrieval(set_name: str, case: GoldCase, answer: Answer, tokens: TokenCounter) -> CaseRecord:
    """Score the passages alone, of a system that gives no answer."""
    scores = _cost_scores(answer, tokens)
    if case.facts:
        scores |= passage_measures(case.facts, answer.passages)
        scores |= article_measures(case.facts, answer.passages)
    return _record(set_name, case, answer, Judgement(Verdict.UNJUDGED, "search alone"), scores, [])


def failure(set_name: str, case: GoldCase, error: str) -> CaseRecord:
    """Make the record of a case that got no answer: wrong, and listed."""
    return CaseRecord(
        set=set_name,
        id=case.id,
        kind=case.kind,
        split=case.split,
        gold=case_to_json(case),
        answer=None,
        verdict=Verdict.FAILED.value,
        why=error,
        scores={"accuracy": 0.0, "accuracy with quotations": 0.0},
        error=error,
    )


def _record(
    set_name: str,
    case: GoldCase,
    answer: Answer,
    judgement: Judgement,
    scores: dict[str, float],
    ungrounded: list[dict[str, str]],
) -> CaseRecord:
    return CaseRecord(
        set=set_name,
        id=case.id,
        kind=case.kind,
        split=case.split,
        gold=case_to_json(case),
        answer=answer.to_json(),
        verdict=judgement.verdict.value,
        why=judgement.why,
        scores=scores,
        ungrounded=ungrounded,
    )


def _answer_scores(case: GoldCase, answer: Answer, judgement: Judgement) -> dict[str, float]:
    if judgement.verdict is Verdict.UNJUDGED:
        return {}
    right = judgement.verdict in RIGHT_VERDICTS
    by_quotation = judgement.verdict is Verdict.RIGHT_BY_QUOTATION
    scores = {"accuracy": float(right), "accuracy with quotations": float(right or by_quotation)}
    if case.answerable and not answer.abstained:
        text = without_markers(answer.text)
        scores |= {
            "exact match of short": exact_match(case.answers, answer.short),
            "token F1 of short": token_f1(case.answers, answer.short),
            "exact match of text": exact_match(case.answers, text),
            "token F1 of text": token_f1(case.answers, text),
        }
    return scores


def _citation_scores(case: GoldCase, answer: Answer) -> dict[str, float]:
    scores = {"answer words": float(answer_words(answer))}
    # Without facts there is nothing to compare citations with.
    if case.facts and case.answerable:
        scores["citation precision"] = citation_precision(case.facts, answer.citations)
        scores["citation recall"] = citation_recall(case.facts, answer.citations)
    return scores


def _cost_scores(answer: Answer, tokens: TokenCounter) -> dict[str, float]:
    scores = {"seconds": answer.timings.total}
    if answer.timings.first_token is not None:
        scores["first token"] = answer.timings.first_token
    if tokens.prompt or tokens.completion:
        scores |= {"prompt tokens": float(tokens.prompt), "completion tokens": float(tokens.completion)}
    return scores


def _groundedness(
    case: GoldCase, answer: Answer, judgement: Judgement
) -> tuple[float | None, list[dict[str, str]]]:
    """Give the share of the answer's sentences that the checker finds in what they cite, and the others."""
    sentences = [s for s in answer.support if s.status is not SupportStatus.TAKEN_BACK]
    if not sentences:
        return (
            (None, []) if not answer.citations else (0.0, [{"sentence": answer.text, "why": "nothing to check"}])
        )
    if _proved_by_gold(case, answer, judgement, sentences):
        return 1.0, []
    doubted = []
    for sentence in sentences:
        cited = [c for c in answer.citations if c.number in sentence.citations]
        evidence = " ".join(c.quote for c in cited)
        context = " ".join(_heading(c.passage.article) for c in cited)
        finding = check(sentence.sentence, evidence, context=context, question=case.question)
        if not finding.supported:
            doubted.append({"sentence": sentence.sentence, "why": finding.reason})
    return 1 - len(doubted) / len(sentences), doubted


def _proved_by_gold(case: GoldCase, answer: Answer, judgement: Judgement, sentences: Sequence[Support]) -> bool:
    """Tell whether a person has vouched for it: the gold answer itself, with all its proofs cited."""
    return (
        judgement.verdict is Verdict.RIGHT
        and bool(case.facts)
        and citation_recall(case.facts, answer.citations) == 1.0
        and all(any(normalise(s.sentence) == normalise(v) for v in case.answers) for s in sentences)
    )


def _heading(article: Article) -> str:
    date = article.published_at.strftime("%-d %B %Y") if article.published_at else ""
    return f"{article.title} {article.source} {date}"
