"""Measure the shipped reader: `python -m training.evaluate --data FOLDER` (see README.md).

Answerability and spans on the paragraphs of SQuAD 2.0, the proving sentence among those of the passages that
the product retrieves, answerability on news, and CPU time.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from eval.cases import GoldCase
from eval.datasets import load_news_set
from eval.indexes import cached_index
from eval.metrics import exact_match, token_f1
from qa.build import build_pipeline
from qa.config import Settings, load_settings
from qa.embeddings import load_embeddings
from qa.evidence import rank_sentences
from qa.finding import Reading
from qa.gate import Gate, features_of
from qa.pipeline import QUOTATIONS_ONLY, Pipeline
from qa.reader import Reader, ReaderSpan
from qa.text import sentence_spans, squeeze
from training.corpus import Raw, read_squad

_TOP = 5  # passages whose sentences are ranked
_RECALL = 0.65  # of the unanswerable questions, at which false abstentions are counted
_ROUNDS = 2000  # bootstrap samples
_SPEED_TOKENS = 200
_SPAN_WEIGHTS = (0.5, 1.0, 1.5, 2.0)  # of the reader's word in a sentence's score
_SAMPLE = 40  # test questions on which the gate with the language model was measured


def answerability(reader: Reader, rows: Sequence[Raw]) -> dict[str, Any]:
    """Judge questions with the paragraph that they were written on."""
    spans = [reader.read(row.question, [row.context])[0] for row in rows]
    truth = [bool(row.answers) for row in rows]
    scores = [span.log_odds for span in spans]
    answered = [(row, span) for row, span in zip(rows, spans, strict=True) if row.answers]
    given = [row.context[span.start : span.end] for row, span in answered]
    gold = [[row.context[a:b] for a, b in row.answers] for row, _ in answered]
    f1 = [token_f1(g, text) for g, text in zip(gold, given, strict=True)]
    exact = [exact_match(g, text) for g, text in zip(gold, given, strict=True)]
    return {
        "questions": len(rows),
        "answerable": sum(truth),
        "AUC": auc_with_interval(truth, scores),
        "brier": round(float(np.mean([(s.answerable - t) ** 2 for s, t in zip(spans, truth, strict=True)])), 4),
        "recall and false abstention at 0.5": at_threshold(truth, scores, 0.0),
        f"false abstention at recall {_RECALL}": false_abstention(truth, scores, _RECALL),
        "span F1": mean_with_interval(f1),
        "span exact": mean_with_interval(exact),
    }


def auc_with_interval(truth: Sequence[bool], scores: Sequence[float]) -> list[float]:
    """Give the area under the ROC curve and its 95% bootstrap interval."""
    from sklearn.metrics import roc_auc_score

    labels, values = np.array(truth), np.array(scores)
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(_ROUNDS):
        chosen = rng.integers(len(labels), size=len(labels))
        if 0 < labels[chosen].sum() < len(labels):
            draws.append(roc_auc_score(labels[chosen], values[chosen]))
    return [round(float(v), 3) for v in (roc_auc_score(labels, values), *np.quantile(draws, (0.025, 0.975)))]


def mean_with_interval(values: Sequence[float]) -> list[float]:
    """Give the mean and its 95% bootstrap interval."""
    array = np.array(values, dtype=float)
    chosen = np.random.default_rng(0).integers(len(array), size=(_ROUNDS, len(array)))
    low, high = np.quantile(array[chosen].mean(axis=1), (0.025, 0.975))
    return [round(float(v), 3) for v in (array.mean(), low, high)]


def at_threshold(truth: Sequence[bool], scores: Sequence[float], threshold: float) -> list[float]:
    """Give the shares of unanswerable and of answerable questions that score below a threshold."""
    declined = np.array(scores) < threshold
    labels = np.array(truth)
    return [round(float(declined[~labels].mean()), 3), round(float(declined[labels].mean()), 3)]


def false_abstention(truth: Sequence[bool], scores: Sequence[float], recall: float) -> dict[str, float]:
    """Decline the lowest scores until a share of the unanswerable is declined; count the answerable among them."""
    labels, values = np.array(truth), np.array(scores)
    limit = np.sort(values[~labels])[int(np.ceil(recall * (~labels).sum())) - 1]
    wrong = (values[labels] <= limit).sum()
    return {"questions": int(wrong), "of": int(labels.sum()), "share": round(float(wrong / labels.sum()), 3)}


def pipeline_of(settings: Settings, articles: Path) -> Pipeline:
    """Index a set's articles once, and give the pipeline without a language model."""
    there, _ = cached_index(settings, [articles], load_embeddings(settings), click.echo)
    return build_pipeline(there)


