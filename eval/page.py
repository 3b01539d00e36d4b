"""A run as one self-contained HTML page: numbers, plots, and every case with its passages. Opens offline."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
from markupsafe import Markup

from eval.groundedness import checker_quality, load_pairs
from eval.metrics import Verdict
from eval.records import CaseRecord, Run
from eval.report import RETRIEVAL_MEASURES, SetReport, is_right
from eval.stats import Measure
from qa.text import squeeze

_INK = "#123456"  # replaced by the page's own colour of text, so that plots follow light and dark
_FILL = "#234567"
_SOFT = "#345678"
_NO_TIME = 0.05  # seconds: a baseline's are not worth a plot
_HEADLINES = ("accuracy", "accuracy on answerable", "balanced yes/no", "abstention F1", "false abstention",
              "citation precision", "citation recall", "groundedness", "hit@4")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a passage: cited by the answer, holding a gold proof, both or neither."""

    text: str
    cited: bool
    proof: bool


def render_html(run: Run, reports: Sequence[SetReport]) -> str:
    """Write the page.

    Args:
        run: with all its records.
        reports: of its sets.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("eval"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["measure"] = _show
    template = environment.get_template("report.html.j2")
    return template.render(
        run=run,
        about=run.about,
        reports=reports,
        headlines=_HEADLINES,
        neutral=(Verdict.RIGHT_BY_QUOTATION.value, Verdict.UNJUDGED.value),
        plots={report.name: _plots(report, run) for report in reports},
        cases=[_case(record) for record in run.records],
        kinds=sorted({record.kind for record in run.records}),
        verdicts=[v.value for v in Verdict if any(r.verdict == v.value for r in run.records)],
        checker=checker_quality([pair for pair in load_pairs() if pair.split == "test"]),
    )


def _case(record: CaseRecord) -> dict[str, Any]:
    answer = record.answer or {}
    proofs = [fact["fact"] for fact in record.gold["evidence"] if fact["fact"]]
    quotes = [citation["quote"] for citation in answer.get("citations", ())]
    passages = [
        {**passage, "pieces": marked(passage["text"], quotes, proofs)} for passage in answer.get("passages", ())
    ]
    return {"record": record, "answer": answer, "right": is_right(record), "passages": passages}


def marked(text: str, quotes: Iterable[str], proofs: Iterable[str]) -> list[Piece]:
    """Cut a passage where quotations and proofs begin and end.

    Args:
        text: of the passage.
        quotes: what the answer cites.
        proofs: what proves the gold answer.

    Returns:
        Pieces that join to the text.
    """
    cited, proof = _covered(text, quotes), _covered(text, proofs)
    pieces: list[Piece] = []
    start = 0
    for i in range(1, len(text) + 1):
        if i == len(text) or (cited[i], proof[i]) != (cited[start], proof[start]):
            pieces.append(Piece(text[start:i], cited[start], proof[start]))
            start = i
    return pieces


def _covered(text: str, parts: Iterable[str]) -> list[bool]:
    covered = [False] * len(text)
    for part in parts:
        pattern = r"\s+".join(re.escape(word) for word in squeeze(part).split(" "))
        for match in re.finditer(pattern, text) if part.strip() else ():
            covered[match.start() : match.end()] = [True] * (match.end() - match.start())
    return covered


def _show(measure: Measure | Mapping[str, Any] | None) -> str:
    if measure is None:
        return "–"
    value = measure.value if isinstance(measure, Measure) else measure["value"]
    return f"{value:.3f}" if value < 10 else f"{value:.0f}"


def _plots(report: SetReport, run: Run) -> list[tuple[str, Markup]]:
    plots = []
    if len(report.by_kind) > 1 and "accuracy" in report.measures:
        plots.append(("Accuracy by kind, with 95% intervals", _by_kind(report)))
    if len(report.curve) > 1:
        axes = ("share of the questions answered", "accuracy")
        plots.append(
            ("Accuracy of the most confident answers, by the share answered", _curve(report.curve, *axes))
        )
    if report.abstention_curve:
        axes = ("share of the answerable questions declined", "share of the others declined")
        plots.append(("What would be declined at other limits", _curve(report.abstention_curve, *axes)))
    seconds = [r.scores["seconds"] for r in run.of_set(report.name) if "seconds" in r.scores]
    firsts = [r.scores["first token"] for r in run.of_set(report.name) if "first token" in r.scores]
    if seconds and max(seconds) >= _NO_TIME:
        plots.append(("Share of answers there after so many seconds", _latency(firsts, seconds)))
    retrieval = {name: report.measures[name] for name in RETRIEVAL_MEASURES if name in report.measures}
    if retrieval:
        plots.append(("Retrieval", _bars(retrieval)))
    return plots


def _by_kind(report: SetReport) -> Markup:
    return _bars(
        {f"{kind} ({m['accuracy'].n})": m["accuracy"] for kind, m in report.by_kind.items() if "accuracy" in m}
    )


def _bars(measures: Mapping[str, Measure]) -> Markup:
    figure, axes = _figure(height=0.7 + 0.27 * len(measures))
    names = list(measures)[::-1]
    values = [measures[name].value for name in names]
    errors = [
        [max(0.0, measures[n].value - measures[n].low) for n in names],
        [max(0.0, measures[n].high - measures[n].value) for n in names],
    ]
    axes.barh(names, values, color=_FILL, height=0.62)
    axes.errorbar(values, names, xerr=errors, fmt="none", ecolor=_INK, elinewidth=1, capsize=2)
    axes.set_xlim(0, 1.02)
    return _svg(figure)


def _curve(points: Sequence[tuple[float, float]], across: str, up: str) -> Markup:
    figure, axes = _figure(height=2.8)
    axes.plot([x for x, _ in points], [y for _, y in points], color=_FILL, linewidth=2)
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.03)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return _svg(figure)


def _latency(firsts: Sequence[float], seconds: Sequence[float]) -> Markup:
    figure, axes = _figure(height=2.8)
    for values, label, colour in ((firsts, "first words", _SOFT), (seconds, "whole answer", _FILL)):
        if values:
            axes.ecdf(sorted(values), color=colour, linewidth=2, label=label)
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds")
    axes.legend(frameon=False, labelcolor=_INK, loc="lower right")
    return _svg(figure)


def _figure(height: float) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, height), layout="constrained")
    axes = figure.subplots()
    axes.tick_params(colors=_INK, labelsize=9)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(_INK)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    axes.grid(axis="x", color=_INK, alpha=0.12)
    axes.set_axisbelow(True)
    return figure, axes


def _svg(figure: Any) -> Markup:
    import matplotlib as mpl

    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "newsdesk", "font.family": "sans-serif"}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1), count=1
    )
    for colour, variable in ((_INK, "--ink"), (_FILL, "--plot"), (_SOFT, "--plot-soft")):
        text = text.replace(colour, f"var({variable})")
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font: \1px var(--font)", text)
    return Markup(text)  # noqa: S704  matplotlib escapes the labels that it writes
