"""Samples for the adapter as the product asks: evidence that it chose, and sentences as a model writes them.

The evidence is of the questions of the training articles, asked of an index of all of them, of those on the
Wikipedia part of qa-train, asked of an index of that, or stands with the development rows of the attacks on
grounding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import frontmatter
import numpy as np

from eval.attacks import Attack, load_attacks
from eval.datasets import load_squad_set
from eval.indexes import cached_index
from qa.build import Models, build_pipeline
from qa.config import Settings
from qa.embeddings import load_embeddings
from qa.evidence import whole_passages
from qa.models import Evidence
from qa.pipeline import Pipeline
from qa.prompts import JUDGE, PROBE, probe_messages, shown_text
from qa.second_look import same_answer
from qa.text import sentence_spans, squeeze
from qa.weights import Progress
from training.adapter_data import MIX, Judgement, Task
from training.batches import batches_of
from training.corpus import Example, Raw, annotate, held_back, read_qa_train, read_squad
from training.data import Sampler, changed_question

_LOOK_SHARE = 5  # one in so many groups of attacks is kept for looks on the way
_WHOLE = 0.35  # share of the questions that are shown whole passages, as those that are read again
_BARE = 0.35  # share of the answers that are shown bare, not as the sentence that holds them
_LONGEST = 300  # characters of what is judged
_EXCHANGED, _REMOVED = 0.2, 0.3  # shares of the Wikipedia questions that are made unanswerable, by way
_ANNOTATED_TOGETHER = 300  # questions


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
    pipeline = _pipeline_on(folder / "articles", progress)
    for case in [case for pair in zip(*halves, strict=False) for case in pair]:
        task = _task_of(case.question, case.answers if case.answerable else (), pipeline, rng)
        if task is not None:
            yield task


def wikipedia_tasks(file: Path, folder: Path, seed: int, progress: Progress) -> Iterator[Task]:
    """Give questions on the Wikipedia part of qa-train with the evidence that the product finds, each once.

    Of three in ten the sentences that hold the answer are taken out of the evidence, of two in ten a word or name
    of the question is exchanged before it is asked: what is left is on the subject, and does not answer.

    Args:
        file: `questions.jsonl.gz`.
        folder: for its texts as articles.
        seed: of the order.
        progress: told of the index.
    """
    rows = [row for row in read_qa_train(file) if row.source == "new_wiki" and not held_back(row)]
    _write_articles(rows, folder)
    pipeline = _pipeline_on(folder, progress)
    rng = np.random.default_rng(seed)
    order = [rows[i] for i in rng.permutation(len(rows))]
    for group in batches_of(order, _ANNOTATED_TOGETHER):
        examples = annotate(group)
        sampler = Sampler(examples, {}, seed, replace(MIX, sources={"new_wiki": 1.0}))
        for example in examples:
            task = _wikipedia_task(example, sampler, pipeline, rng)
            if task is not None:
                yield task


def _write_articles(rows: Sequence[Raw], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for row in {row.context_id: row for row in rows}.values():
        post = frontmatter.Post(row.context, id=row.context_id, title=row.title.replace("_", " "))
        (folder / f"{row.context_id}.md").write_text(frontmatter.dumps(post), encoding="utf-8")


def _wikipedia_task(
    example: Example, sampler: Sampler, pipeline: Pipeline, rng: np.random.Generator
) -> Task | None:
    way = rng.random()
    if way < _EXCHANGED:
        sample = changed_question(sampler, example)
        return _task_of(sample.question, (), pipeline, rng) if sample is not None else None
    answers = tuple(dict.fromkeys(example.context.text[a:b] for a, b in example.answers))
    if way < _EXCHANGED + _REMOVED:
        return _task_of(example.question, (), pipeline, rng, without=answers)
    return _task_of(example.question, answers, pipeline, rng)


def _pipeline_on(folder: Path, progress: Progress) -> Pipeline:
    settings = Settings()
    embeddings = load_embeddings(settings)
    index, _ = cached_index(settings, [folder], embeddings, progress)
    return build_pipeline(index, models=Models(embeddings, None))


def _task_of(
    question: str,
    answers: Sequence[str],
    pipeline: Pipeline,
    rng: np.random.Generator,
    without: Sequence[str] = (),
) -> Task | None:
    """Give None where the proof of an answer is not in the evidence, or nothing was found.

    Args:
        question: asked of the pipeline's index.
        answers: that are right; none: it has no answer there.
        pipeline: finds the evidence.
        rng: of the draws.
        without: what of the evidence holds any of these is left out.
    """
    reading = pipeline.read(question)
    if reading.topic is not None or not reading.evidence:
        return None
    whole = bool(rng.random() < _WHOLE)
    found = whole_passages(reading.passages, reading.spans) if whole else list(reading.evidence)
    evidence = [item for item in found if not any(a.lower() in item.text.lower() for a in without)]
    if not evidence:
        return None
    judged = _judged(reading.query, answers, [shown_text(item) for item in evidence], pipeline, rng)
    return Task(task_text(question, evidence, whole=whole), judged) if judged else None


def _judged(
    query: str, answers: Sequence[str], texts: Sequence[str], pipeline: Pipeline, rng: np.random.Generator
) -> tuple[Judgement, ...]:
    reader = pipeline.finder.reader
    found = sorted(
        zip(texts, reader.read(query, texts) if reader else (), strict=True),
        key=lambda pair: -pair[1].log_odds,
    )
    rivals = [(text, text[span.start : span.end]) for text, span in found if text[span.start : span.end].strip()]
    if not answers:
        judged = [Judgement(None, right=False)]
        chosen = rivals[:1] if rng.random() < 0.7 else rivals[1:2]
        return (*judged, *(Judgement(_said(text, span, rng), right=False) for text, span in chosen))
    golds = [(text, answer) for answer in answers for text in texts if answer in text]
    if not golds:
        return ()
    judged = [
        Judgement(None, right=True),
        Judgement(_said(*golds[int(rng.integers(len(golds)))], rng), right=True),
    ]
    wrong = [
        (text, span)
        for text, span in rivals
        if not any(same_answer(span, gold) or gold in text for gold in answers)
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
