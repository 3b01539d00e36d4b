"""Twenty readers at once, over HTTP, with a model of fixed speed: nothing fails, no answer is lost or mixed up."""

import json
import os
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.conftest import SEEDS
from tests.fakes import AnsweringChatModel
from ui.history import FILE_NAME, History
from ui.web import COOKIE, reader_of

READERS, QUESTIONS = int(os.environ.get("TEST_READERS", "20")), int(os.environ.get("TEST_QUESTIONS", "5"))
REPLIES = {"spending target": "The NATO spending target is 2% of GDP.\nShort: 2%"}


class Reader(threading.Thread):
    """Asks one question after the other, as the page's own script does."""

    def __init__(self, address: str, functions: tuple[int, int]) -> None:
        super().__init__(daemon=True)
        self.client = httpx.Client(base_url=address, timeout=120)
        self.client.get("/")
        self.functions = functions
        self.walls: list[float] = []
        self.failures: list[str] = []

    def run(self) -> None:
        for number in range(QUESTIONS):
            begun = time.monotonic()
            try:
                self.ask(f"{self.name}-{number}")
            except Exception as exc:  # noqa: BLE001  told by the test
                self.failures.append(repr(exc))
            self.walls.append(time.monotonic() - begun)

    def ask(self, session: str) -> None:
        begin, answer = self.functions
        body = {
            "data": ["What is the NATO spending target?", self.name],
            "fn_index": begin,
            "session_hash": session,
        }
        self.client.post("/gradio_api/run/predict", json=body).raise_for_status()
        body = {"data": [None, self.name, {}], "fn_index": answer, "session_hash": session}
        self.client.post("/gradio_api/queue/join", json=body).raise_for_status()
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("msg") == "process_completed":
                    assert message["success"], message
                    return
        raise AssertionError("the stream ended early")


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def submit_functions(address: str) -> tuple[int, int]:
    config = httpx.get(f"{address}/config").json()
    (box,) = (c["id"] for c in config["components"] if c["props"].get("elem_id") == "nd-box")
    begin = next(d["id"] for d in config["dependencies"] if [box, "submit"] in d["targets"])
    return begin, next(d["id"] for d in config["dependencies"] if d["trigger_after"] == begin)


@pytest.mark.browser  # not for its browser, but for its time
def test_twenty_readers_ask_at_once(serve_page, make_settings, capsys):
    address = serve_page(SEEDS, chat=AnsweringChatModel(replies=REPLIES, pause=0.01))
    functions = submit_functions(address)
    warm = Reader(address, functions)
    warm.ask("warm")
    readers = [Reader(address, functions) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(300)
    assert [failure for reader in readers for failure in reader.failures] == []
    history = History(make_settings().data_dir / FILE_NAME)
    added = []
    for reader in readers:
        turns = history.turns(reader_of(dict(reader.client.cookies)), reader.name)
        assert COOKIE in reader.client.cookies
        assert len(turns) == QUESTIONS
        assert all("2% of GDP [1]" in turn.view.text for turn in turns)
        added += [wall - turn.view.seconds for wall, turn in zip(reader.walls, turns, strict=True)]
    history.close()
    added.sort()
    p50, p95 = added[len(added) // 2], added[int(len(added) * 0.95)]
    with capsys.disabled():
        print(  # noqa: T201  a measurement
            f"\nthe page adds {p50 * 1000:.0f} ms (median), {p95 * 1000:.0f} ms (p95); "
              f"{sum(len(r.walls) for r in readers)} questions; memory {resident() >> 20} MB")  # fmt: skip
    assert p95 < float(os.environ.get("TEST_PAGE_SECONDS", "1"))
