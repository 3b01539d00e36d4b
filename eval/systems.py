"""What can be scored: the product, and baselines that show what a score is worth."""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from eval.ablation import STEPS, without
from eval.cases import Fact, GoldCase
from qa.answers import ABSTENTION
from qa.build import Models, build_pipeline, open_store
from qa.config import Settings
from qa.errors import InputError
from qa.models import Answer, Article, Chunk, Citation, Passage, Stage, Support, SupportStatus, Timings, Why
from qa.pipeline import Pipeline
from qa.retriever import HybridRetriever
from qa.rewrite import standalone_query
from qa.store import Store
from qa.text import sentence_spans

PRODUCT = "newsdesk"
RETRIEVAL = "retrieval"
_BASELINE = "baseline:"
_WITHOUT = "without:"  # a step of the product


class CaseTimeoutError(Exception):
    """A case took longer than it may."""


class System(Protocol):
    """Something that answers gold cases."""

    name: str

    def answer(self, case: GoldCase, deadline: float) -> Answer:
        """Answer a case before the deadline (of `time.monotonic`), or raise."""
        ...


class Product:
    """The pipeline that the chat uses, or that pipeline without a step."""

    def __init__(self, pipeline: Pipeline, name: str = PRODUCT) -> None:
        self.name = name
        self.pipeline = pipeline

    def answer(self, case: GoldCase, deadline: float) -> Answer:
        """Answer a case.

        Raises:
            CaseTimeoutError: it took too long; the model is stopped.
            NewsdeskError: as the pipeline's.
        """
        last = Answer(case.question, case.question)
        with contextlib.closing(self.pipeline.stream(case.question, case.history)) as stream:
            for growing in stream:
                last = growing
                if time.monotonic() > deadline:
                    raise CaseTimeoutError("took too long")
        return last


class Retrieval:
    """The product's search alone: passages and no answer, in milliseconds a question."""

    name = RETRIEVAL

    def __init__(self, retriever: HybridRetriever) -> None:
        self._retriever = retriever

    def answer(self, case: GoldCase, deadline: float) -> Answer:
        """Find the passages."""
        started = time.perf_counter()
        query = standalone_query(case.question, case.history)
        passages = tuple(self._retriever.retrieve(query))
        return _done(case, query=query, passages=passages, model=RETRIEVAL, started=started)


class Baseline:
    """A way of answering without a model; `how` gives the answer with what the articles offer."""

    def __init__(self, name: str, how: Callable[[GoldCase, Store], Answer], store: Store) -> None:
        self.name = f"{_BASELINE}{name}"
        self._how = how
        self._store = store

    def answer(self, case: GoldCase, deadline: float) -> Answer:
        """Answer a case."""
        started = time.perf_counter()
        answer = self._how(case, self._store)
        total = time.perf_counter() - started
        return replace(answer, model=self.name, timings=Timings(total, total), stage=Stage.DONE)


def check_system(name: str) -> None:
    """Refuse a name that stands for no system.

    Raises:
        InputError: no such system.
    """
    if name not in system_names():
        raise InputError(f"no system {name!r}: use one of {', '.join(system_names())}")


def build_system(name: str, settings: Settings, models: Models) -> System:
    """Put together what a name stands for: `newsdesk`, `without:STEP`, `retrieval` or `baseline:NAME`.

    Args:
        name: of the system.
        settings: with the index to ask.
        models: loaded already.

    Raises:
        InputError: no such system.
        NewsdeskError: the index cannot be used.
    """
    check_system(name)
    if writes(name):
        pipeline = build_pipeline(settings, models=models)
        step = name.removeprefix(_WITHOUT)
        return Product(without(step, pipeline) if step in STEPS else pipeline, name)
    store = open_store(settings, models.embeddings)
    if name == RETRIEVAL:
        return Retrieval(HybridRetriever(store=store, embeddings=models.embeddings, settings=settings))
    baseline = name.removeprefix(_BASELINE)
    return Baseline(baseline, BASELINES[baseline], store)


def system_names() -> list[str]:
    """Give the names that `build_system` knows."""
    return [
        PRODUCT,
        *(f"{_WITHOUT}{step}" for step in STEPS),
        RETRIEVAL,
        *(f"{_BASELINE}{name}" for name in BASELINES),
    ]


def writes(name: str) -> bool:
    """Tell whether a system asks a language model."""
    return name == PRODUCT or name.startswith(_WITHOUT)


