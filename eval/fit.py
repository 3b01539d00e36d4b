"""Fit the abstention gate: logistic regression on the dev splits, reported on the test splits.

The method is plain logistic regression on standardised features, each (set, answerable or not) weighing
the same, so that a set with few unanswerable questions still counts. The threshold is the highest at
which no dev set abstains falsely more often than `FALSE_ABSTENTION`.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from eval.cases import GoldCase
from eval.datasets import load_news_set, load_squad_set, sample
from eval.runs import index_corpus
from qa.build import build_pipeline
from qa.config import Settings
from qa.gate import WITHOUT_PROBE, Features, Gate, features_of
from qa.pipeline import Pipeline, Reading
from qa.text import squeeze
from qa.weights import Progress

FALSE_ABSTENTION = 0.10
_FEATURES = ("top_cosine", "best_sentence", "coverage", "unknown_claims")
_PROBE_FEATURE = "yes_log_odds"
_GATE_FILE = Path(__file__).resolve().parent.parent / "qa" / "gate.json"


@dataclass(frozen=True, slots=True)
class Row:
    """A question's features with its label; `readable` is False where the proof is not in the evidence."""

    case_id: str
    data_set: str
    split: str
    answerable: bool
    readable: bool
    features: Features


def fit_gate(
    settings: Settings,
    news: Path | None,
    squad: Path | None,
    size: int,
    work_dir: Path | None,
    out: Path | None,
    progress: Progress,
) -> str:
    """Fit and write the gate for the settings' language model; give the report.

    Args:
        settings: the language model and the retrieval to fit for.
        news: folder of a MultiHop-RAG set, or None.
        squad: folder of a SQuAD 2.0 set, or None.
        size: questions per set and split at most.
        work_dir: keeps indexes and features between runs; None: a temporary folder.
        out: the file to update; None: the shipped one.
        progress: told of each question.

    Raises:
        InputError: a set cannot be read.
        NewsdeskError: the pipeline cannot be built.
    """
    with tempfile.TemporaryDirectory(prefix="newsdesk-fit-") as temporary:
        folder = work_dir or Path(temporary)
        sets = {
            name: (path, load(path))
            for name, path, load in (("news", news, load_news_set), ("squad", squad, load_squad_set))
            if path is not None
        }
        rows: list[Row] = []
        model_name = ""
        for name, (path, cases) in sets.items():
            there = settings.model_copy(update={"data_dir": folder / name})
            if not there.data_dir.exists():
                index_corpus(there, [path / "articles"], progress)
            pipeline = build_pipeline(there, progress)
            model_name = pipeline.llm.name if pipeline.llm else ""
            rows += _collect(
                name, cases, size, pipeline, folder / f"{name}-{model_name or 'none'}.jsonl", progress
            )
    return _fit_and_write(rows, model_name, out or _GATE_FILE)


def _collect(
    name: str, cases: Sequence[GoldCase], size: int, pipeline: Pipeline, cache: Path, progress: Progress
) -> list[Row]:
    chosen = [case for split in ("dev", "test") for case in sample(_of(cases, split), size)]
    known = _load_rows(cache)
    for number, case in enumerate(chosen, start=1):
        if case.id in known:
            continue
        reading = pipeline.read(case.question)
        if name == "squad" and not _retrieved(case, reading):
            continue  # many of its questions make no sense without their paragraph
        row = _row(name, case, reading, pipeline)
        known[case.id] = row
        with cache.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")
        progress(f"{name} {number}/{len(chosen)} {case.id}")
    wanted = {case.id for case in chosen}
    return [row for row in known.values() if row.case_id in wanted]


def _row(name: str, case: GoldCase, reading: Reading, pipeline: Pipeline) -> Row:
    features = features_of(
        reading.question, reading.query, reading.passages, reading.evidence, pipeline.probe(reading)
    )
    texts = [squeeze(item.text) for item in reading.evidence]
    readable = any(squeeze(fact.text) in text for fact in case.facts if fact.text for text in texts)
    return Row(case.id, name, case.split, case.answerable, readable, features)


def _of(cases: Sequence[GoldCase], split: str) -> list[GoldCase]:
    return [case for case in cases if case.split == split]


