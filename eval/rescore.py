"""Scoring recorded answers anew, after a change of the measures: nobody is asked again."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from eval.cases import parse_case
from eval.records import CaseRecord, Run
from eval.scoring import score
from eval.systems import RETRIEVAL
from eval.usage import TokenCounter
from qa.models import Answer, Article, Chunk, Citation, Passage, Stage, Support, SupportStatus, Timings, Why


def rescore(run: Run) -> Run:
    """Score the answers of a run with the measures of today; failures and what a judge said stay as they are."""
    if run.about["system"] == RETRIEVAL:
        return run
    return replace(run, records=tuple(_rescored(record) for record in run.records))


def _rescored(record: CaseRecord) -> CaseRecord:
    if record.answer is None:
        return record
    tokens = TokenCounter()
    tokens.prompt = int(record.scores.get("prompt tokens", 0))
    tokens.completion = int(record.scores.get("completion tokens", 0))
    again = score(record.set, parse_case(record.gold), answer_from_json(record.answer), tokens)
    judged = {name: value for name, value in record.scores.items() if name.startswith("judge ")}
    return replace(again, scores={**again.scores, **judged}, judge=record.judge)


def answer_from_json(row: dict[str, Any]) -> Answer:
    """Read an answer back from the object that `newsdesk ask --json` prints, as far as that holds it."""
    passages = tuple(
        _passage(p["article_id"], p["title"], p["text"], 0, p["score"], rank)
        for rank, p in enumerate(row["passages"], start=1)
    )
    return Answer(
        question=row["question"],
        query=row["query"],
        text=row["text"],
        short=row["short"],
        citations=tuple(_citation(c) for c in row["citations"]),
        passages=passages,
        abstained=row["abstained"],
        confidence=row["confidence"],
        support=tuple(
            Support(s["sentence"], SupportStatus(s["status"]), tuple(s["citations"]), s["reason"])
            for s in row["support"]
        ),
        as_of=_moment(row["as_of"]),
        timings=Timings(row["timings"]["first_token"], row["timings"]["total"]),
        model=row["model"],
        stage=Stage.DONE,
    )


def _citation(c: dict[str, Any]) -> Citation:
    passage = _passage(c["article_id"], c["title"], c["quote"], c["start"], 0.0, 1)
    article = replace(passage.article, source=c["source"], url=c["url"], published_at=_moment(c["published_at"]))
    return Citation(c["number"], replace(passage, article=article), c["quote"], c["start"], c["end"])


def _passage(article_id: str, title: str, text: str, start: int, score: float, rank: int) -> Passage:
    article = Article(article_id, title, text, "", "", "", None, "", "")
    chunk = Chunk(f"{article_id}#{rank}", article_id, 0, start, start + len(text), text)
    return Passage(chunk, article, score, rank, Why(None, None, None))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
