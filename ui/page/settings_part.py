"""Filters and settings of the chat, kept in the browser."""

from typing import Any

import gradio as gr

from qa.config import Settings
from qa.errors import NewsdeskError
from ui.chat import LENGTHS, Desk
from ui.library import outlets
from ui.page.theme import markup
from ui.render import note_html

_LENGTH_LABELS = [("Short", "short"), ("Normal", "normal"), ("Long", "long")]


class SettingsPart:
    """Lays the filters and settings out and keeps what is chosen.

    Args:
        desk: its library knows the outlets.
        settings: give the defaults.
    """

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self._desk = desk
        self._settings = settings

    def build(self) -> None:
        """Lay them out, folded."""
        with gr.Accordion("Filters and settings", open=False, elem_id="nd-settings"):
            with gr.Row():
                self._outlets = gr.Dropdown([], multiselect=True, label="Only these outlets")
                self._since = gr.Textbox(label="From day", placeholder="2025-01-31", max_lines=1)
                self._until = gr.Textbox(label="To day", placeholder="2025-12-31", max_lines=1)
            self._length = gr.Radio(
                _LENGTH_LABELS, value="normal", label="Longest answer", info="How much the model may write."
            )
            with gr.Accordion("Model and retrieval", open=False):
                self._quotations = gr.Checkbox(
                    label="Quotations only", info="Answer at once with the best quotation, without the model."
                )
                self._top_k = gr.Slider(
                    1, 50, value=self._settings.top_k, step=1, label="Passages read for each question"
                )
                markup(
                    note_html(
                        f"Language model: {self._settings.llm}. "
                        f"Embedding model: {self._settings.embedding_model}. "
                        "They are set where the program is started."
                    )
                )

    @property
    def choices(self) -> list[Any]:
        """The components that hold what is chosen, in the order of `restored`."""
        return [self._outlets, self._since, self._until, self._length, self._top_k, self._quotations]

    def wire(self, kept: gr.BrowserState) -> None:
        """Keep in the browser what a reader chooses."""
        # What a reader does, and not each change: while a page is restored, half of the values are old ones.
        days = (self._since, self._until)
        triggers = [choice.input for choice in self.choices if choice not in days]
        triggers += [trigger for day in days for trigger in (day.blur, day.submit)]
        gr.on(triggers, self._keep, self.choices, [kept], queue=False, show_progress="hidden",
              api_visibility="private")  # fmt: skip

    def restored(self, kept: dict[str, Any]) -> list[Any]:
        """Give the values of the components for what the browser kept."""
        try:
            known = outlets(self._desk.library.articles())
        except NewsdeskError:
            known = []
        length = kept.get("length")
        return [
            gr.update(choices=known, value=[name for name in kept.get("outlets") or () if name in known]),
            kept.get("since") or "",
            kept.get("until") or "",
            length if length in LENGTHS else "normal",
            kept.get("top_k") or self._settings.top_k,
            bool(kept.get("quotations")),
        ]

    def _keep(
        self, chosen: list[str], since: str, until: str, length: str, top_k: float, quotations: bool
    ) -> dict[str, Any]:
        wanted = int(top_k or 0)
        return {
            "outlets": chosen or [],
            "since": since or "",
            "until": until or "",
            "length": length or "normal",
            "top_k": wanted if wanted != self._settings.top_k else 0,
            "quotations": bool(quotations),
        }
