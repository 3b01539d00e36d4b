"""The readers of `test_ui_load.py`, in a process of their own: what they do is not counted as the page's.

    python -m tests.load_readers ADDRESS SLOWNESS BEGIN ANSWER END READERS QUESTIONS

SLOWNESS stretches their pauses. BEGIN, ANSWER and END are the page's functions that take a question up, answer it,
and show that it was. Prints
one JSON object a line: for each question who asked it, and the seconds from its sending to the end of its answer;
at the end for each reader its cookies and what failed.
"""

import json
import random
import secrets
import sys
import threading
import time
from typing import Any

import httpx

SEED = 6
# Seconds before each of a reader's questions, evenly drawn: people read and type before they ask.
PAUSE = (5.0, 9.0)
_printing = threading.Lock()


class Reader(threading.Thread):
    """Asks one question after the other on one open page, as the page's own script does."""

    def __init__(
        self, address: str, slowness: float, functions: tuple[int, ...], number: int, questions: int
    ) -> None:
        super().__init__(daemon=True, name=secrets.token_hex(8))  # which names its conversation and page, too
        self.client = httpx.Client(base_url=address, timeout=120)
        self.client.get("/").raise_for_status()
        self.slowness = slowness
        self.begin, self.answer, self.end = functions
        self.pauses = random.Random(SEED + number)
        self.questions = questions
        self.failures: list[str] = []

    def run(self) -> None:
        self.call("run/predict", self.end, self.name)  # sets the page up, as opening it in a browser does
        for _ in range(self.questions):
            time.sleep(self.pauses.uniform(*PAUSE) * self.slowness)
            begun = time.monotonic()
            try:
                self.ask()
                say(reader=self.name, seconds=time.monotonic() - begun)
                self.call("run/predict", self.end, self.name)
            except Exception as exc:  # noqa: BLE001  told by the test
                self.failures.append(repr(exc))

    def ask(self) -> None:
        self.call("run/predict", self.begin, "What is the NATO spending target?", self.name)
        self.call("queue/join", self.answer, None, self.name, {})
        completed: dict[str, Any] = {}
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.name}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("msg") == "process_completed":
                    completed = message
        assert completed.get("success"), completed or "the stream ended early"

    def call(self, path: str, function: int, *data: object) -> None:
        body = {"data": data, "fn_index": function, "session_hash": self.name}
        self.client.post(f"/gradio_api/{path}", json=body).raise_for_status()


def say(**what: object) -> None:
    with _printing:
        print(json.dumps(what), flush=True)  # noqa: T201


def main(address: str, slowness: str, *numbers: str) -> None:
    *functions, count, questions = map(int, numbers)
    readers = [Reader(address, float(slowness), tuple(functions), n, questions) for n in range(count)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
        say(reader=reader.name, cookies=dict(reader.client.cookies), failures=reader.failures)


if __name__ == "__main__":
    main(*sys.argv[1:])
