"""The web page: layout and wiring only. The only file that imports gradio."""

import os
import socket
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

from qa.config import Settings
from qa.errors import PortInUseError
from ui.chat import PipelineLoader, respond
from ui.render import empty_sources_html

_QUEUE = 20  # questions waiting at most; one is answered at a time, for the model has the whole CPU


def serve(settings: Settings, progress: Callable[[str], None]) -> None:
    """Start the page, print its address, and serve until interrupted.

    Raises:
        PortInUseError: something else listens there.
    """
    _refuse_taken_port(settings)
    loader = PipelineLoader(settings, progress)
    loader.start()
    demo, options = build_app(loader)
    demo.launch(
        server_name=settings.host,
        server_port=settings.port,
        prevent_thread_lock=True,
        quiet=True,
        inbrowser=False,
        share=False,
        **options,
    )
    progress(f"newsdesk is at http://{settings.host}:{settings.port}  (stop with Ctrl+C)")
    demo.block_thread()


def build_app(loader: PipelineLoader) -> tuple[Any, dict[str, Any]]:
    """Build the page; gives the Gradio app and the options it must be launched with."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    import gradio as gr

    def chat(message: str, history: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
        for view in respond(message, history, loader):
            yield view.reply, view.sources

    sources = gr.HTML(empty_sources_html(), label="Sources", render=False, elem_id="nd-sources-panel")
    with gr.Blocks(title="newsdesk", analytics_enabled=False, fill_height=True) as demo:
        gr.HTML(
            '<header class="nd-head"><h1>newsdesk</h1><p>Answers from the articles, each with the passage '
            "it rests on.</p></header>"
        )
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=320):
                gr.ChatInterface(
                    chat,
                    chatbot=gr.Chatbot(
                        show_label=False,
                        label="Conversation",
                        height="65vh",
                        allow_tags=False,
                        latex_delimiters=[],
                        placeholder="Ask about the articles.",
                        buttons=["copy"],
                    ),
                    textbox=gr.Textbox(
                        placeholder="Ask a question …",
                        label="Your question",
                        show_label=False,
                        container=False,
                        autofocus=True,
                        submit_btn=True,
                        stop_btn=True,
                        lines=1,
                        max_lines=6,
                    ),
                    additional_outputs=[sources],
                    concurrency_limit=1,
                    api_name="chat",
                    fill_height=False,
                )
            with gr.Column(scale=2, min_width=320):
                sources.render()
    demo.queue(max_size=_QUEUE, default_concurrency_limit=1)
    return demo, {
        "theme": _theme(gr),
        "css": files("ui").joinpath("page.css").read_text(encoding="utf-8"),
        "footer_links": [],
    }


def _theme(gr: Any) -> Any:
    """Make a calm theme with the system's own fonts: nothing is fetched from elsewhere."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.slate,
        font=["system-ui", "-apple-system", "Segoe UI", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )


def _refuse_taken_port(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as exc:
            raise PortInUseError(
                f"cannot listen on {settings.host}:{settings.port} ({exc.strerror}): stop what is there, or "
                f"choose another port with --port (make chat PORT={settings.port + 1})"
            ) from exc
