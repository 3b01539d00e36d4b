"""The eval runs that lie in the data folder, for looking at. Runs are made from the command line."""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.compare import Change, Comparison, changed_conditions, compare
from eval.records import FORMAT, read_run

FOLDER = "reports"


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run, with the accuracy of each of its gold sets."""

    name: str  # of its file, without the suffix
    started_at: str
    system: str
    model: str
    accuracy: dict[str, float]
    has_page: bool

    @property
    def label(self) -> str:
        """One line that names it."""
        sets = ", ".join(f"{name} {value:.2f}" for name, value in self.accuracy.items())
        return f"{self.started_at[:16].replace('T', ' ')} · {self.system} · {self.model} · accuracy: {sets or '-'}"


def list_runs(data_dir: Path) -> list[ListedRun]:
    """Give the runs of a data folder, newest first; files that are no runs are left out."""
    found = []
    for path in (data_dir / FOLDER).glob("*.json"):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(content, dict) and content.get("format") == FORMAT:
            found.append(_listed(path, content))
    return sorted(found, key=lambda run: run.started_at, reverse=True)


def page_of(data_dir: Path, name: str) -> Path | None:
    """Give the HTML page of a run, or None; a name that leads out of the folder is no run."""
    folder = (data_dir / FOLDER).resolve()
    path = (folder / f"{name}.html").resolve()
    return path if path.parent == folder and path.is_file() else None


def accuracy_series(runs: Sequence[ListedRun]) -> dict[str, list[tuple[str, float]]]:
    """Give accuracy over time for each gold set."""
    series: dict[str, list[tuple[str, float]]] = {}
    for run in sorted(runs, key=lambda run: run.started_at):
        for name, value in run.accuracy.items():
            series.setdefault(name, []).append((run.started_at[:16].replace("T", " "), value))
    return series


def comparison_html(data_dir: Path, before: str, after: str) -> str:
    """Compare two runs side by side, case by case.

    Raises:
        InputError: a run cannot be read, or the two have no case in common.
    """
    paths = [data_dir / FOLDER / f"{Path(name).name}.json" for name in (before, after)]
    first, second = (read_run(path) for path in paths)
    conditions = "".join(f"<li>{_t(line)}</li>" for line in changed_conditions(first, second)) or "<li>none</li>"
    parts = [f"<details><summary>Conditions that differ</summary><ul>{conditions}</ul></details>"]
    parts += [_set_html(comparison) for comparison in compare(first, second)]
    return f'<section class="nd-compare" aria-label="Comparison">{"".join(parts)}</section>'


def _set_html(c: Comparison) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{_t(name)}</th><td>{m.value:+.3f}</td><td>{m.low:+.3f} to {m.high:+.3f}</td></tr>"
        for name, m in c.differences.items()
    )
    changes = "".join(
        _changes_html(title, found)
        for title, found in (("Fixed", c.fixed), ("Broken", c.broken), ("Another verdict", c.other))
    )
    return (
        f"<h3>{_t(c.set)}: {c.n} common case{'' if c.n == 1 else 's'}</h3>"
        f"<p>Accuracy {c.accuracy[0]:.3f} → {c.accuracy[1]:.3f} ({c.difference.value:+.3f}): {_t(c.verdict)}</p>"
        f"<table><thead><tr><th scope='col'>measure</th><th scope='col'>difference</th>"
        f"<th scope='col'>95% interval</th></tr></thead><tbody>{rows}</tbody></table>{changes}"
    )


def _changes_html(title: str, changes: Sequence[Change]) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{_t(c.question)}</th><td>{_t(c.gold or '(the articles do not say)')}</td>"
        f"<td>{_t(c.before)}: {_t(c.text_before)}</td><td>{_t(c.after)}: {_t(c.text_after)}</td></tr>"
        for c in changes
    )
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("question", "gold", "before", "after"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    opened = " open" if title == "Broken" and rows else ""
    return f"<details{opened}><summary>{title}: {len(changes)}</summary>{table}</details>"


def _listed(path: Path, content: dict[str, Any]) -> ListedRun:
    models = content.get("models") or {}
    accuracy = {
        str(report["name"]): float(report["measures"]["accuracy"]["value"])
        for report in content.get("reports") or ()
        if "accuracy" in report.get("measures", {})
    }
    return ListedRun(
        path.stem,
        str(content.get("started_at", "")),
        str(content.get("system", "")),
        str(models.get("llm", "no language model")),
        accuracy,
        path.with_suffix(".html").is_file(),
    )


def _t(text: str) -> str:
    return html.escape(text, quote=True)
