"""Answers as they are put together: declined, checked, or made of the answers to several questions."""

from collections.abc import Sequence
from dataclasses import replace

from qa.grounding import Grounded
from qa.models import Answer, Citation, Evidence, Stage

ABSTENTION = "The articles don't say."


def evidence_cited(answers: Sequence[Answer]) -> list[Evidence]:
    """Give the evidence that answers cite, in the order of its numbers."""
    return [evidence_of(citation) for citation in _latest_citations(answers)]


def evidence_of(citation: Citation) -> Evidence:
    """Give what a citation points to as evidence."""
    return Evidence(citation.passage, citation.start, citation.end, citation.passage.score)


def _latest_citations(answers: Sequence[Answer]) -> tuple[Citation, ...]:
    """Give the citations of the last answer that has any: each counts on, so it has those before it too."""
    return next((answer.citations for answer in reversed(answers) if answer.citations), ())


def together(done: Sequence[tuple[str, Answer]]) -> Answer:
    """Join the answers to the questions in a question; each later one counts on with the numbers of citations."""
    answers = [answer for _, answer in done]
    given = [answer for answer in answers if not answer.abstained]
    if len(answers) == 1 or not given:
        return answers[-1]
    said = [f"The articles don't answer “{asked}”." if answer.abstained else answer.text for asked, answer in done]
    return replace(
        answers[-1],
        text=" ".join(text for text in said if text),
        short="; ".join(answer.short for answer in given if answer.short),
        citations=_latest_citations(given),
        support=tuple(support for answer in answers for support in answer.support),
        abstained=False,
        confidence=min(answer.confidence or 0.0 for answer in given),
        as_of=max((answer.as_of for answer in given if answer.as_of), default=None),
    )


def abstention(answer: Answer) -> Answer:
    """Say that the articles do not answer."""
    return replace(answer, text=ABSTENTION, short="", citations=(), support=(), abstained=True, stage=Stage.DONE)


def quotation(answer: Answer, grounded: Grounded | None) -> Answer:
    """Answer with a quotation; None: there is none that answers."""
    return checked(answer, grounded) if grounded is not None else abstention(answer)


def checked(answer: Answer, grounded: Grounded) -> Answer:
    """Answer with what stood the check."""
    dates = [c.passage.article.published_at for c in grounded.citations if c.passage.article.published_at]
    return replace(
        answer,
        text=grounded.text,
        short=grounded.short,
        citations=grounded.citations,
        support=grounded.support,
        as_of=max(dates) if dates else None,
        stage=Stage.DONE,
    )
