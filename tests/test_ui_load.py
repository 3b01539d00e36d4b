"""Twenty readers at once, over HTTP, with a model of fixed speed: nothing fails, no answer is lost or mixed up."""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.conftest import PROJECT, SEEDS
from tests.fakes import AnsweringChatModel
from ui.history import FILE_NAME, History
from ui.web import COOKIE, reader_of

READERS, QUESTIONS = int(os.environ.get("TEST_READERS", "20")), int(os.environ.get("TEST_QUESTIONS", "5"))
# That the page adds at p95. Two idle cores need 0.08 s a question; those of a slow day 0.95 s.
MOST_SECONDS = float(os.environ.get("TEST_PAGE_SECONDS", "2"))
YARDSTICK_SECONDS = 0.25  # of `yardstick` on such a slow day
_PIECE = {"passages": [{"title": "NATO", "score": 0.5, "text": "2% of GDP " * 20}] * 5}
REPLIES = {"spending target": "The NATO spending target is 2% of GDP.\nShort: 2%"}
_MOST_GROWTH = 1.1  # of the memory after half of the questions


def resident() -> int:
    """The bytes of memory of this process, which is the page's."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def submit_functions(address: str) -> tuple[int, int, int]:
    """The page's functions that begin, answer and end a question, each triggered after the one before."""
    config = httpx.get(f"{address}/config").json()
    (box,) = (c["id"] for c in config["components"] if c["props"].get("elem_id") == "nd-box")
    after = {d["trigger_after"]: d["id"] for d in config["dependencies"]}
    begin = next(d["id"] for d in config["dependencies"] if [box, "submit"] in d["targets"])
    return begin, after[begin], after[after[begin]]


def yardstick(_=None):
    """The seconds of a piece of work that has nothing to do with the page."""
    begun = time.perf_counter()
    for _ in range(20_000):
        json.loads(json.dumps(_PIECE))
    return time.perf_counter() - begun


def slowness():
    """How many times slower than the machine of the limits this one is now, with work on two cores; 1 at least."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        return max(1.0, *(seconds / YARDSTICK_SECONDS for seconds in pool.map(yardstick, range(2))))


def ask_all(address, slower, functions, readers, questions, on_answer=lambda _: None):
    """Run the readers to their end; gives the seconds of each question and the cookies, by reader.

    `on_answer` is told how many questions were answered so far, each time that one was.
    """
    numbers = (slower, *functions, readers, questions)
    command = [sys.executable, "-m", "tests.load_readers", address, *map(str, numbers)]
    walls, cookies, failures = defaultdict(list), {}, []
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            told = json.loads(line)
            if "cookies" in told:
                cookies[told["reader"]] = told["cookies"]
                failures += told["failures"]
                continue
            walls[told["reader"]].append(told["seconds"])
            on_answer(sum(map(len, walls.values())))
    assert process.returncode == 0
    assert failures == []
    return walls, cookies


def percentile(seconds, part):
    return sorted(seconds)[int(len(seconds) * part)] if seconds else 0.0


def told(seconds):
    p50, p95 = (1000 * percentile(seconds, part) for part in (0.5, 0.95))
    return f"{p50:.0f} ms (median), {p95:.0f} ms (p95) to {len(seconds)} questions"


@pytest.mark.alone
def test_twenty_readers_ask_at_once(serve_page, make_settings, capsys):
    """Each opens the page and asks its questions in turn, before each a pause of 5 to 9 s (of a fixed seed).

    The readers are a process of their own, so that their work is not counted as the page's. What the page adds
    to a question is the time from its sending to the end of its answer, less the pipeline's own time. On a slow
    machine readers and limit take as much more time: a queue without end would tell nothing of the page.
    """
    address = serve_page(SEEDS, chat=AnsweringChatModel(replies=REPLIES, pause=0.01))
    functions = submit_functions(address)
    ask_all(address, 1, functions, 1, 1)  # warms it up
    slower = slowness()
    memory = {}
    walls, cookies = ask_all(
        address, slower, functions, READERS, QUESTIONS, lambda answered: memory.update({answered: resident()})
    )
    history = History(make_settings().data_dir / FILE_NAME)
    added = []
    assert len(walls) == READERS
    for reader in walls:
        turns = history.turns(reader_of(cookies[reader]), reader)
        assert COOKIE in cookies[reader]
        assert len(turns) == QUESTIONS
        assert all("2% of GDP [1]" in turn.view.text for turn in turns)
        added.append([wall - turn.view.seconds for wall, turn in zip(walls[reader], turns, strict=True)])
    history.close()
    total = READERS * QUESTIONS
    half, end = memory[(total + 1) // 2], memory[total]
    every = [seconds for of_one in added for seconds in of_one]
    with capsys.disabled():
        print(  # noqa: T201  a measurement
            f"\non a machine {slower:.1f} times slower, the page adds {told(every)}; "
            f"memory {half >> 20} MB after half of them, {end >> 20} MB after all")  # fmt: skip
    assert end <= half * _MOST_GROWTH
    assert percentile(every, 0.95) < MOST_SECONDS * slower
