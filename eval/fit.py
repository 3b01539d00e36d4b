"""Fit the abstention gate: logistic regression on the dev splits, reported on the test splits.

The method is logistic regression on standardised features, each coefficient held to the sign it must have
(a likelier match may not make an answer less likely), so that the habits of one set, such as long questions,
cannot turn a feature round. Within a set, answerable and unanswerable questions weigh the same. Sets differ
in what separates them; their weights are those of a small grid under which the worst set's dev AUC is the
best. The threshold is the highest at which no dev set abstains falsely more often than `FALSE_ABSTENTION`.

A follow-up says little by itself, and the model's own yes or no is less sure of it: its threshold is fitted on
the shipped conversations, by the same rule.

Yes or no: the log-odds of a question's weakest claim (`qa.verdict`) from which it is answered yes, at the best
mean of the balanced accuracies on the dev splits of the sets that have such questions.
"""

import itertools
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.cases import GoldCase, load_cases
from eval.datasets import load_news_set, load_squad_set, sample_splits
from eval.fit_drafts import DraftRow, drafts_of_set, fit_drafts, report_drafts
from eval.indexes import cached_index
from eval.logistic import fit_logistic
from eval.metrics import normalise
from eval.runs import SHIPPED
from qa.answer_type import may_be_yes_no
from qa.build import build_pipeline
from qa.config import Settings
from qa.embeddings import load_embeddings
from qa.finding import Reading
from qa.gate import WITHOUT_PROBE, Features, Gate, features_of
from qa.pipeline import Pipeline
from qa.text import squeeze
from qa.verdict import check_claims, order_of_reports, weakest
from qa.weights import Progress

_FOLLOW_UPS = "follow-ups"
FALSE_ABSTENTION = 0.10
_CONFIDENT = 0.5  # share of the answerable dev questions below the stricter threshold
# Limits in the file that were chosen on dev rows and are kept as they are. `hopeless`: the gate's probability
# under which whole passages are not read either (of 13 answers that a second reading gave, the gate had seen none
# below 0.16 at first). `verifier`: docs/quality.md; its `asked` and `believed` go with the weights for drafts, so
# they are to be chosen anew after a fit.
_NOT_FITTED = ("hopeless", "verifier")
# The features and the sign of their coefficients: +1 speaks for an answer, -1 against it.
_SIGNS = {"top_cosine": 1, "unknown_share": -1, "yes_log_odds": 1}
_FEATURES = ("top_cosine", "unknown_share")
_PROBE_FEATURE = "yes_log_odds"
_SET_WEIGHTS = (1.0, 0.5, 0.3)
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
        work_dir: keeps features between runs; None: a temporary folder.
        out: the file to update; None: the shipped one.
        progress: told of each question.

    Raises:
        InputError: a set cannot be read.
        NewsdeskError: the pipeline cannot be built.
    """
    with tempfile.TemporaryDirectory(prefix="newsdesk-fit-") as temporary:
        folder = work_dir or Path(temporary)
        # The reader knows the answers of what it was trained on.
        new = {"squad": load_squad_set(squad, new_to_reader=True)} if squad is not None else {}
        own = [SHIPPED[name] for name in ("harbour", "basalt")]
        sets = {
            **{
                name: ([path / "articles"], load(path))
                for name, path, load in (("news", news, load_news_set), ("squad", squad, load_squad_set))
                if path is not None
            },
            **{shipped.name: (list(shipped.corpus), load_cases(shipped.gold)) for shipped in own},
        }
        rows: list[Row] = []
        follow_ups: list[Row] = []
        claims: list[ClaimRow] = []
        drafts: list[DraftRow] = []
        model_name = ""
        for name, (corpus, cases) in sets.items():
            there, _ = cached_index(settings, corpus, load_embeddings(settings, progress), progress)
            pipeline = build_pipeline(there, progress)
            model_name = pipeline.llm.name if pipeline.llm else ""
            if name == "harbour":  # the follow-ups are on its articles
                leaning = load_cases(SHIPPED[_FOLLOW_UPS].gold)
                follow_ups += _collect(
                    _FOLLOW_UPS, leaning, size, pipeline, _kept(folder, _FOLLOW_UPS, pipeline), progress
                )
            if name not in SHIPPED:
                rows += _collect(name, cases, size, pipeline, _kept(folder, name, pipeline), progress)
            claims += _weigh_claims(name, cases, size, pipeline, progress)
            drafts += drafts_of_set(name, new.get(name, cases), size, pipeline, progress)
    return _fit_and_write(rows, follow_ups, claims, drafts, model_name, out or _GATE_FILE)


def _kept(folder: Path, name: str, pipeline: Pipeline) -> Path:
    return folder / f"{name}-{pipeline.llm.name if pipeline.llm else 'none'}.jsonl"


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A yes or no question: its gold answer, and the log-odds of its weakest claim."""

    data_set: str
    split: str
    yes: bool
    weakest: float


