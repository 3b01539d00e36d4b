import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.indexer import Outcome
from ingest.reindex import reindex
from qa.errors import IndexMismatchError
from qa.store import Store
from tests.conftest import PROJECT, SEED_ID, SEEDS

STORY = "Tram line approved\n\nThe council of Aldmoor voted 9 to 4 to build the tram line. It opens in 2026."


def outcomes(report):
    return [result.outcome for result in report.results]


class CountingEmbeddings:
    """The real model behind it; counts the texts."""

    def __init__(self, real):
        self.real = real
        self.texts = 0

    def embed(self, texts):
        self.texts += len(texts)
        return self.real.embed(texts)

    def __getattr__(self, name):
        return getattr(self.real, name)


def test_a_second_run_changes_nothing_and_embeds_nothing(index, embeddings, make_settings):
    from ingest.indexer import ingest_files
    from ingest.loaders import find_files

    store, first = index(SEEDS)
    before = store.catalog.manifest()
    counting = CountingEmbeddings(embeddings)
    with store.write_lock():
        second = ingest_files(find_files([SEEDS]), store, counting, make_settings())
    assert (outcomes(first), outcomes(second)) == ([Outcome.ADDED], [Outcome.UNCHANGED])
    assert counting.texts == 0
    assert store.catalog.manifest() == before


def test_a_changed_article_replaces_its_old_chunks(index, write_articles, embeddings):
    root = write_articles(a_txt=STORY)
    index(root)
    (root / "a.txt").write_text(STORY.replace("2026", "2031"), encoding="utf-8")
    store, report = index(root)
    assert outcomes(report) == [Outcome.UPDATED]
    assert store.catalog.counts()[0] == 1
    found = store.chunks([i for i, _ in store.search_dense(embeddings.embed(["tram line"])[0], 10)])
    texts = [chunk.text for chunk, _ in found.values()]
    assert len(texts) == 1
    assert "2031" in texts[0]
    assert store.search_keywords("2026", 5) == []


def test_one_bad_file_does_not_stop_the_others(index, write_articles):
    root = write_articles(a_txt="", b_txt=STORY)
    _, report = index(root)
    assert outcomes(report) == [Outcome.FAILED, Outcome.ADDED]
    assert "empty" in report.results[0].reason


def test_two_different_articles_must_not_share_an_id(index, write_articles):
    matter = "---\nid: same\ntitle: {}\n---\n\nThe text of {}."
    root = write_articles(a_md=matter.format("A", "one"), b_md=matter.format("B", "two"))
    _, report = index(root)
    assert outcomes(report) == [Outcome.ADDED, Outcome.FAILED]
    assert str(root / "a.md") in report.results[1].reason
    assert str(root / "b.md") in report.results[1].reason


def test_an_article_that_moved_keeps_its_id_and_is_not_embedded_again(index, write_articles, tmp_path):
    root = write_articles(a_txt=STORY)
    index(root)
    (tmp_path / "elsewhere").mkdir()
    moved = root.rename(tmp_path / "elsewhere" / "news")
    store, report = index(moved)
    assert outcomes(report) == [Outcome.UNCHANGED]
    assert store.catalog.fingerprint_and_origin("news/a.txt")[1] == str(moved / "a.txt")


def test_a_rebuild_takes_over_articles_under_new_settings(index, make_settings, embeddings):
    from qa.catalog import IndexIdentity

    store, _ = index(SEEDS)
    settings = make_settings(chunk_tokens=64)
    identity = IndexIdentity.of(embeddings, settings)
    with pytest.raises(IndexMismatchError, match="--rebuild"):
        Store.open(settings.data_dir, identity)
    before = store.catalog.counts()
    rebuilt = Store.open_for_rebuild(settings.data_dir, identity)
    reindex(rebuilt, embeddings, settings)
    opened = Store.open(settings.data_dir, identity)
    articles, chunks = opened.catalog.counts()
    assert articles == before[0]
    assert chunks > before[1]
    hits = opened.search_dense(embeddings.embed(["NATO spending target"])[0], 100)
    assert len(hits) == chunks
    with pytest.raises(IndexMismatchError):  # a reader that was open all the time does not mix vectors
        store.search_dense(embeddings.embed(["NATO"])[0], 3)


def test_a_killed_ingest_leaves_an_index_that_repairs_itself(write_articles, tmp_path, embeddings, index):
    """SIGKILL at several moments; the next run finishes, with every article once and every vector there."""
    root = write_articles(**{f"story{n}_txt": f"Story {n}\n\nThing {n} happened in town {n}." for n in range(60)})
    data_dir = tmp_path / "index"
    command = [sys.executable, "-m", "ui", "ingest", str(root), "--data-dir", str(data_dir)]
    killed = 0
    for delay in (0.6, 0.9, 1.2, 1.5):
        process = subprocess.Popen(command, cwd=PROJECT, env=dict(os.environ), stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not data_dir.exists() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.01)
        time.sleep(delay)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
    assert killed, "every run was over before it was killed: nothing was tested"
    store, report = index(root)
    assert report.count(Outcome.FAILED) == 0
    articles, chunks = store.catalog.counts()
    assert (articles, chunks) == (60, 60)
    assert store.catalog.outbox() == []
    hits = store.search_dense(embeddings.embed(["Thing 7 in town 7"])[0], 1000)
    assert len({chunk_id for chunk_id, _ in hits}) == 60
    assert len(store._current_collection().get()["ids"]) == 60  # Chroma holds each, and nothing else


def test_the_seed_has_its_stable_id(index):
    store, _ = index(SEEDS)
    assert [article.id for article in store.catalog.articles()] == [SEED_ID]


def test_a_second_writer_is_told_who_is_there(index, run_newsdesk, tmp_path, write_articles):
    from qa.store import writer_lock

    data_dir = tmp_path / "index"
    with writer_lock(data_dir, 1):
        done = run_newsdesk("ingest", SEEDS, "--data-dir", data_dir)
    assert done.returncode == 2
    assert "another process is writing" in done.stderr
    assert "Traceback" not in done.stderr


def test_folders_with_the_same_name_do_not_overwrite_each_other(index, write_articles, tmp_path):
    first = write_articles(a_txt=STORY)
    second = tmp_path / "other" / "news"
    second.mkdir(parents=True)
    (second / "a.txt").write_text("Another story\n\nSomething else.", encoding="utf-8")
    index(first)
    store, report = index(second)
    assert outcomes(report) == [Outcome.FAILED]
    assert str(Path(first) / "a.txt") in report.results[0].reason
    assert store.catalog.counts()[0] == 1
