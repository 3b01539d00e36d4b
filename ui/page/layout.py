"""The page as a whole: its head and its tabs, mounted on the web application."""

import gradio as gr
from fastapi import FastAPI

from qa.config import Settings
from ui.chat import Desk
from ui.page.articles_tab import ArticlesPage
from ui.page.chat_tab import ChatPage
from ui.page.eval_tab import EvalPage
from ui.page.theme import css, head, markup, theme

_HEAD = (
    '<header class="nd-head"><h1>newsdesk</h1>'
    "<p>Answers from the articles, each with the passage it rests on.</p></header>"
)


def mount_page(app: FastAPI, desk: Desk, settings: Settings, queue: int, max_upload: str) -> FastAPI:
    """Build the page and mount it at the root of the web application.

    Args:
        app: answers everything else.
        desk: answers questions.
        settings: in force.
        queue: events that may wait.
        max_upload: largest file that may be sent.
    """
    with gr.Blocks(title="newsdesk", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)) as demo:
        markup(_HEAD)
        with gr.Tabs(elem_id="nd-tabs"):
            with gr.Tab("Chat", id="chat"):
                ChatPage(desk, settings).build(demo)
            if settings.page_manages_articles:
                with gr.Tab("Articles", id="articles") as tab:
                    ArticlesPage(desk).build(tab)
            with gr.Tab("Eval", id="eval") as tab:
                EvalPage(settings.data_dir).build(tab)
    demo.queue(max_size=queue, default_concurrency_limit=4)
    return gr.mount_gradio_app(  # type: ignore[no-any-return]
        app,
        demo,
        path="/",
        server_name=settings.host,
        server_port=settings.port,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=max_upload,
        enable_monitoring=False,
        theme=theme(),
        css=css(),
        head=head(),
    )
