"""The articles: add, look for, read, read again, remove."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from qa.errors import NewsdeskError
from ui.chat import Desk
from ui.library import (
    ORDERS,
    SUFFIXES,
    FileResult,
    Filter,
    Library,
    ListedArticle,
    Outcome,
    by_month,
    chosen,
    extent,
    outlets,
)
from ui.page.theme import markup
from ui.plots import bars_svg
from ui.render import article_html, note_html, results_html

_SHOWN = 100  # articles in the list at once
_MAX_FILES = 200


class ArticlesPage:
    """Builds the tab and handles its events.

    Args:
        desk: its library is shown and changed, its history forgets what is removed.
    """

    def __init__(self, desk: Desk) -> None:
        self._library: Library = desk.library
        self._history = desk.history

    def build(self, tab: gr.Tab) -> None:
        """Lay the tab out and wire it; it is filled when it is opened."""
        with gr.Row(equal_height=False, elem_id="nd-shelf"):
            with gr.Column(scale=2, min_width=320):
                self._lay_add()
                self._lay_list()
            with gr.Column(scale=3, min_width=320):
                self._counts = markup("")
                self._lay_one()
        listed = [self._counts, self._list, self._outlets, self._more]
        filters = [self._search, self._outlets, self._since, self._until, self._order]
        quick: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        tab.select(self._fill, filters, listed, **quick)
        self._files.upload(self._add, [self._files, *filters], [self._result, self._files, *listed], **quick)
        gr.on(
            [self._address_button.click, self._address.submit],
            self._add_address,
            [self._address, *filters],
            [self._result, self._address, *listed],
            **quick,
        )
        for choice in filters:
            choice.change(self._fill, filters, listed, queue=False, **quick)
        self._list.input(self._preview, [self._list], [self._article, self._one, self._sure], queue=False, **quick)
        self._again.click(self._read_again, [self._list, *filters], [self._result, *listed], **quick)
        self._all_again.click(self._read_all_again, filters, [self._result, *listed], **quick)
        self._remove.click(lambda: gr.update(visible=True), None, [self._sure], queue=False, **quick)
        self._no.click(lambda: gr.update(visible=False), None, [self._sure], queue=False, **quick)
        self._yes.click(
            self._remove_article,
            [self._list, *filters],
            [self._result, self._article, self._one, self._sure, *listed],
            **quick,
        )

    def _lay_add(self) -> None:
        self._files = gr.File(
            file_count="multiple",
            file_types=list(SUFFIXES),
            type="filepath",
            label="Add article files",
            height=140,
            elem_id="nd-upload",
        )
        markup(note_html(f"Files of these kinds: {', '.join(suffix.lstrip('.') for suffix in SUFFIXES)}."))
        with gr.Row(elem_id="nd-address"):
            self._address = gr.Textbox(label="Address of an article or a feed", max_lines=1, scale=4)
            self._address_button = gr.Button("Add", size="sm", scale=0, min_width=90)
        self._result = markup("", elem_id="nd-result")

    def _lay_list(self) -> None:
        with gr.Row():
            self._search = gr.Textbox(label="Search titles and outlets", max_lines=1, scale=2)
            self._order = gr.Dropdown(list(ORDERS), value="newest", label="Order", min_width=120)
        with gr.Accordion("Only some outlets or days", open=False):
            self._outlets = gr.Dropdown([], multiselect=True, label="Outlets")
            with gr.Row():
                self._since = gr.Textbox(label="From day", placeholder="2025-01-31", max_lines=1)
                self._until = gr.Textbox(label="To day", placeholder="2025-12-31", max_lines=1)
        self._list = gr.Radio([], label="Articles", elem_id="nd-articles", elem_classes="nd-list")
        self._more = markup("")
        self._all_again = gr.Button("Read all of them again", size="sm")

    def _lay_one(self) -> None:
        with gr.Column(visible=False) as self._one:
            with gr.Row():
                self._again = gr.Button("Read it again", size="sm")
                self._remove = gr.Button("Remove …", size="sm")
            with gr.Row(visible=False) as self._sure:
                self._yes = gr.Button("Remove for good", size="sm", variant="stop")
                self._no = gr.Button("Keep it", size="sm")
            self._article = markup("", elem_id="nd-preview")

    # Events

    def _fill(self, *filters: Any) -> list[Any]:
        try:
            articles = self._library.articles()
        except NewsdeskError as exc:
            return [note_html(str(exc)), gr.update(choices=[], value=None), gr.update(), ""]
        kept = chosen(articles, _filter(*filters))
        plot = bars_svg(by_month(articles), "Articles by month of publication")
        more = f"The first {_SHOWN} of {len(kept)}: search to see others." if len(kept) > _SHOWN else ""
        words = (
            extent(articles) if articles else "No articles yet: drop files here, or use `newsdesk ingest PATH`."
        )
        return [
            f"{note_html(words)}{plot}",
            gr.update(
                choices=[(article.label, article.id) for article in kept[:_SHOWN]],
                label=f"Articles ({len(kept)})",
            ),
            gr.update(choices=outlets(articles)),
            note_html(more) if more else "",
        ]

    def _add(self, paths: list[str] | None, *filters: Any) -> Iterator[list[Any]]:
        files = [(Path(path), Path(path).name) for path in paths or ()]
        if len(files) > _MAX_FILES:
            message = f"{len(files)} files at once are too many: use `newsdesk ingest`, or {_MAX_FILES} at most."
            yield [note_html(message), None, *_same(4)]
            return
        yield from self._with_progress(self._library.add_files(files), len(files), filters, [None])
        for path, _ in files:  # what was kept of them lies in the data folder
            path.unlink(missing_ok=True)

    def _add_address(self, address: str, *filters: Any) -> Iterator[list[Any]]:
        yield from self._with_progress(self._library.add_address(address.strip()), None, filters, [""])

    def _read_again(self, article_id: str | None, *filters: Any) -> Iterator[list[Any]]:
        wanted = [article for article in self._known() if article.id == article_id]
        yield from self._with_progress(self._library.read_again(wanted), len(wanted), filters, [])

    def _read_all_again(self, *filters: Any) -> Iterator[list[Any]]:
        wanted = chosen(self._known(), _filter(*filters))
        yield from self._with_progress(self._library.read_again(wanted), len(wanted), filters, [])

    def _known(self) -> list[ListedArticle]:
        try:
            return self._library.articles()
        except NewsdeskError:
            return []

    def _with_progress(
        self, results: Iterator[FileResult], total: int | None, filters: tuple[Any, ...], emptied: list[Any]
    ) -> Iterator[list[Any]]:
        """Show each file as it is done, then the list as it is now; `total` is None for an address."""
        done: list[FileResult] = []
        begun = note_html("Fetching …") if total is None else results_html(done, total)
        yield [begun, *_same(len(emptied) + 4)]
        try:
            for result in results:
                done.append(result)
                yield [results_html(done, total or 0), *_same(len(emptied) + 4)]
        except NewsdeskError as exc:
            done.append(FileResult("", Outcome.FAILED, reason=str(exc)))
        yield [results_html(done, len(done)), *emptied, *self._fill(*filters)]

    def _preview(self, article_id: str | None) -> tuple[str, Any, Any]:
        try:
            article = self._library.article(article_id or "")
        except NewsdeskError as exc:
            return note_html(str(exc)), gr.update(visible=False), gr.update(visible=False)
        if article is None:
            return "", gr.update(visible=False), gr.update(visible=False)
        shown = f'<article class="nd-card" aria-label="Article">{article_html(article)}</article>'
        return shown, gr.update(visible=True), gr.update(visible=False)

    def _remove_article(self, article_id: str | None, *filters: Any) -> list[Any]:
        hidden = gr.update(visible=False)
        try:
            self._library.remove(article_id or "")
            self._history.forget_articles([article_id or ""])
        except NewsdeskError as exc:
            return [note_html(str(exc)), gr.update(), gr.update(), hidden, *self._fill(*filters)]
        counts, listed, *rest = self._fill(*filters)
        return [note_html("Removed."), "", hidden, hidden, counts, {**listed, "value": None}, *rest]


def _filter(search: str, among: list[str] | None, since: str, until: str, order: str) -> Filter:
    return Filter(
        search or "", tuple(among or ()), (since or "").strip(), (until or "").strip(), order or "newest"
    )


def _same(count: int) -> list[Any]:
    return [gr.update() for _ in range(count)]