def _weigh_claims(
    name: str, cases: Sequence[GoldCase], size: int, pipeline: Pipeline, progress: Progress
) -> list[ClaimRow]:
    """Check the claims of a set's yes or no questions."""
    if pipeline.llm is None:
        return []
    fitting = [c for c in cases if normalise(c.answer) in ("yes", "no") and may_be_yes_no(c.question)]
    asked = sample_splits(fitting, size)
    found = []
    for number, case in enumerate(asked, start=1):
        reading = pipeline.read(case.question, case.history)
        if order_of_reports(reading.question, reading.parts, reading.evidence) is not None:
            continue
        checks = check_claims(reading.parts, reading.evidence, pipeline.llm, reading.previous)
        if checks:
            found.append(ClaimRow(name, case.split, normalise(case.answer) == "yes", weakest(checks)))
        progress(f"{name}, yes or no {number}/{len(asked)} {case.id}")
    return found


def _yes_threshold(rows: Sequence[ClaimRow]) -> float | None:
    """Give the threshold with the best mean balanced accuracy over the sets' dev splits; None without any."""
    dev = [row for row in rows if row.split == "dev"]
    sets = [s for s in {row.data_set for row in dev} if len({row.yes for row in dev if row.data_set == s}) == 2]
    if not sets:
        return None
    values = sorted({row.weakest for row in dev})
    middles: list[float] = [(a + b) / 2 for a, b in itertools.pairwise(values)]

    def mean(threshold: float) -> float:
        return sum(_balanced([r for r in dev if r.data_set == s], threshold) for s in sets) / len(sets)

    return round(float(max(middles, key=mean, default=0.0)), 4)


def _balanced(rows: Sequence[ClaimRow], threshold: float) -> float:
    by_answer = [[(r.weakest >= threshold) == yes for r in rows if r.yes == yes] for yes in (True, False)]
    present = [right for right in by_answer if right]
    return sum(sum(right) / len(right) for right in present) / len(present) if present else float("nan")


def _report_claims(rows: Sequence[ClaimRow], threshold: float) -> str:
    lines = [f"yes or no: threshold {threshold}"]
    for data_set, split in sorted({(row.data_set, row.split) for row in rows}):
        part = [row for row in rows if (row.data_set, row.split) == (data_set, split)]
        yes = sum(row.yes for row in part)
        lines.append(
            f"  {data_set:7} {split:5} yes {yes:3}, no {len(part) - yes:3}  "
            f"balanced accuracy {_balanced(part, threshold):.3f}"
        )
    return "\n".join(lines)