def _retrieved(case: GoldCase, reading: Reading) -> bool:
    return any(p.article.id == fact.article_id for p in reading.passages for fact in case.facts)


def _load_rows(cache: Path) -> dict[str, Row]:
    if not cache.exists():
        return {}
    rows = [json.loads(line) for line in cache.read_text(encoding="utf-8").splitlines()]
    return {r["case_id"]: Row(**{**r, "features": Features(**r["features"])}) for r in rows}


def _fit_and_write(rows: Sequence[Row], model_name: str, out: Path) -> str:
    weights = {WITHOUT_PROBE: _fit(rows, _FEATURES)}
    if model_name and all(row.features.yes_log_odds is not None for row in rows):
        weights[model_name] = _fit(rows, (*_FEATURES, _PROBE_FEATURE))
    content = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {"models": {}}
    content["models"].update(weights)
    out.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return "\n\n".join(_report(rows, weights, name) for name in weights)


def _fit(rows: Sequence[Row], names: Sequence[str]) -> dict[str, Any]:
    from sklearn.linear_model import LogisticRegression

    # An answerable question whose proof is not in the evidence can teach neither yes nor no.
    training = [r for r in rows if r.split == "dev" and (r.readable or not r.answerable)]
    x = np.array([[getattr(r.features, name) for name in names] for r in training])
    y = np.array([r.answerable for r in training])
    groups = [(r.data_set, r.answerable) for r in training]
    sizes = {group: groups.count(group) for group in set(groups)}
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale == 0] = 1.0
    model = LogisticRegression(C=1.0, max_iter=1000)
    model.fit((x - mean) / scale, y, sample_weight=[len(groups) / len(sizes) / sizes[g] for g in groups])
    weights: dict[str, Any] = {
        "features": list(names),
        "mean": [round(float(v), 6) for v in mean],
        "scale": [round(float(v), 6) for v in scale],
        "coefficients": [round(float(v), 6) for v in model.coef_[0]],
        "intercept": round(float(model.intercept_[0]), 6),
        "threshold": 0.5,
        "fitted_on": {f"{name}, {'answerable' if a else 'not'}": n for (name, a), n in sorted(sizes.items())},
        "fitted_at": datetime.now(UTC).date().isoformat(),
    }
    return {**weights, "threshold": _threshold(training, weights)}


def _threshold(rows: Sequence[Row], weights: dict[str, Any]) -> float:
    limits = []
    for name in {row.data_set for row in rows}:
        scores = sorted(_probability(r, weights) for r in rows if r.data_set == name and r.answerable)
        limits.append(scores[int(FALSE_ABSTENTION * len(scores))])
    return round(min(limits), 4)


def _probability(row: Row, weights: dict[str, Any]) -> float:
    return Gate({WITHOUT_PROBE: weights, "probed": weights}, "probed").decide(row.features).probability


def _report(rows: Sequence[Row], weights: dict[str, Any], name: str) -> str:
    from sklearn.metrics import roc_auc_score

    w = weights[name]
    pairs = zip(w["features"], w["coefficients"], strict=True)
    lines = [f"{name}: threshold {w['threshold']}, " + ", ".join(f"{f} {c:+.2f}" for f, c in pairs)]
    for data_set in sorted({row.data_set for row in rows}):
        for split in ("dev", "test"):
            part = [r for r in rows if r.data_set == data_set and r.split == split]
            truth = [r.answerable for r in part]
            scores = [_probability(r, w) for r in part]
            declined = [score < w["threshold"] for score in scores]
            auc = roc_auc_score(truth, scores) if len(set(truth)) == 2 else float("nan")
            lines.append(f"  {data_set:6} {split:5} n={len(part):3}  AUC {auc:.3f}  {_rates(truth, declined)}")
    return "\n".join(lines)


def _rates(truth: Sequence[bool], declined: Sequence[bool]) -> str:
    no, yes = (
        [d for t, d in zip(truth, declined, strict=True) if not t],
        [d for t, d in zip(truth, declined, strict=True) if t],
    )
    recall = sum(no) / len(no) if no else float("nan")
    false = sum(yes) / len(yes) if yes else float("nan")
    precision = sum(no) / sum(declined) if any(declined) else float("nan")
    return f"abstention precision {precision:.2f}, recall {recall:.2f}, false abstention {false:.2f}"