def _oracle(case: GoldCase, store: Store) -> Answer:
    """Give the gold answer with the gold proofs: what a perfect system would score."""
    proofs = [_fact_passage(fact, store) for fact in case.facts]
    passages = tuple(replace(p, rank=rank) for rank, p in enumerate(_merged(proofs), start=1))
    if not case.answerable:
        return replace(_abstention(case), passages=passages, confidence=0.0)
    citations = tuple(
        Citation(number, passage, passage.chunk.text, passage.chunk.start, passage.chunk.end)
        for number, passage in enumerate(proofs, start=1)
    )
    markers = "".join(f"[{c.number}]" for c in citations)
    support = (Support(case.answer, SupportStatus.SUPPORTED, tuple(c.number for c in citations), ""),)
    return _done(
        case,
        text=f"{case.answer} {markers}".strip(),
        short=case.answer,
        citations=citations,
        passages=passages,
        support=support,
        confidence=1.0,
    )


def _always_abstain(case: GoldCase, store: Store) -> Answer:
    return _abstention(case)


def _always_yes(case: GoldCase, store: Store) -> Answer:
    return _done(case, text="Yes.", short="Yes")


def _first_sentence(case: GoldCase, store: Store) -> Answer:
    """Quote the first sentence of the article that keyword search finds first: the lead says most."""
    passages = _keyword_passages(case, store)
    if not passages:
        return _abstention(case)
    article = passages[0].article
    start, end = sentence_spans(article.text)[0]
    return _quoting(case, passages, start, end)


def _top_passage(case: GoldCase, store: Store) -> Answer:
    """Quote the whole passage that keyword search finds first."""
    passages = _keyword_passages(case, store)
    if not passages:
        return _abstention(case)
    return _quoting(case, passages, passages[0].chunk.start, passages[0].chunk.end)


def _keyword_only(case: GoldCase, store: Store) -> Answer:
    """Quote, of the passage that keyword search finds first, the sentence with most of the question's words."""
    from qa.evidence import lexical_coverage

    passages = _keyword_passages(case, store)
    if not passages:
        return _abstention(case)
    chunk = passages[0].chunk
    spans = sentence_spans(chunk.text)
    query = standalone_query(case.question, case.history)
    scores = lexical_coverage(query, [chunk.text[start:end] for start, end in spans])
    start, end = spans[scores.index(max(scores))]
    return _quoting(case, passages, chunk.start + start, chunk.start + end)


BASELINES: dict[str, Callable[[GoldCase, Store], Answer]] = {
    "oracle": _oracle,
    "always-abstain": _always_abstain,
    "always-yes": _always_yes,
    "first-sentence": _first_sentence,
    "top-passage": _top_passage,
    "keyword-only": _keyword_only,
}

_TOP_K = 8


def _keyword_passages(case: GoldCase, store: Store) -> tuple[Passage, ...]:
    query = standalone_query(case.question, case.history)
    ids = store.search_keywords(query, _TOP_K)
    known = store.chunks(ids)
    kept = [chunk_id for chunk_id in ids if chunk_id in known]
    return tuple(
        Passage(*known[chunk_id], score=1.0 / rank, rank=rank, why=Why(rank, None, None))
        for rank, chunk_id in enumerate(kept, start=1)
    )


def _quoting(case: GoldCase, passages: tuple[Passage, ...], start: int, end: int) -> Answer:
    quote = passages[0].article.text[start:end]
    return _done(
        case,
        text=f"“{quote}” [1]",
        citations=(Citation(1, passages[0], quote, start, end),),
        passages=passages,
        support=(Support(quote, SupportStatus.QUOTED, (1,), "a baseline that quotes"),),
        confidence=passages[0].score,
    )


def _abstention(case: GoldCase) -> Answer:
    return _done(case, text=ABSTENTION, abstained=True)


def _done(case: GoldCase, *, started: float | None = None, **fields: Any) -> Answer:
    total = time.perf_counter() - started if started is not None else 0.0
    answer = Answer(case.question, case.question, timings=Timings(None, total), stage=Stage.DONE)
    return replace(answer, **fields)


def _fact_passage(fact: Fact, store: Store) -> Passage:
    article = store.catalog.article(fact.article_id)
    if article is None:
        raise InputError(f"no article has the id {fact.article_id!r}")
    start = article.text.find(fact.text)
    if start < 0:
        raise InputError(f"{fact.article_id} does not hold {fact.text[:60]!r}")
    return _passage(article, start, start + len(fact.text) if fact.text else len(article.text))


def _passage(article: Article, start: int, end: int) -> Passage:
    chunk = Chunk(f"{article.id}#gold.{start}", article.id, 0, start, end, article.text[start:end])
    return Passage(chunk, article, score=1.0, rank=1, why=Why(None, None, None))


def _merged(proofs: Sequence[Passage]) -> list[Passage]:
    """Give one passage an article, from its first proof to its last."""
    merged: dict[str, Passage] = {}
    for proof in proofs:
        known = merged.setdefault(proof.article.id, proof)
        start, end = min(known.chunk.start, proof.chunk.start), max(known.chunk.end, proof.chunk.end)
        merged[proof.article.id] = _passage(proof.article, start, end)
    return list(merged.values())