def _collect(
    name: str, cases: Sequence[GoldCase], size: int, pipeline: Pipeline, cache: Path, progress: Progress
) -> list[Row]:
    chosen = sample_splits(cases, size)
    known = _load_rows(cache)
    for number, case in enumerate(chosen, start=1):
        if case.id in known:
            continue
        reading = pipeline.read(case.question, case.history)
        if reading.topic is not None:
            continue  # a list of quotations is not probed
        if name == "squad" and not _retrieved(case, reading):
            continue  # many of its questions make no sense without their paragraph
        if name == _FOLLOW_UPS and reading.previous is None:
            continue  # it stands alone
        row = _row(name, case, reading, pipeline)
        known[case.id] = row
        with cache.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")
        progress(f"{name} {number}/{len(chosen)} {case.id}")
    wanted = {case.id for case in chosen}
    return [row for row in known.values() if row.case_id in wanted]


def _row(name: str, case: GoldCase, reading: Reading, pipeline: Pipeline) -> Row:
    features = features_of(reading.question, reading.passages, reading.evidence, pipeline.writer.probe(reading))
    texts = [squeeze(item.text) for item in reading.evidence]
    readable = any(squeeze(fact.text) in text for fact in case.facts if fact.text for text in texts)
    return Row(case.id, name, case.split, case.answerable, readable, features)


def _retrieved(case: GoldCase, reading: Reading) -> bool:
    return any(p.article.id == fact.article_id for p in reading.passages for fact in case.facts)


def _load_rows(cache: Path) -> dict[str, Row]:
    if not cache.exists():
        return {}
    rows = [json.loads(line) for line in cache.read_text(encoding="utf-8").splitlines()]
    return {r["case_id"]: Row(**{**r, "features": Features(**r["features"])}) for r in rows}


def _fit_and_write(
    rows: Sequence[Row],
    follow_ups: Sequence[Row],
    claims: Sequence[ClaimRow],
    drafts: Sequence[DraftRow],
    model_name: str,
    out: Path,
) -> str:
    content = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {"models": {}}
    known = content["models"].get(model_name, {})
    weights = {WITHOUT_PROBE: _fit(rows, _FEATURES)}
    threshold = _yes_threshold(claims)
    if model_name and all(row.features.yes_log_odds is not None for row in rows):
        fitted = _fit(rows, (*_FEATURES, _PROBE_FEATURE))
        more = {
            "yes_threshold": threshold,
            **{name: value for name, value in known.items() if name in _NOT_FITTED},
            **fit_drafts(drafts, fitted),
            "follow_up_threshold": _follow_up_threshold(follow_ups, fitted),
        }
        weights[model_name] = {**fitted, **{name: value for name, value in more.items() if value is not None}}
    content["models"].update(weights)
    out.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    reports = [_report(rows, weights, name) for name in weights]
    if "follow_up_threshold" in weights.get(model_name, {}):
        reports.append(_report_follow_ups(follow_ups, weights[model_name]))
    if threshold is not None:
        reports.append(_report_claims(claims, threshold))
    if drafts:
        reports.append(report_drafts(drafts, weights[model_name]))
    return "\n\n".join(reports)


def _fit(rows: Sequence[Row], names: Sequence[str]) -> dict[str, Any]:
    # An answerable question whose proof is not in the evidence can teach neither yes nor no.
    training = [r for r in rows if r.split == "dev" and (r.readable or not r.answerable)]
    sets = sorted({row.data_set for row in training})
    fits = [
        _fit_weighted(training, names, dict(zip(sets, weights, strict=True)))
        for weights in itertools.product(_SET_WEIGHTS, repeat=len(sets))
        if max(weights) == 1.0
    ]
    best = max(fits, key=lambda weights: min(_auc(_of_set(training, name), weights) for name in sets))
    return {
        **best,
        "threshold": _threshold(training, best, FALSE_ABSTENTION),
        "confident": _threshold(training, best, _CONFIDENT),
    }


