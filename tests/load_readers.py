"""The readers of `test_ui_load.py`, in a process of their own: what they do is not counted as the page's.

    python -m tests.load_readers ADDRESS BEGIN ANSWER READERS QUESTIONS

BEGIN and ANSWER are the page's functions that take a question up and answer it. Prints one JSON object a line:
for each question that was answered who asked it, and the seconds from its sending to the end of its answer; at the
end for each reader its cookies and what failed.
"""

import json
import random
import secrets
import sys
import threading
import time

import httpx

SEED = 6
PAUSE = (0.3, 1.5)  # seconds between a reader's questions, evenly drawn: people read before they ask again
_printing = threading.Lock()


class Reader(threading.Thread):
    """Asks one question after the other, as the page's own script does."""

    def __init__(self, address: str, functions: tuple[int, int], number: int, questions: int) -> None:
        super().__init__(daemon=True, name=secrets.token_hex(8))  # which names its conversation, too
        self.client = httpx.Client(base_url=address, timeout=120)
        self.client.get("/").raise_for_status()
        self.functions = functions
        self.pauses = random.Random(SEED + number)
        self.questions = questions
        self.failures: list[str] = []

    def run(self) -> None:
        for number in range(self.questions):
            if number:
                time.sleep(self.pauses.uniform(*PAUSE))
            begun = time.monotonic()
            try:
                self.ask(f"{self.name}-{number}")
            except Exception as exc:  # noqa: BLE001  told by the test
                self.failures.append(repr(exc))
            say(reader=self.name, seconds=time.monotonic() - begun)

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


def say(**what: object) -> None:
    with _printing:
        print(json.dumps(what), flush=True)  # noqa: T201


def main(address: str, *numbers: str) -> None:
    begin, answer, count, questions = map(int, numbers)
    readers = [Reader(address, (begin, answer), number, questions) for number in range(count)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
        say(reader=reader.name, cookies=dict(reader.client.cookies), failures=reader.failures)


if __name__ == "__main__":
    main(*sys.argv[1:])
