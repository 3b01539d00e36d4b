"""The eval runs: the report of one, the accuracy of all, two side by side."""

import html
from pathlib import Path
from typing import Any

import gradio as gr

from qa.errors import NewsdeskError
from ui.page.theme import markup
from ui.plots import lines_svg
from ui.render import note_html
from ui.reports import accuracy_series, comparison_html, list_runs

_NONE = "No run lies here yet. Runs are made from the command line: `newsdesk eval run`, or `make eval`."


class EvalPage:
    """Builds the tab and handles its events.

    Args:
        data_dir: the runs lie in its folder `reports`.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def build(self, tab: gr.Tab) -> None:
        """Lay the tab out and wire it; it is filled when it is opened."""
        self._history = markup("")
        self._run = gr.Dropdown([], label="Report of")
        self._report = markup("")
        with gr.Row():
            self._before = gr.Dropdown([], label="Compare")
            self._after = gr.Dropdown([], label="with")
        self._compare = gr.Button("Compare", size="sm")
        self._comparison = markup("")
        quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        tab.select(self._fill, None, [self._history, self._run, self._report, self._before, self._after], **quick)
        self._run.input(self._frame, [self._run], [self._report], **quick)
        self._compare.click(self._compared, [self._before, self._after], [self._comparison], **quick)

    def _fill(self) -> list[Any]:
        runs = list_runs(self._data_dir)
        choices = [(run.label, run.name) for run in runs]
        with_page = next((run.name for run in runs if run.has_page), None)
        plot = lines_svg(accuracy_series(runs), "Accuracy of the runs over time")
        return [
            f'<h2 class="nd-h2">Accuracy of the runs</h2>{plot}' if plot else note_html(_NONE),
            gr.update(choices=choices, value=with_page),
            self._frame(with_page),
            gr.update(choices=choices, value=runs[1].name if len(runs) > 1 else None),
            gr.update(choices=choices, value=runs[0].name if runs else None),
        ]

    def _frame(self, name: str | None) -> str:
        if not name:
            return ""
        address = html.escape(f"reports/{name}", quote=True)
        return (
            f'<p class="nd-note"><a href="{address}" target="_blank">Open the report by itself</a></p>'
            f'<iframe class="nd-report" src="{address}" title="Eval report" sandbox="allow-scripts"></iframe>'
        )

    def _compared(self, before: str | None, after: str | None) -> str:
        if not before or not after or before == after:
            return note_html("Choose two different runs.")
        try:
            return comparison_html(self._data_dir, before, after)
        except NewsdeskError as exc:
            return note_html(str(exc))