def _fit_weighted(training: Sequence[Row], names: Sequence[str], set_weights: dict[str, float]) -> dict[str, Any]:
    groups = [(r.data_set, r.answerable) for r in training]
    sizes = {group: groups.count(group) for group in set(groups)}
    fitted = fit_logistic(
        [[getattr(r.features, name) for name in names] for r in training],
        [r.answerable for r in training],
        [_SIGNS[name] for name in names],
        [set_weights[g[0]] * len(groups) / len(sizes) / sizes[g] for g in groups],
    )
    return {
        "features": list(names),
        **fitted,
        "threshold": 0.5,
        "confident": 0.5,
        "set_weights": set_weights,
        "fitted_on": {f"{name}, {'answerable' if a else 'not'}": n for (name, a), n in sorted(sizes.items())},
        "fitted_at": datetime.now(UTC).date().isoformat(),
    }


def _of_set(rows: Sequence[Row], name: str) -> list[Row]:
    return [row for row in rows if row.data_set == name]


def _auc(rows: Sequence[Row], weights: dict[str, Any]) -> float:
    """Give the area under the ROC curve of the gate's probability; NaN when one class is missing."""
    from sklearn.metrics import roc_auc_score

    truth = [r.answerable for r in rows]
    if len(set(truth)) < 2:
        return float("nan")
    return float(roc_auc_score(truth, [_probability(r, weights) for r in rows]))


def _threshold(rows: Sequence[Row], weights: dict[str, Any], share: float) -> float:
    """Give the highest probability below which at most a share of each set's answerable questions fall."""
    limits = []
    for name in {row.data_set for row in rows}:
        scores = sorted(_probability(r, weights) for r in _of_set(rows, name) if r.answerable)
        limits.append(scores[int(share * len(scores))])
    return round(min(limits), 4)


def _follow_up_threshold(rows: Sequence[Row], weights: dict[str, Any]) -> float | None:
    dev = [row for row in rows if row.split == "dev" and (row.readable or not row.answerable)]
    return _threshold(dev, weights, FALSE_ABSTENTION) if any(row.answerable for row in dev) else None


def _report_follow_ups(rows: Sequence[Row], weights: dict[str, Any]) -> str:
    limit = weights["follow_up_threshold"]
    lines = [f"follow-ups: threshold {limit}"]
    for split in ("dev", "test"):
        part = [row for row in rows if row.split == split]
        lines.append(f"  {split:5} {_summary(part, weights, limit)}")
    return "\n".join(lines)


def _probability(row: Row, weights: dict[str, Any]) -> float:
    return Gate({WITHOUT_PROBE: weights, "probed": weights}, "probed").decide(row.features).probability


def _report(rows: Sequence[Row], weights: dict[str, Any], name: str) -> str:
    w = weights[name]
    pairs = zip(w["features"], w["coefficients"], strict=True)
    lines = [f"{name}: threshold {w['threshold']}, " + ", ".join(f"{f} {c:+.2f}" for f, c in pairs)]
    for data_set in sorted({row.data_set for row in rows}):
        for split in ("dev", "test"):
            part = [r for r in _of_set(rows, data_set) if r.split == split]
            lines.append(f"  {data_set:6} {split:5} {_summary(part, w, w['threshold'])}")
    return "\n".join(lines)


def _summary(rows: Sequence[Row], weights: dict[str, Any], threshold: float) -> str:
    declined = [_probability(row, weights) < threshold for row in rows]
    truth = [row.answerable for row in rows]
    return f"n={len(rows):3}  AUC {_auc(rows, weights):.3f}  {_rates(truth, declined)}"


def _rates(truth: Sequence[bool], declined: Sequence[bool]) -> str:
    no, yes = (
        [d for t, d in zip(truth, declined, strict=True) if not t],
        [d for t, d in zip(truth, declined, strict=True) if t],
    )
    recall = sum(no) / len(no) if no else float("nan")
    false = sum(yes) / len(yes) if yes else float("nan")
    precision = sum(no) / sum(declined) if any(declined) else float("nan")
    return f"abstention precision {precision:.2f}, recall {recall:.2f}, false abstention {false:.2f}"
