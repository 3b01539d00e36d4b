"""What the page serves beside itself: shared answers, exports, whole articles, eval reports. No gradio here."""

import html
import re
import secrets
from importlib.resources import files
from pathlib import Path

import jinja2
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse
from markupsafe import Markup
from starlette.datastructures import MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.config import LOOPBACK, Settings
from qa.errors import NewsdeskError
from ui.export import conversation_json, conversation_markdown, feedback_jsonl
from ui.history import History
from ui.library import Library
from ui.render import answer_html, article_html, sources_html
from ui.reports import page_of
from ui.views import AnswerView, CardState, checked_against, long_date

COOKIE = "newsdesk_reader"
_COOKIE_SECONDS = 400 * 24 * 3600  # the longest that browsers keep one
_READER = re.compile(r"[\w-]{22,64}")
# The page's own scripts, styles and pictures, and nothing from elsewhere. Gradio needs inline scripts and eval.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "sandbox allow-scripts"
)
_FIXED_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"


def build_web(settings: Settings, history: History, library: Library) -> FastAPI:
    """Build the web application that the page is mounted on.

    Args:
        settings: in force.
        history: for exports and shared answers.
        library: for whole articles.
    """
    app = FastAPI(title="newsdesk", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(ReaderAndHeaders)
    if settings.host in LOOPBACK:
        # A page elsewhere must not reach this one by a name that it lets point here.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]", "::1"])
    if not settings.page_manages_articles:
        _refuse_files(app)
    _add_articles(app, library)
    _add_exports(app, history, library)
    _add_shared(app, history, library)
    _add_reports(app, settings.data_dir)
    return app


def reader_of(cookies: dict[str, str], session: str = "") -> str:
    """Give the reader that a browser names, or one for this open page alone."""
    kept = cookies.get(COOKIE, "")
    return kept if _READER.fullmatch(kept) else f"page-{session}"


class ReaderAndHeaders:
    """Middleware that gives each browser its reader's id, and every reply the headers that keep others out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102  ASGI's
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"] == "/" and not _has_reader(scope):
                    headers.append("Set-Cookie", _new_cookie(secure=scope["scheme"] == "https"))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _has_reader(scope: Scope) -> bool:
    return bool(_READER.fullmatch(Request(scope).cookies.get(COOKIE, "")))


def _new_cookie(*, secure: bool) -> str:
    value = f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; Max-Age={_COOKIE_SECONDS}; HttpOnly; SameSite=Lax"
    return f"{value}; Secure" if secure else value


def _refuse_files(app: FastAPI) -> None:
    """Stand before gradio's own way to send files, which is open whether the page has a use for it or not."""

    @app.post("/gradio_api/upload")
    def refuse() -> Response:
        return PlainTextResponse("This page takes no files.", 403)


def _add_articles(app: FastAPI, library: Library) -> None:
    @app.get("/article")
    def whole_article(id: str, start: int = 0, end: int = 0) -> Response:  # noqa: A002  a query parameter
        try:
            article = library.article(id)
        except NewsdeskError as exc:
            return HTMLResponse(f'<p class="nd-note">{html.escape(str(exc))}</p>', 503)
        if article is None:
            return HTMLResponse('<p class="nd-gone">This article has been withdrawn.</p>', 404)
        return HTMLResponse(article_html(article, start, end))


def _add_exports(app: FastAPI, history: History, library: Library) -> None:
    @app.get("/export/feedback.jsonl")
    def export_feedback(request: Request) -> Response:
        content = feedback_jsonl(history.feedback(reader_of(request.cookies)))
        return _download(content, "feedback.jsonl", "application/jsonl")

    @app.get("/export/{name}")
    def export_conversation(name: str, request: Request) -> Response:
        conversation_id, _, kind = name.rpartition(".")
        reader = reader_of(request.cookies)
        conversation = history.conversation(reader, conversation_id)
        if conversation is None or kind not in ("md", "json"):
            return PlainTextResponse("There is no such conversation.", 404)
        turns = history.turns(reader, conversation_id)
        if kind == "md":
            return _download(conversation_markdown(conversation, turns), "conversation.md", "text/markdown")
        return _download(conversation_json(conversation, turns), "conversation.json", "application/json")

    @app.get("/sources/{turn_id}")
    def sources_of_turn(turn_id: str, request: Request) -> Response:
        turn = history.turn(reader_of(request.cookies), turn_id)
        if turn is None:
            return HTMLResponse("", 404)
        return HTMLResponse(sources_html(_as_of_now(turn.view, library), turn_id))


def _add_shared(app: FastAPI, history: History, library: Library) -> None:
    environment = jinja2.Environment(loader=jinja2.PackageLoader("ui"), autoescape=True)
    css = files("ui").joinpath("page.css").read_text(encoding="utf-8")

    @app.get("/share/{turn_id}")
    def share(turn_id: str, request: Request) -> Response:
        token = history.share(reader_of(request.cookies), turn_id)
        if token is None:
            return PlainTextResponse("There is no such answer among yours.", 404)
        return RedirectResponse(f"../answer/{token}", 303)

    @app.get("/answer/{token}")
    def shared_answer(token: str) -> Response:
        shared = history.shared(token)
        if shared is None:
            return PlainTextResponse("There is no such answer; it may have been deleted.", 404)
        view = _as_of_now(shared.view, library)
        states = [card.state for card in view.cards]
        page = environment.get_template("answer.html.j2").render(
            view=view,
            css=Markup(css),  # noqa: S704  a file of ours
            made=long_date(shared.created_at),
            changed=states.count(CardState.CHANGED),
            gone=states.count(CardState.WITHDRAWN),
            answer=Markup(answer_html(view, "shared", frozen=True)),  # noqa: S704  escaped there
            sources=Markup(sources_html(view, "shared", frozen=True)),  # noqa: S704  escaped there
        )
        return HTMLResponse(page, headers={"Content-Security-Policy": _FIXED_POLICY})


def _add_reports(app: FastAPI, data_dir: Path) -> None:
    @app.get("/reports/{name}")
    def report(name: str) -> Response:
        path = page_of(data_dir, name)
        if path is None:
            return PlainTextResponse("There is no such report.", 404)
        return FileResponse(path, media_type="text/html", headers={"Content-Security-Policy": _REPORT_POLICY})


def _as_of_now(view: AnswerView, library: Library) -> AnswerView:
    """Say in a kept answer what became of its articles; as it was kept, where the index cannot be read."""
    try:
        return checked_against(view, library.fingerprint)
    except NewsdeskError:
        return view


def _download(content: str, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=f"{media_type}; charset=utf-8", headers=headers)
