"""The web chat put together: history, library, web application, and the page mounted on it."""

import contextlib
import logging
import os
import socket
from collections.abc import Callable
from types import FrameType

from fastapi import FastAPI

from qa.config import Settings
from qa.errors import NewsdeskError, PortInUseError
from ui.chat import WAITING_AT_MOST, Desk, PipelineLoader
from ui.history import History
from ui.library import Library
from ui.web import build_web

_QUEUE = 2 * WAITING_AT_MOST  # events waiting at most; beyond, gradio says that the page is too busy
_MAX_UPLOAD = "20mb"  # of one file


def serve(settings: Settings, progress: Callable[[str], None]) -> None:
    """Start the page, print its address, and serve until interrupted.

    Raises:
        PortInUseError: something else listens there.
    """
    import uvicorn

    _refuse_taken_port(settings)
    loader = PipelineLoader(settings, progress)
    loader.start()
    app = build_app(settings, loader)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            progress(f"newsdesk is at http://{host}:{settings.port}  (stop with Ctrl+C)")

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            # Open pages listen for ever; that they are cut off now is no error to tell of.
            logging.getLogger("uvicorn.error").disabled = True
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        app, settings.host, settings.port, log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )
    with contextlib.suppress(KeyboardInterrupt):
        Server(config).run()


def build_app(settings: Settings, loader: PipelineLoader) -> FastAPI:
    """Build the whole web application.

    Args:
        settings: in force.
        loader: gives the pipeline.
    """
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    history = History.open(settings.data_dir)
    library = Library(settings, loader.embeddings)
    _forget_withdrawn(history, library)
    desk = Desk(loader, history, library)
    app = build_web(settings, history, library)
    from ui.page.layout import mount_page

    return mount_page(app, desk, settings, _QUEUE, _MAX_UPLOAD)


def _forget_withdrawn(history: History, library: Library) -> None:
    """Blank what is kept of articles that were removed while the page did not run."""
    with contextlib.suppress(NewsdeskError):
        present = {article.id for article in library.articles()}
        if present:  # an index that is gone as a whole is another matter: nothing is blanked for it
            history.forget_articles([i for i in history.cited_articles() if i not in present])


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