def proving_sentence(
    reader: Reader, pipeline: Pipeline, readings: Mapping[str, Reading], rows: Sequence[Raw]
) -> dict[str, Any]:
    """Rank the sentences of the first passages, and see how often the proving one is the first.

    Asked are the answerable questions with their proof among those passages. The rankings: by the reader (the
    sentence with the best span of the passage of the highest score), by the product's scores without a reader, and
    by both (the product's score, plus the passage's probability for the sentence with its best span).
    """
    ways: dict[str, list[bool]] = {"reader": [], "product": [], **{f"both, {w}": [] for w in _SPAN_WEIGHTS}}
    for row in (r for r in rows if r.answers):
        passages = readings[row.id].passages[:_TOP]
        wanted = {squeeze(sentence) for sentence in _proofs(row)}
        texts = [passage.chunk.text for passage in passages]
        if not any(w in squeeze(text) for w in wanted for text in texts):
            continue
        spans = reader.read(row.question, texts)
        held = {_best_sentence([span], [text]): span.answerable for span, text in zip(spans, texts, strict=True)}
        ranked = rank_sentences(row.question, passages, pipeline.finder.embeddings, row.question)
        scores = {squeeze(item.text): item.score for item in ranked}
        ways["reader"].append(_best_sentence(spans, texts) in wanted)
        for name, weight in {"product": 0.0, **{f"both, {w}": w for w in _SPAN_WEIGHTS}}.items():
            best = max(scores, key=lambda s, w=weight: scores[s] + w * held.get(s, 0.0))  # type: ignore[misc]
            ways[name].append(best in wanted)
    return {
        "answerable": sum(bool(row.answers) for row in rows),
        f"proof among the first {_TOP} passages": len(ways["reader"]),
        **{f"proving sentence first, by {name}": mean_with_interval(hits) for name, hits in ways.items()},
    }


def _proofs(row: Raw) -> list[str]:
    return [
        row.context[s:e] for s, e in sentence_spans(row.context) if any(s < b and a < e for a, b in row.answers)
    ]


def _best_sentence(found: Sequence[ReaderSpan], texts: Sequence[str]) -> str:
    best = int(np.argmax([span.log_odds for span in found]))
    span, text = found[best], texts[best]
    held = [text[s:e] for s, e in sentence_spans(text) if s <= span.start < e]
    return squeeze(held[0]) if held else ""


def beside_gate(reader: Reader, readings: Mapping[str, Reading], rows: Sequence[Raw]) -> dict[str, Any]:
    """Judge questions against the whole corpus, as the gate does: those whose paragraph is retrieved.

    The gate here is the one without the language model's word, which takes hours to ask.
    """
    gate = Gate.load(QUOTATIONS_ONLY)
    found = []
    for row in rows:
        reading = readings[row.id]
        if reading.topic is not None or not any(p.article.id == row.context_id for p in reading.passages):
            continue
        features = features_of(row.question, reading.passages, reading.evidence, None)
        found.append(
            {
                "id": row.id,
                "truth": bool(row.answers),
                "gate": gate.decide(features).probability,
                "reader, evidence": _best(reader, row.question, [item.text for item in reading.evidence]),
                "reader, passages": _best(reader, row.question, [p.chunk.text for p in reading.passages[:_TOP]]),
            }
        )
    sampled = {row.id for row in sorted(rows, key=lambda r: hashlib.sha256(r.id.encode()).hexdigest())[:_SAMPLE]}
    return {
        "all": _aucs(found),
        f"first {_SAMPLE} by hash": _aucs([row for row in found if row["id"] in sampled]),
    }


