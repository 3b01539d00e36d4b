"""Ingest in forked processes that are killed at random moments; after each kill, everything is looked at.

Run as `python -m tests.crash_rounds FOLDER KILLS`. Forking costs no start of Python, and no client of Chroma is
made before a fork: its threads would not be there in the child.
"""

import os
import random
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

from ingest.intake import Options, ingest_paths, open_intake
from qa.catalog import IndexIdentity
from qa.config import load_settings
from qa.retriever import HybridRetriever
from qa.store import Store
from tests.fakes import PrecomputedEmbeddings

ARTICLES = 12


def settings_of(folder: Path):
    return load_settings(data_dir=folder, llm="none")


def write_round(root: Path, number: int) -> None:
    """Make the articles of a round: some new versions, some as they were, one gone, one come."""
    chance = random.Random(number)
    root.mkdir(exist_ok=True)
    for article in range(ARTICLES):
        path = root / f"a{article}.txt"
        if chance.random() < 0.6 or not path.exists():
            sentences = " ".join(f"Fact {number}-{article}-{n} is known to the harbour." for n in range(12))
            path.write_text(f"Story {article}\n\n{sentences}", encoding="utf-8")
    gone, come = chance.sample(range(ARTICLES, ARTICLES + 6), 2)
    (root / f"a{gone}.txt").unlink(missing_ok=True)
    (root / f"a{come}.txt").write_text(f"Story {come}\n\nRound {number} came.", encoding="utf-8")


def in_child(work, *arguments) -> int:
    """Run a function in a forked process, which costs no start; gives the process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work(*arguments)
        code = 0
    except BaseException:  # noqa: BLE001  a child must not run on into the tests
        traceback.print_exc()
    finally:
        os._exit(code)


def ingest_round(folder: Path, root: Path) -> None:
    intake = open_intake(settings_of(folder), PrecomputedEmbeddings())
    ingest_paths(intake, [root], Options(prune=True))


def check_whole(folder: Path, root: Path) -> None:
    """Look as a reader does, then run again, and compare catalog, Chroma and files one by one."""
    model = PrecomputedEmbeddings()
    settings = settings_of(folder)
    if (folder / "catalog.sqlite3").exists():
        store = Store.open(folder, IndexIdentity.of(model, settings))
        for passage in HybridRetriever(store=store, embeddings=model, settings=settings).retrieve("harbour fact"):
            # Whatever is shown is a whole article of one version, with the words at their place.
            assert passage.article.text[passage.chunk.start : passage.chunk.end] == passage.chunk.text
            versions = {word.split("-")[0] for word in passage.article.text.split() if word.count("-") == 2}
            assert len(versions) <= 1, versions
    intake = open_intake(settings, model)
    report = ingest_paths(intake, [root], Options(prune=True))
    assert report.summary()["failed"] == 0, report
    catalog = intake.store.catalog
    stored = {article.id: article.text for article in catalog.articles()}
    written = {f"{root.name}/{p.name}": p.read_text().partition("\n")[2].strip() for p in root.glob("*.txt")}
    assert stored == written
    chunk_ids = [i for (i,) in catalog.rows("SELECT id FROM chunk")]
    orphans = catalog.rows("SELECT id FROM chunk WHERE article_id NOT IN (SELECT id FROM article)")
    assert orphans == []
    assert catalog.rows("SELECT count(*) FROM chunk_fts") == [(len(chunk_ids),)]
    assert catalog.rows("PRAGMA integrity_check") == [("ok",)]
    assert catalog.outbox() == []
    in_chroma = intake.store._openable(catalog.manifest()["vectors_folder"]).get(include=["embeddings"])
    assert sorted(in_chroma["ids"]) == sorted(chunk_ids)
    hits = intake.store.search_dense(model.embed(["x"])[0], 10_000)
    assert sorted(i for i, _ in hits) == sorted(chunk_ids)
    assert len(list(folder.glob("vectors-*"))) == 1


def finished(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill_rounds(work: Path, kills: int) -> None:
    """Ingest, kill, look; as often as was asked for."""
    import chromadb  # noqa: F401  here, so that no child has to; no client is made before the fork
    import datasketch  # noqa: F401

    folder, root = work / "index", work / "news"
    chance = random.Random(20261124)
    write_round(root, 0)
    started = time.monotonic()
    assert finished(in_child(ingest_round, work / "timed", root)) == 0
    typical = time.monotonic() - started
    killed = number = 0
    while killed < kills:
        number += 1
        assert number <= 3 * kills, f"only {killed} of {number} were still running"
        write_round(root, number)
        if number % 25 == 0:
            shutil.rmtree(folder, ignore_errors=True)  # so that the making of an index is among the moments
        pid = in_child(ingest_round, folder, root)
        time.sleep(chance.uniform(0, typical))
        os.kill(pid, signal.SIGKILL)
        late = finished(pid) != -signal.SIGKILL
        typical *= 0.9 if late else 1.01  # the machine is slower or faster by the moment
        if late:
            continue
        killed += 1
        assert finished(in_child(check_whole, folder, root)) == 0, f"after kill {killed}"
    sys.stdout.write(f"{killed} killed, {number - killed} were done before\n")


if __name__ == "__main__":
    kill_rounds(Path(sys.argv[1]), int(sys.argv[2]))
