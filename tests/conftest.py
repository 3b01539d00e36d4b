"""Real parts for the tests: real MiniLM, real Chroma in temporary folders, the real language model."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parent.parent
SEEDS = PROJECT / "seeds"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
SEED_ID = "seeds/000_5b4876f824ab1ce2.txt"

os.environ["HF_HUB_OFFLINE"] = "1"  # a forgotten name of a hub model fails at once
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make any connection but loopback fail loudly."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
            raise AssertionError(f"tests must not use the network: {address}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the developer's own settings and folders out of the tests."""
    for name in list(os.environ):
        if name.startswith("NEWSDESK_") and name != "NEWSDESK_CACHE_DIR":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Any]:
    from qa.config import load_settings

    def make(**overrides: Any) -> Any:
        return load_settings(**{"data_dir": tmp_path / "index", "llm": "none", **overrides})

    return make


@pytest.fixture(scope="session")
def embeddings() -> Any:
    """The shipped MiniLM, exported once into the user's cache."""
    from qa.config import load_settings
    from qa.embeddings import load_embeddings

    model = load_embeddings(load_settings())
    model.embed(["warm up"])
    return model


@pytest.fixture
def write_articles(tmp_path: Path) -> Callable[..., Path]:
    """Write articles into a folder: file name -> content."""

    def write(folder: str = "news", **files: str) -> Path:
        root = tmp_path / folder
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            stem, _, suffix = name.rpartition("_")
            (root / f"{stem}.{suffix}").write_text(content, encoding="utf-8")
        return root

    return write


@pytest.fixture
def index(make_settings: Callable[..., Any], embeddings: Any) -> Callable[..., Any]:
    """Ingest paths into the test's own index; gives (store, report)."""
    from ingest.indexer import ingest_files
    from ingest.loaders import find_files
    from qa.catalog import IndexIdentity
    from qa.store import Store

    def ingest(*paths: Path, **overrides: Any) -> Any:
        settings = make_settings(**overrides)
        store = Store.create_or_open(settings.data_dir, IndexIdentity.of(embeddings, settings))
        with store.write_lock():
            report = ingest_files(find_files(list(paths)), store, embeddings, settings)
        return store, report

    return ingest


@pytest.fixture
def pipeline_with(
    index: Callable[..., Any], make_settings: Callable[..., Any], embeddings: Any
) -> Callable[..., Any]:
    """Give a pipeline over paths (default: the seeds) with a chat model of the test's choice."""
    from qa.build import assemble
    from qa.llm import LanguageModel

    def make(chat: Any = None, *paths: Path, name: str = "scripted", **overrides: Any) -> Any:
        store, _ = index(*(paths or (SEEDS,)), **overrides)
        llm = LanguageModel(chat, name) if chat is not None else None
        return assemble(make_settings(**overrides), store, embeddings, llm)

    return make


@pytest.fixture
def ask_about(pipeline_with: Callable[..., Any], write_articles: Callable[..., Path]) -> Callable[..., Any]:
    """Ask about articles with a model that is sure and has these replies; give the answer and the prompts."""

    def ask(articles: dict[str, str], question: str, *replies: str) -> tuple[Any, list[str]]:
        from tests.fakes import ScriptedChatModel

        chat = ScriptedChatModel(replies=list(replies), yes=0.99)
        return pipeline_with(chat, write_articles(**articles)).answer(question), chat.prompts

    return ask


@pytest.fixture(scope="session")
def small_llm() -> Any:
    """The 0.5B model, loaded once."""
    from qa.config import load_settings
    from qa.llm import load_llm

    return load_llm(load_settings(llm="embedded-small"))


@pytest.fixture(scope="session")
def seed_pipeline(tmp_path_factory: pytest.TempPathFactory, embeddings: Any) -> Any:
    """The product as shipped: the seed article, MiniLM and the 1.5B model."""
    from eval.indexes import index_corpus
    from qa.build import build_pipeline
    from qa.config import load_settings

    settings = load_settings(data_dir=tmp_path_factory.mktemp("seeds-index"))
    index_corpus(settings, [SEEDS], embeddings, lambda _: None)
    return build_pipeline(settings)


@pytest.fixture
def run_newsdesk(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command as a user does, in a process of its own."""

    def run(
        *arguments: object,
        stdin: str | None = None,
        timeout: float = 300,
        prefix: tuple[str, ...] = (),
        **env: str,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*prefix, sys.executable, "-m", "ui", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **env},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture
def start_newsdesk(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command and leave it running; it is stopped when the test ends."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object, **env: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "ui", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


@contextlib.contextmanager
def served(settings: Any, models: Any) -> Iterator[str]:
    """Serve the whole page in this process, on the index of the settings; gives its address."""
    import uvicorn

    from ui.app import build_app
    from ui.chat import PipelineLoader

    loader = PipelineLoader(settings, lambda _: None, models)
    loader.start()
    app = build_app(settings, loader)
    server = uvicorn.Server(uvicorn.Config(app, settings.host, settings.port, log_level="error"))
    server.config.timeout_graceful_shutdown = 1
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not server.started:
            assert thread.is_alive(), "the page did not start"
            assert time.monotonic() < deadline, "the page does not start"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{settings.port}"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def serve_page(
    index: Callable[..., Any], make_settings: Callable[..., Any], embeddings: Any
) -> Iterator[Callable[..., str]]:
    """Serve the whole page, on the test's own index and a chat model of its choice.

    Gives a function: articles (paths), a chat model -> the address.
    """
    from qa.build import Models
    from qa.llm import LanguageModel

    with contextlib.ExitStack() as stack:

        def serve(*paths: Path, chat: Any = None, **overrides: Any) -> str:
            if paths:
                index(*paths, **overrides)
            llm = LanguageModel(chat, "scripted") if chat is not None else None
            settings = make_settings(port=free_port(), **overrides)
            return stack.enter_context(served(settings, Models(embeddings, llm)))

        yield serve


def free_port() -> int:
    """Give a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have a Chromium")
        pytest.skip("no Chromium here: install one to run the browser tests")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield started
        started.close()
