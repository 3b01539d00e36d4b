"""Samples for the adapter as the product asks: evidence that it chose, and sentences as a model writes them.

The evidence is of the questions of the training articles, asked of an index of all of them, or stands with the
development rows of the attacks on grounding.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from eval.attacks import Attack, load_attacks
from eval.cases import GoldCase
from eval.datasets import load_squad_set
from eval.indexes import cached_index
from qa.build import Models, build_pipeline
from qa.config import Settings
from qa.embeddings import load_embeddings
from qa.evidence import whole_passages
from qa.finding import Reading
from qa.models import Evidence
from qa.pipeline import Pipeline
from qa.prompts import JUDGE, PROBE, probe_messages, shown_text
from qa.second_look import same_answer
from qa.text import sentence_spans, squeeze
from qa.weights import Progress
from training.adapter_data import Judgement, Task
from training.corpus import read_squad

_LOOK_SHARE = 5  # one in so many groups of attacks is kept for looks on the way
_WHOLE = 0.35  # share of the questions that are shown whole passages, as those that are read again
_BARE = 0.35  # share of the answers that are shown bare, not as the sentence that holds them
_LONGEST = 300  # characters of what is judged


def attack_tasks(*, looks: bool) -> list[Task]:
    """Give the development rows of the attacks on grounding, those on one evidence and question as one task.

    Args:
        looks: the rows of one group of evidence in five, or those of the others.
    """
    rows = [attack for attack in load_attacks() if attack.split == "dev"]
    by_evidence = [list(group) for _, group in groupby(rows, lambda attack: attack.evidence[0].text)]
    kept = [group for n, group in enumerate(by_evidence) if (n % _LOOK_SHARE == 0) == looks]
    return [
        _attack_task(list(group)) for rows in kept for _, group in groupby(rows, lambda attack: attack.question)
    ]


def _attack_task(rows: Sequence[Attack]) -> Task:
    text = task_text(rows[0].question, rows[0].evidence, whole=False)
    return Task(text, tuple(Judgement(row.sentence, row.supported) for row in rows))


def squad_tasks(folder: Path, part: str, size: int, seed: int, progress: Progress) -> Iterator[Task]:
    """Give questions of the SQuAD selection with the evidence that the product finds for them.

    Args:
        folder: of the selection.
        part: of its articles, as in `read_squad`.
        size: questions, half of them unanswerable.
        seed: of the order.
        progress: told of the index.
    """
    wanted = {row.id for row in read_squad(folder, part)}
    cases = [case for case in load_squad_set(folder) if case.id in wanted]
    rng = np.random.default_rng(seed)
    order = [cases[i] for i in rng.permutation(len(cases))]
    halves = [[c for c in order if c.answerable == whether][: size // 2] for whether in (True, False)]
    settings = Settings()
    embeddings = load_embeddings(settings)
    index, _ = cached_index(settings, [folder / "articles"], embeddings, progress)
    pipeline = build_pipeline(index, models=Models(embeddings, None))
    for case in [case for pair in zip(*halves, strict=False) for case in pair]:
        task = _squad_task(case, pipeline, rng)
        if task is not None:
            yield task


def _squad_task(case: GoldCase, pipeline: Pipeline, rng: np.random.Generator) -> Task | None:
    """Give None where the proof of an answer is not in the evidence, or nothing was found."""
    reading = pipeline.read(case.question)
    if reading.topic is not None or not reading.evidence:
        return None
    whole = bool(rng.random() < _WHOLE)
    evidence = whole_passages(reading.passages, reading.spans) if whole else list(reading.evidence)
    judged = _judged(case, reading, evidence, pipeline, rng)
    return Task(task_text(case.question, evidence, whole=whole), judged) if judged else None


def _judged(
    case: GoldCase, reading: Reading, evidence: Sequence[Evidence], pipeline: Pipeline, rng: np.random.Generator
) -> tuple[Judgement, ...]:
    texts = [shown_text(item) for item in evidence]
    reader = pipeline.finder.reader
    found = sorted(
        zip(texts, reader.read(reading.query, texts) if reader else (), strict=True),
        key=lambda pair: -pair[1].log_odds,
    )
    rivals = [(text, text[span.start : span.end]) for text, span in found if text[span.start : span.end].strip()]
    if not case.answerable:
        judged = [Judgement(None, right=False)]
        chosen = rivals[:1] if rng.random() < 0.7 else rivals[1:2]
        return (*judged, *(Judgement(_said(text, span, rng), right=False) for text, span in chosen))
    golds = [(text, answer) for answer in case.answers for text in texts if answer in text]
    if not golds:
        return ()
    judged = [
        Judgement(None, right=True),
        Judgement(_said(*golds[int(rng.integers(len(golds)))], rng), right=True),
    ]
    wrong = [
        (text, span)
        for text, span in rivals
        if not any(same_answer(span, gold) or gold in text for gold in case.answers)
    ]
    return (*judged, *(Judgement(_said(text, span, rng), right=False) for text, span in wrong[:1]))


def _said(text: str, answer: str, rng: np.random.Generator) -> str:
    """Give an answer as it may be written: bare, or as the sentence that holds it."""
    holding = next((text[s:e] for s, e in sentence_spans(text) if answer in text[s:e]), answer)
    return squeeze(answer if rng.random() < _BARE or len(holding) > _LONGEST else holding)


def task_text(question: str, evidence: Sequence[Evidence], *, whole: bool) -> str:
    """Give evidence and question as the product's prompts end."""
    asked = str(probe_messages(question, evidence, whole=whole, verified=True)[-1].content)
    return asked.removesuffix(f"\n{PROBE}{JUDGE}")
