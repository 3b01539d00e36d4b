"""A run: gold sets, an index for each corpus, a system to ask, and a record of every case."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.cases import GoldCase, check_cases, check_facts, describe_mistakes, load_cases
from eval.datasets import sample
from eval.indexes import cached_index, corpus_articles, index_sha256
from eval.judge import Judge, load_judge
from eval.records import CaseRecord, Journal, Run, code_sha256, describe_run, plain_settings, sha256_of
from eval.report import baseline_summary
from eval.scoring import failure, score, score_retrieval, with_opinion
from eval.systems import BASELINES, PRODUCT, RETRIEVAL, System, build_system, check_system, writes
from eval.usage import counted_tokens
from qa.build import Models
from qa.catalog import Catalog
from qa.config import EMBEDDED_LLMS, Settings
from qa.embeddings import EmbeddingModel, load_embeddings
from qa.errors import InputError
from qa.llm import load_llm, weights_sha256
from qa.weights import Progress

_HERE = Path(__file__).resolve().parent
_JOURNALS = "eval-journals"


@dataclass(frozen=True, slots=True)
class GoldSet:
    """A gold set with its corpus; without one, the index of the settings is asked."""

    name: str
    gold: Path
    corpus: tuple[Path, ...]


_HARBOUR = (_HERE / "corpora" / "harbour",)
SHIPPED = {
    "seeds": GoldSet("seeds", _HERE / "gold" / "seeds.jsonl", (_HERE.parent / "seeds",)),
    "harbour": GoldSet("harbour", _HERE / "gold" / "harbour.jsonl", _HARBOUR),
    **{
        n: GoldSet(n, _HERE / "gold" / f"{n}.jsonl", (_HERE / "corpora" / n,))
        for n in ("basalt", "cedar", "alder")
    },
    "close": GoldSet(
        "close",
        _HERE / "gold" / "close.jsonl",
        (*(_HERE / "corpora" / n for n in ("basalt", "cedar", "alder")), _HERE.parent / "seeds"),
    ),
    "follow-ups": GoldSet("follow-ups", _HERE / "gold" / "follow-ups.jsonl", _HARBOUR),
    "topics": GoldSet("topics", _HERE / "gold" / "harbour-topics.jsonl", _HARBOUR),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases of each set to ask; empty and 0: all. `limit` takes by the hash of the id, never by order."""

    splits: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    limit: int = 0

    def of(self, cases: Sequence[GoldCase]) -> list[GoldCase]:
        """Give the selected cases, in the order of the set."""
        chosen = [c for c in cases if not self.splits or c.split in self.splits]
        chosen = [c for c in chosen if not self.kinds or c.kind in self.kinds]
        kept = {c.id for c in sample(chosen, self.limit)} if self.limit else {c.id for c in chosen}
        return [c for c in chosen if c.id in kept]


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: seconds a case may take, cases at once, and whether to go on with an interrupted run."""

    timeout: float = 300.0
    jobs: int = 1
    resume: bool = True


OnCase = Callable[[CaseRecord, int, int], None]  # told of each record, the number done and the number of all


def run_sets(
    settings: Settings,
    sets: Sequence[GoldSet],
    system_name: str,
    selection: Selection,
    options: Options,
    on_case: OnCase,
    progress: Progress,
) -> Run:
    """Ask the cases of gold sets.

    Args:
        settings: how to answer.
        sets: what to ask.
        system_name: whom to ask (`eval.systems`).
        selection: which cases.
        options: how to run.
        on_case: told of each record, also of those taken from an interrupted run.
        progress: told of what takes a while.

    Raises:
        InputError: a gold set or corpus cannot be read, or a selection leaves nothing.
        NewsdeskError: the system cannot be built.
    """
    check_system(system_name)
    if options.jobs > 1 and settings.llm in EMBEDDED_LLMS and writes(system_name):
        raise InputError("the embedded model answers one question at a time: leave --jobs at 1")
    chosen = [(gold_set, _selected(gold_set, selection)) for gold_set in sets]
    total = sum(len(cases) for _, cases in chosen)
    models = Models(
        load_embeddings(settings, progress), load_llm(settings, progress) if writes(system_name) else None
    )
    records: list[CaseRecord] = []
    about: list[dict[str, Any]] = []
    baselines: dict[str, dict[str, Any]] = {}
    journals: list[Journal] = []

    def told(record: CaseRecord) -> None:
        records.append(record)
        on_case(record, len(records), total)

    judge = load_judge(settings, models.llm, progress)
    for gold_set, cases in chosen:
        there, corpus_hash = _index_of(gold_set, settings, models.embeddings, progress)
        _require_facts(gold_set, cases, there)
        hashes = {"gold_sha256": sha256_of([gold_set.gold]), "corpus_sha256": corpus_hash}
        journal = Journal(
            settings.cache_dir / _JOURNALS,
            {
                **hashes,
                "set": gold_set.name,
                "system": system_name,
                "settings": plain_settings(settings),
                "code": code_sha256(),
            },
        )
        if not options.resume:
            journal.forget()
        journals.append(journal)
        system = build_system(system_name, there, models)
        _ask_all(gold_set.name, cases, system, judge, options, journal, told, progress)
        about.append({**_about_set(gold_set.name, cases, selection), **hashes})
        if system_name == PRODUCT:
            baselines[gold_set.name] = _baselines(gold_set.name, cases, there, models)
    for journal in journals:
        journal.forget()
    description = describe_run(settings, system_name, _names_of(models, settings, judge), about)
    return Run(description, tuple(records), baselines)


def validate(gold_set: GoldSet) -> str:
    """Look through a gold set and its corpus; give a summary.

    Raises:
        InputError: there are mistakes; each is named with file and line.
    """
    cases, mistakes = check_cases(gold_set.gold)
    if gold_set.corpus:
        articles = corpus_articles(gold_set.corpus)
        mistakes += check_facts(cases, {article.id: article.text for article in articles})
    if mistakes:
        raise InputError(describe_mistakes(gold_set.gold, sorted(mistakes, key=lambda m: m.line)))
    drafts = sum(not case.reviewed for case in cases.values())
    kinds = sorted({case.kind for case in cases.values()})
    answerable = sum(case.answerable for case in cases.values())
    return (
        f"{gold_set.gold}: {len(cases)} cases, {answerable} answerable, {drafts} not reviewed; "
        f"kinds: {', '.join(kind or '(none)' for kind in kinds)}"
    )


def _selected(gold_set: GoldSet, selection: Selection) -> list[GoldCase]:
    cases = selection.of(load_cases(gold_set.gold))
    if not cases:
        raise InputError(f"the gold set {gold_set.name} has no such case: change --kind, --split or --limit")
    return cases


def _index_of(
    gold_set: GoldSet, settings: Settings, model: EmbeddingModel, progress: Progress
) -> tuple[Settings, str]:
    if gold_set.corpus:
        return cached_index(settings, gold_set.corpus, model, progress)
    return settings, index_sha256(settings, model)


def _require_facts(gold_set: GoldSet, cases: Sequence[GoldCase], settings: Settings) -> None:
    """Refuse a set whose proofs are not in the corpus: its retrieval and citation scores would be false."""
    wanted = {fact.article_id for case in cases for fact in case.facts}
    catalog = Catalog.open_unchecked(settings.data_dir)
    articles = {i: article.text for i in wanted if (article := catalog.article(i)) is not None}
    by_line, _ = check_cases(gold_set.gold)
    chosen = {case.id for case in cases}
    mistakes = check_facts({n: c for n, c in by_line.items() if c.id in chosen}, articles)
    if mistakes:
        raise InputError(describe_mistakes(gold_set.gold, mistakes))


def _ask_all(
    name: str,
    cases: Sequence[GoldCase],
    system: System,
    judge: Judge | None,
    options: Options,
    journal: Journal,
    told: Callable[[CaseRecord], None],
    progress: Progress,
) -> None:
    known = journal.read()
    if resumed := sum((name, case.id) in known for case in cases):
        progress(f"{name}: {resumed} of {len(cases)} cases are there from an interrupted run (--fresh asks anew)")

    def work(case: GoldCase) -> CaseRecord:
        record = known.get((name, case.id))
        if record is None:
            record = ask(name, case, system, options.timeout, judge)
            journal.add(record)
        return record

    if options.jobs == 1:
        for case in cases:
            told(work(case))
        return
    with ThreadPoolExecutor(options.jobs, thread_name_prefix="newsdesk-eval") as pool:
        for record in pool.map(work, cases):
            told(record)


def ask(name: str, case: GoldCase, system: System, timeout: float, judge: Judge | None = None) -> CaseRecord:
    """Ask one case. A crash or a timeout becomes a record of a failure.

    Args:
        name: of the gold set.
        case: what to ask.
        system: whom.
        timeout: seconds it may take.
        judge: gives a second opinion; None: nobody does.
    """
    with counted_tokens() as tokens:
        try:
            answer = system.answer(case, time.monotonic() + timeout)
        except Exception as exc:  # noqa: BLE001  one crash must not end the run, nor vanish from it
            return failure(name, case, f"{type(exc).__name__}: {exc}")
    if system.name == RETRIEVAL:
        return score_retrieval(name, case, answer, tokens)
    record = score(name, case, answer, tokens)
    return with_opinion(record, judge.judge(case, answer)) if judge else record


def _baselines(name: str, cases: Sequence[GoldCase], settings: Settings, models: Models) -> dict[str, Any]:
    """Score the baselines on the same cases; they take milliseconds."""
    found = {}
    for baseline in BASELINES:
        system = build_system(f"baseline:{baseline}", settings, models)
        found[baseline] = baseline_summary([ask(name, case, system, 60) for case in cases])
    return found


def _names_of(models: Models, settings: Settings, judge: Judge | None) -> dict[str, str]:
    names = {"embedding": models.embeddings.name, "embedding_sha256": models.embeddings.sha256}
    if models.llm is not None:
        names |= {"llm": models.llm.name, "llm_sha256": weights_sha256(settings)}
    if judge is not None:
        names["judge"] = judge.name
    return names


def _about_set(name: str, cases: Sequence[GoldCase], selection: Selection) -> dict[str, Any]:
    return {
        "name": name,
        "cases": len(cases),
        "not_reviewed": sum(not case.reviewed for case in cases),
        "splits": sorted(selection.splits),
        "kinds": sorted(selection.kinds),
        "limit": selection.limit,
    }
