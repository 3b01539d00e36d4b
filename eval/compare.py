"""What changed between two runs, case by case, and whether it can be noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eval.metrics import Verdict
from eval.records import CaseRecord, Run
from eval.report import is_right
from eval.stats import Measure, mcnemar, paired_difference
from qa.errors import InputError

SIGNIFICANCE = 0.05  # p below which a difference is called more than noise
# Measures compared pairwise over the cases where both runs have them.
_COMPARED = (
    "accuracy with quotations", "token F1 of short", "citation precision", "citation recall", "groundedness",
    "hit@1", "hit@4", "recall@10", "all@10", "MRR@10", "article nDCG@10", "answer words", "prompt tokens",
    "first token", "seconds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """A case that one run got right and the other did not, or whose verdict is another one."""

    id: str
    kind: str
    question: str
    gold: str
    before: str
    after: str
    text_before: str
    text_after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs on one gold set. `p` is McNemar's exact test on accuracy; differences are second - first."""

    set: str
    n: int
    left_out: int  # cases that only one of the runs has
    accuracy: tuple[float, float]
    difference: Measure
    p: float
    fixed: tuple[Change, ...]
    broken: tuple[Change, ...]
    other: tuple[Change, ...]
    differences: dict[str, Measure]

    @property
    def verdict(self) -> str:
        """Whether the difference can be noise, in words."""
        if not self.fixed and not self.broken:
            return "no case changed sides"
        if self.p >= SIGNIFICANCE:
            return f"can be noise (McNemar's exact test: p = {self.p:.3f})"
        better = "better" if self.difference.value > 0 else "worse"
        return f"{better}, and hardly by chance (McNemar's exact test: p = {self.p:.3f})"


def compare(first: Run, second: Run) -> list[Comparison]:
    """Compare two runs on the cases that both have.

    Raises:
        InputError: they have none in common, or the gold of a common case differs.
    """
    found = [
        comparison
        for name in first.sets
        if name in second.sets and (comparison := _compare_set(name, first.of_set(name), second.of_set(name)))
    ]
    if not found:
        raise InputError("the two runs have no case in common: compare runs of the same gold set")
    return found


def changed_conditions(first: Run, second: Run) -> list[str]:
    """Say what differs between the conditions of two runs: settings, models, data, code, versions, machine."""
    a, b = _flat(first.about), _flat(second.about)
    left_out = {"started_at"}
    names = sorted((a.keys() | b.keys()) - left_out)
    return [f"{name}: {a.get(name, '-')} -> {b.get(name, '-')}" for name in names if a.get(name) != b.get(name)]


def render_comparison(first: Run, second: Run) -> str:
    """Write a comparison as plain text."""
    lines = ["conditions that differ:"]
    lines += [f"  {line}" for line in changed_conditions(first, second) or ["none"]]
    for c in compare(first, second):
        lines += [
            "",
            f"== {c.set}: {c.n} common cases{f', {c.left_out} in one run only' if c.left_out else ''} ==",
        ]
        lines.append(
            f"accuracy {c.accuracy[0]:.3f} -> {c.accuracy[1]:.3f}, difference {c.difference.value:+.3f} "
            f"[{c.difference.low:+.3f}, {c.difference.high:+.3f}]: {c.verdict}"
        )
        lines += [
            f"{name:26} {m.value:+.3f} [{m.low:+.3f}, {m.high:+.3f}] (n={m.n})"
            + ("" if m.low <= 0 <= m.high else "  *")
            for name, m in c.differences.items()
        ]
        if c.differences:
            lines.append("(* the 95% paired bootstrap interval leaves out 0)")
        for title, changes in (("fixed", c.fixed), ("broken", c.broken), ("another verdict", c.other)):
            lines += _render_changes(title, changes)
    return "\n".join(lines)


def _render_changes(title: str, changes: Sequence[Change]) -> list[str]:
    lines = ["", f"{title}: {len(changes)}"]
    for change in changes:
        lines.append(f"- {change.id} ({change.kind}) {change.question}")
        lines.append(f"    gold:   {change.gold or '(the articles do not say)'}")
        lines.append(f"    before: {change.before}: {change.text_before}")
        lines.append(f"    after:  {change.after}: {change.text_after}")
    return lines


def _compare_set(name: str, first: Sequence[CaseRecord], second: Sequence[CaseRecord]) -> Comparison | None:
    a, b = {r.id: r for r in first}, {r.id: r for r in second}
    common = [i for i in a if i in b]
    if not common:
        return None
    differing = next((i for i in common if a[i].gold != b[i].gold), None)
    if differing is not None:
        raise InputError(f"the gold answer of {differing} is not the same in both runs: run one of them again")
    pairs = [(a[i], b[i]) for i in common]
    judged = [(x, y) for x, y in pairs if Verdict.UNJUDGED.value not in (x.verdict, y.verdict)]
    rights = [(is_right(x), is_right(y)) for x, y in judged]
    first_only, second_only = sum(x and not y for x, y in rights), sum(y and not x for x, y in rights)
    return Comparison(
        set=name,
        n=len(common),
        left_out=len(a.keys() ^ b.keys()),
        accuracy=_accuracies(rights),
        difference=paired_difference([x for x, _ in rights], [y for _, y in rights]),
        p=mcnemar(first_only, second_only),
        fixed=tuple(_change(x, y) for x, y in judged if is_right(y) and not is_right(x)),
        broken=tuple(_change(x, y) for x, y in judged if is_right(x) and not is_right(y)),
        other=tuple(_change(x, y) for x, y in judged if is_right(x) == is_right(y) and x.verdict != y.verdict),
        differences={m: found for m in _COMPARED if (found := _difference(m, pairs)).n},
    )


def _accuracies(rights: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    n = len(rights) or 1
    return sum(x for x, _ in rights) / n, sum(y for _, y in rights) / n


def _difference(measure: str, pairs: Sequence[tuple[CaseRecord, CaseRecord]]) -> Measure:
    both = [
        (x.scores[measure], y.scores[measure]) for x, y in pairs if measure in x.scores and measure in y.scores
    ]
    return paired_difference([x for x, _ in both], [y for _, y in both])


def _change(before: CaseRecord, after: CaseRecord) -> Change:
    return Change(
        id=before.id,
        kind=before.kind,
        question=before.gold["question"],
        gold=before.gold["answer"],
        before=before.verdict,
        after=after.verdict,
        text_before=_text(before),
        text_after=_text(after),
    )


def _text(record: CaseRecord) -> str:
    return str(record.answer["text"]) if record.answer else record.error


def _flat(about: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give nested values under dotted names; gold sets under their own names."""
    flat: dict[str, Any] = {}
    for name, value in about.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        elif name == "sets":
            for entry in value:
                flat |= _flat({k: v for k, v in entry.items() if k != "name"}, f"{entry['name']}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
