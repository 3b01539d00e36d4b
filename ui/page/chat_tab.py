"""The chat: conversation, sources beside it, the list of conversations, filters and settings.

Blocks and not ChatInterface: that one locks the text box while an answer is written, keeps no conversation on
the server, and has no place for a line of waiting questions.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from qa.config import Settings
from qa.errors import NewsdeskError
from ui.chat import WAITING_AT_MOST, ChatView, Desk, preferences_of, turns_of
from ui.history import SavedTurn, new_id
from ui.messages import (
    DISLIKE,
    LIKE,
    Beside,
    Messages,
    exports_html,
    last_sources,
    messages_of,
    question_message,
    reply_of,
    status_html,
    thumbs_of,
    turn_position,
)
from ui.page.settings_part import SettingsPart
from ui.page.theme import markup
from ui.render import empty_sources_html, question_of_markdown, spoken_status
from ui.views import AnswerView, checked_against
from ui.web import reader_of

_SECRET = "newsdesk"  # noqa: S105  gradio wants one to keep values in the browser; these are no secret


class ChatPage:
    """Builds the chat and handles its events.

    Args:
        desk: answers.
        settings: for the folded settings' defaults, and whether the page has a tab to add articles.
    """

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self._desk = desk
        self._history = desk.history
        self._settings_part = SettingsPart(desk, settings)
        self._manages_articles = settings.page_manages_articles

    def build(self, demo: gr.Blocks) -> None:
        """Lay the chat out, inside an open tab, and wire it."""
        self._open = gr.BrowserState("", storage_key="newsdesk-open", secret=_SECRET)
        self._kept = gr.BrowserState({}, storage_key="newsdesk-preferences", secret=_SECRET)
        self._typed = gr.State("")  # the question that is being asked
        self._judged = gr.State("")  # the turn whose thumb is down and may be corrected
        with gr.Row(equal_height=False, elem_id="nd-desk"):
            with gr.Column(elem_id="nd-history", scale=0, min_width=240):
                self._lay_history()
            with gr.Column(elem_id="nd-talk", scale=3, min_width=320):
                self._lay_talk()
            with gr.Column(elem_id="nd-beside", scale=2, min_width=320):
                self._sources = markup(empty_sources_html(), label="Sources")
        self._wire_questions()
        self._wire_history()
        self._wire_feedback()
        self._settings_part.wire(self._kept)
        demo.load(
            self._restore,
            [self._open, self._kept],
            [
                self._chat, self._sources, self._listed, self._this, self._title, self._exports,
                *self._settings_part.choices, self._open,
            ],
            show_progress="hidden",
            api_visibility="private",
        )  # fmt: skip

    # Layout

    def _lay_history(self) -> None:
        markup('<h2 class="nd-h2">Conversations</h2>')
        self._new = gr.Button("New conversation", size="sm", elem_id="nd-new")
        self._search = gr.Textbox(label="Search in them", max_lines=1, elem_id="nd-search")
        self._listed = gr.Radio(
            [], label="Earlier ones", visible=False, elem_id="nd-conversations", elem_classes="nd-list"
        )
        with gr.Column(visible=False, elem_id="nd-this") as self._this:
            self._title = gr.Textbox(label="Name of this one (Enter saves)", max_lines=1)
            self._exports = markup("")
            self._delete = gr.Button("Delete it …", size="sm", elem_id="nd-delete")
            with gr.Row(visible=False) as self._sure:
                self._yes = gr.Button("Delete for good", size="sm", variant="stop")
                self._no = gr.Button("Keep it", size="sm")

    def _lay_talk(self) -> None:
        markup(
            '<button id="nd-toggle" type="button" aria-expanded="false" aria-controls="nd-history">'
            "Conversations</button>",
            elem_id="nd-toggle-row",
        )
        self._chat = gr.Chatbot(
            show_label=False,
            label="Conversation",
            elem_id="nd-chat",
            autoscroll=False,  # page.js does it, and lets go when the reader scrolls up
            height="62dvh",
            allow_tags=False,
            latex_delimiters=[],
            layout="bubble",
            group_consecutive_messages=False,
            placeholder="",
            buttons=["copy"],
            editable="user",
            feedback_options=[LIKE, DISLIKE],
        )
        with gr.Column(visible=False, elem_id="nd-correct") as self._correct:
            self._correction = gr.Textbox(label="What should the answer be? (may stay empty)", max_lines=4)
            with gr.Row():
                self._send_correction = gr.Button("Send", size="sm", variant="primary")
                self._no_correction = gr.Button("Close", size="sm")
        self._box = gr.Textbox(
            placeholder="Ask about the articles",
            label="Your question",
            show_label=False,
            container=False,
            autofocus=True,
            submit_btn=True,
            stop_btn=False,
            lines=1,
            max_lines=6,
            elem_id="nd-box",
        )
        self._status = markup(status_html(""), elem_id="nd-status")
        self._settings_part.build()

    # Questions

    def _wire_questions(self) -> None:
        quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        slow: dict[str, Any] = {
            "concurrency_limit": WAITING_AT_MOST + 5,
            "concurrency_id": "ask",
            "show_progress": "hidden",
            "api_visibility": "private",
        }
        begun = [self._typed, self._box, self._open, self._correct]
        # Three steps, because each output of a step costs at each word: only what changes is in the second.
        for begin in (
            self._box.submit(self._begin_typed, [self._box, self._open], begun, **quick),
            self._chat.example_select(self._begin_selected, [self._open], begun, **quick),
            self._chat.option_select(self._begin_selected, [self._open], begun, **quick),
            self._chat.retry(self._begin_again, [self._open], begun, **quick),
            self._chat.edit(self._begin_edited, [self._open], begun, **quick),
        ):
            begin.success(
                self._ask,
                [self._typed, self._open, self._kept],
                [self._chat, self._sources, self._status],
                **slow,
            ).then(
                self._end, [self._open], [self._box, self._listed, self._this, self._title, self._exports], **quick
            )
        self._box.stop(self._stop, None, None, **quick)
        self._chat.undo(self._undo, [self._open], [self._box, self._chat, self._sources], **quick)

    def _begin_typed(self, question: str, conversation: str, request: gr.Request) -> tuple[Any, ...]:
        return self._begin(question, conversation, request)

    def _begin_selected(self, conversation: str, event: gr.SelectData, request: gr.Request) -> tuple[Any, ...]:
        value = event.value
        question = value.get("text") or value.get("value") or "" if isinstance(value, dict) else str(value)
        return self._begin(question, conversation, request)

    def _begin_again(self, conversation: str, event: gr.RetryData, request: gr.Request) -> tuple[Any, ...]:
        turns = self._history.turns(_reader(request), conversation)
        position = min(turn_position(event.index), len(turns) - 1)
        begun = self._begin(turns[position].question if position >= 0 else "", conversation, request)
        self._history.cut_turns(_reader(request), conversation, position)
        return begun

    def _begin_edited(self, conversation: str, event: gr.EditData, request: gr.Request) -> tuple[Any, ...]:
        begun = self._begin(question_of_markdown(str(event.value)), conversation, request)
        self._history.cut_turns(_reader(request), conversation, turn_position(event.index))
        return begun

    def _begin(self, question: str, conversation: str, request: gr.Request) -> tuple[Any, ...]:
        """Take a question up: empty the box, and put the stop button into it."""
        if not question.strip():
            raise gr.Error("There is no question.", visible=False, print_exception=False)
        if self._desk.is_busy(str(request.session_hash)):
            message = "One question at a time: wait for the answer, or stop it."
            raise gr.Error(message, title="Not yet", duration=4, print_exception=False)
        box = gr.update(value="", submit_btn=False, stop_btn=True)
        return question, box, conversation or new_id(), gr.update(visible=False)

    def _ask(
        self, question: str, conversation: str, kept: dict[str, Any], request: gr.Request
    ) -> Iterator[tuple[Messages, str, str]]:
        """Answer a question; the page is told of every step, and the turn is kept when it is over.

        Gradio sends a browser what differs from the step before: an earlier message, or sources that are the same
        again, cost a comparison. gr.skip() instead would make the component anew on the server, at each step.
        """
        reader = _reader(request)
        earlier = self._history.turns(reader, conversation)
        before = messages_of(earlier)
        turn_id = new_id()
        asked = question_message(question)
        beside = Beside(turn_id)
        view = AnswerView(question, question)
        for shown in self._answers(request, question, turn_id, earlier, kept):
            view = shown.view
            if not shown.progress:
                self._history.save_turn(reader, conversation, turn_id, view)
            messages = [*before, asked, reply_of(view, turn_id, shown.progress)]
            yield messages, beside.html(view), status_html(spoken_status(view))

    def _end(self, conversation: str, request: gr.Request) -> tuple[Any, ...]:
        updates = self._history_updates(_reader(request), conversation)
        shown = (updates[part] for part in (self._listed, self._this, self._title, self._exports))
        return gr.update(submit_btn=True, stop_btn=False), *shown

    def _answers(
        self, request: gr.Request, question: str, turn_id: str, earlier: list[SavedTurn], kept: dict[str, Any]
    ) -> Iterator[ChatView]:
        try:
            preferences = preferences_of(kept or {})
        except NewsdeskError as exc:
            yield ChatView(replace(AnswerView(question, question), error=str(exc), done=True), turn_id, "")
            return
        session = str(request.session_hash)
        yield from self._desk.ask(session, question, turn_id, turns_of(earlier), preferences)

    def _stop(self, request: gr.Request) -> None:
        self._desk.stop(str(request.session_hash))

    def _undo(self, conversation: str, event: gr.UndoData, request: gr.Request) -> tuple[str, Messages, str]:
        reader = _reader(request)
        turns = self._history.turns(reader, conversation)
        position = min(turn_position(event.index), len(turns) - 1)
        if position < 0:
            return "", [], empty_sources_html()
        self._history.cut_turns(reader, conversation, position)
        left = turns[:position]
        return turns[position].question, messages_of(left), last_sources(left)

    # The list of conversations

    def _wire_history(self) -> None:
        quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        shown = [
            self._chat, self._sources, self._open, self._listed, self._this, self._title, self._exports,
            self._correct, self._status,
        ]  # fmt: skip
        self._chat.clear(self._start_anew, None, shown, **quick)
        self._listed.input(self._show, [self._listed], shown, **quick)
        self._new.click(self._start_anew, None, shown, **quick)
        self._search.change(self._found, [self._search, self._open], [self._listed], **quick)
        self._title.submit(self._rename, [self._open, self._title, self._search], [self._listed], **quick)
        self._delete.click(lambda: gr.update(visible=True), None, [self._sure], **quick)
        self._no.click(lambda: gr.update(visible=False), None, [self._sure], **quick)
        self._yes.click(self._delete_open, [self._open], [*shown, self._sure], **quick)

    def _show(self, conversation: str, request: gr.Request) -> tuple[Any, ...]:
        reader = _reader(request)
        turns = self._checked(self._history.turns(reader, conversation))
        updates = self._history_updates(reader, conversation)
        return (
            gr.update(
                value=messages_of(turns),
                feedback_value=thumbs_of(turns, self._history.liked(reader, conversation)),
            ),
            last_sources(turns),
            conversation,
            *(updates[part] for part in (self._listed, self._this, self._title, self._exports)),
            gr.update(visible=False),
            status_html("Conversation opened."),
        )

    def _start_anew(self, request: gr.Request) -> tuple[Any, ...]:
        updates = self._history_updates(_reader(request), "")
        return (
            gr.update(value=[], feedback_value=[], **self._greeting()),
            empty_sources_html(),
            "",
            *(updates[part] for part in (self._listed, self._this, self._title, self._exports)),
            gr.update(visible=False),
            status_html("New conversation."),
        )

    def _found(self, search: str, conversation: str, request: gr.Request) -> Any:
        return self._list(_reader(request), conversation, search)

    def _rename(self, conversation: str, title: str, search: str, request: gr.Request) -> Any:
        self._history.rename(_reader(request), conversation, title)
        return self._list(_reader(request), conversation, search)

    def _delete_open(self, conversation: str, request: gr.Request) -> tuple[Any, ...]:
        self._history.delete(_reader(request), conversation)
        return (*self._start_anew(request), gr.update(visible=False))

    def _history_updates(self, reader: str, conversation: str) -> dict[Any, Any]:
        known = self._history.conversation(reader, conversation)
        exports = ""
        if known is not None:
            exports = exports_html(known.id)
        return {
            self._listed: self._list(reader, conversation),
            self._this: gr.update(visible=known is not None),
            self._title: gr.update(value=known.title if known else ""),
            self._exports: exports,
        }

    def _list(self, reader: str, conversation: str, search: str = "") -> Any:
        found = self._history.conversations(reader, search)
        chosen = conversation if any(entry.id == conversation for entry in found) else None
        choices = [(entry.title, entry.id) for entry in found]
        return gr.update(choices=choices, value=chosen, visible=bool(choices) or bool(search))

    def _restore(self, conversation: str, kept: dict[str, Any], request: gr.Request) -> list[Any]:
        """Show the conversation that was open when the page was left.

        Where there is none, only the greeting and the list are touched: a quick reader may have asked already.
        """
        reader = _reader(request)
        turns = self._checked(self._history.turns(reader, conversation or ""))
        updates = self._history_updates(reader, conversation or "")
        shown: dict[str, Any] = {}
        if turns:
            liked = thumbs_of(turns, self._history.liked(reader, conversation))
            shown = {"value": messages_of(turns), "feedback_value": liked}
        return [
            gr.update(**shown, **self._greeting()),
            last_sources(turns) if turns else gr.update(),
            *(updates[part] for part in (self._listed, self._this, self._title, self._exports)),
            *self._settings_part.restored(kept or {}),
            "" if conversation and not turns else gr.update(),
        ]

    def _checked(self, turns: list[SavedTurn]) -> list[SavedTurn]:
        try:
            return [
                replace(turn, view=checked_against(turn.view, self._desk.library.fingerprint)) for turn in turns
            ]
        except NewsdeskError:
            return turns

    def _greeting(self) -> dict[str, Any]:
        """Give what an empty conversation shows: questions to begin with, or how to add articles."""
        examples = self._desk.examples()
        if examples:
            return {"placeholder": _GREETING, "examples": [{"text": question} for question in examples]}
        where = "in the tab “Articles”, or " if self._manages_articles else ""
        return {"placeholder": _NO_ARTICLES.format(where=where), "examples": []}

    # Feedback

    def _wire_feedback(self) -> None:
        quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        self._chat.like(
            self._judge, [self._open], [self._judged, self._correct, self._correction, self._status], **quick
        )
        self._send_correction.click(
            self._save_correction, [self._judged, self._correction], [self._correct, self._status], **quick
        )
        self._no_correction.click(lambda: gr.update(visible=False), None, [self._correct], **quick)

    def _judge(self, conversation: str, event: gr.LikeData, request: gr.Request) -> tuple[Any, ...]:
        reader = _reader(request)
        turns = self._history.turns(reader, conversation)
        position = turn_position(event.index)
        if not 0 <= position < len(turns):
            return "", gr.update(visible=False), "", status_html("")
        turn = turns[position]
        if event.liked not in (True, False, LIKE, DISLIKE):
            self._history.withdraw_feedback(reader, turn.id)
            return "", gr.update(visible=False), "", status_html("Feedback taken back.")
        liked = event.liked in (True, LIKE)
        self._history.save_feedback(reader, turn.id, liked=liked)
        return turn.id, gr.update(visible=not liked), "", status_html("Thank you, that is noted.")

    def _save_correction(self, turn_id: str, correction: str, request: gr.Request) -> tuple[Any, str]:
        self._history.save_feedback(_reader(request), turn_id, liked=False, correction=correction)
        return gr.update(visible=False), status_html("Thank you, the correction is kept.")


_GREETING = "**Ask about the articles.** Each answer shows the passages that it rests on."
_NO_ARTICLES = "**There are no articles yet.** Add some {where}with `newsdesk ingest PATH`, then ask about them."


def _reader(request: gr.Request) -> str:
    return reader_of(dict(request.cookies), str(request.session_hash))