def _aucs(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    truth = [row["truth"] for row in found]
    names = ("gate", "reader, evidence", "reader, passages")
    return {
        "questions": len(found),
        **{f"AUC, {name}": auc_with_interval(truth, [row[name] for row in found]) for name in names},
        **{
            f"false abstention at recall {_RECALL}, {name}": false_abstention(
                truth, [r[name] for r in found], _RECALL
            )
            for name in names
        },
    }


def news(reader: Reader, pipeline: Pipeline, cases: Sequence[GoldCase]) -> dict[str, Any]:
    """Judge news questions with the evidence that the product would hand over; the best piece counts."""
    truth, evidence, passages, facts = [], [], [], []
    for case in cases:
        reading = pipeline.read(case.question)
        if not reading.evidence:
            continue
        truth.append(case.answerable)
        evidence.append(_best(reader, case.question, [item.text for item in reading.evidence]))
        passages.append(_best(reader, case.question, [p.chunk.text for p in reading.passages[:_TOP]]))
        facts.append(
            _best(reader, case.question, [f.text for f in case.facts if f.text] or [reading.evidence[0].text])
        )
    return {
        "questions": len(truth),
        "null": truth.count(False),
        "AUC, evidence": auc_with_interval(truth, evidence),
        "AUC, passages": auc_with_interval(truth, passages),
        "AUC, gold facts against the evidence of null questions": auc_with_interval(truth, facts),
    }


def _best(reader: Reader, question: str, texts: Sequence[str]) -> float:
    return max(span.log_odds for span in reader.read(question, texts))


def speed(reader: Reader, rows: Sequence[Raw]) -> dict[str, float]:
    """Measure CPU milliseconds per passage of about 200 tokens, in batches of five."""
    words = " ".join(row.context for row in rows).split()
    texts = [" ".join(words[i : i + 150]) for i in range(0, 15_000, 150)]
    tokenizer = reader._runtime().tokenizer
    texts = [_cut(tokenizer, text) for text in texts]
    reader.read(rows[0].question, texts[:5])
    began, clock = time.process_time(), time.monotonic()
    for first in range(0, len(texts), 5):
        reader.read(rows[0].question, texts[first : first + 5])
    return {
        "passages": len(texts),
        "CPU ms per passage": round((time.process_time() - began) * 1000 / len(texts), 1),
        "wall ms per passage": round((time.monotonic() - clock) * 1000 / len(texts), 1),
    }


def _cut(tokenizer: Any, text: str) -> str:
    encoding = tokenizer.encode(text, add_special_tokens=False)
    return text[: encoding.offsets[min(_SPEED_TOKENS, len(encoding.offsets)) - 1][1]]


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the sets.")
@click.option("--split", type=click.Choice(["held back", "test"]), default="held back")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="File to write the numbers to.")
def main(data: Path, split: str, out: Path | None) -> None:
    """Measure on a split; the test split is for the end."""
    settings = load_settings(llm="none")
    reader = Reader.load(settings)
    if reader is None:
        raise click.ClickException("the reader is switched off (NEWSDESK_READER)")
    rows = read_squad(data / "squad-dev", split)
    wanted = "test" if split == "test" else "dev"
    cases = [case for case in load_news_set(data / "newsqa-dev") if case.split == wanted]
    wikipedia = pipeline_of(settings, data / "squad-dev" / "articles")
    readings = {row.id: wikipedia.read(row.question) for row in rows}
    measured = {
        "squad": answerability(reader, rows),
        "squad beside the gate": beside_gate(reader, readings, rows),
        "proof": proving_sentence(reader, wikipedia, readings, rows),
        "news": news(reader, pipeline_of(settings, data / "newsqa-dev" / "articles"), cases),
        "speed": speed(reader, rows),
    }
    text = json.dumps({"split": split, **measured}, indent=2)
    click.echo(text)
    if out:
        out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
