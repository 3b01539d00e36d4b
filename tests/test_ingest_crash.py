"""Killed at any moment, filled up, locked, read-only: nothing is lost, nothing is there twice."""

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.intake import Options, ingest_paths, open_intake
from ingest.reindex import reindex
from qa.catalog import IndexIdentity
from qa.errors import IndexLockedError, IndexMismatchError, StoreError
from qa.store import Store, writer_lock
from tests.conftest import PROJECT
from tests.crash_rounds import settings_of, write_round
from tests.fakes import PrecomputedEmbeddings
from tests.test_offline import READ_ONLY, _need

KILLS = 40  # `python -m tests.crash_rounds FOLDER 200` takes two minutes and more


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_random_moments_nothing_is_lost_or_there_twice(tmp_path):
    """In a process of its own: one that has used Chroma, as this one has, cannot be forked safely."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash_rounds", str(tmp_path), str(KILLS)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{KILLS} killed" in done.stdout


def test_the_real_command_killed_a_few_times_leaves_a_whole_index(tmp_path, embeddings, index):
    root = tmp_path / "news"
    root.mkdir()
    for n in range(40):
        (root / f"s{n}.txt").write_text(f"Story {n}\n\nThing {n} happened in town {n}. It was {n} days ago.")
    command = [sys.executable, "-m", "ui", "ingest", str(root), "--data-dir", str(tmp_path / "index")]
    for delay in (0.8, 1.3, 2.0):
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.kill()
        process.wait()
    store, report = index(root)
    assert report.summary()["failed"] == 0
    assert store.catalog.counts()[0] == 40
    hits = store.search_dense(embeddings.embed(["Thing 7 in town 7"])[0], 1000)
    assert len(hits) == store.catalog.counts()[1]
    assert hits[0][0].startswith("news/s7.txt#")


def _hold(folder: Path, seconds: float, held) -> None:
    with writer_lock(folder, 1):
        held.set()
        time.sleep(seconds)


@pytest.fixture
def holder(tmp_path):
    """Hold the writer's lock in another process for some seconds."""
    context = multiprocessing.get_context("spawn")
    processes = []

    def hold(folder: Path, seconds: float):
        held = context.Event()
        process = context.Process(target=_hold, args=(folder, seconds, held))
        process.start()
        processes.append(process)
        assert held.wait(60)
        return process

    yield hold
    for process in processes:
        process.kill()
        process.join()


def test_a_second_ingest_waits_for_the_first_and_says_for_whom(tmp_path, write_articles, holder):
    root = write_articles(a_txt="Tram\n\nThe tram opens.")
    model = PrecomputedEmbeddings()
    intake = open_intake(settings_of(tmp_path / "index"), model)
    process = holder(tmp_path / "index", 2.5)
    said: list[str] = []
    report = ingest_paths(intake, [root], Options(wait=30, say=said.append))
    assert report.summary()["added"] == 1
    assert len(said) == 1
    assert f"process {process.pid}" in said[0]


def test_a_second_ingest_that_must_not_wait_says_who_holds_the_lock(tmp_path, write_articles, holder):
    root = write_articles(a_txt="Tram\n\nThe tram opens.")
    intake = open_intake(settings_of(tmp_path / "index"), PrecomputedEmbeddings())
    process = holder(tmp_path / "index", 60)
    with pytest.raises(IndexLockedError, match=rf"process {process.pid}, since 20"):
        ingest_paths(intake, [root], Options(wait=0))
    process.kill()  # a lock dies with its holder
    process.join()
    assert ingest_paths(intake, [root], Options(wait=5)).summary()["added"] == 1


def test_a_chat_in_another_process_uses_new_articles_and_never_shows_removed_ones(
    run_newsdesk, tmp_path, write_articles, pipeline_with
):
    root = write_articles(a_txt="Tram line\n\nThe tram line of Aldmoor opens in May 2026, the council said.")
    pipeline = pipeline_with(None, root)  # what the chat of this process answers with
    question = "When does the ferry line of Brackwater open?"
    assert not any("ferry" in p.article.id for p in pipeline.answer(question).passages)
    (root / "ferry.txt").write_text(
        "Ferry line\n\nThe ferry line of Brackwater opens in June 2027.", encoding="utf-8"
    )
    assert run_newsdesk("ingest", root, "--data-dir", tmp_path / "index").returncode == 0
    answer = pipeline.answer(question)
    assert "June 2027" in answer.text
    done = run_newsdesk("articles", "remove", "news/ferry.txt", "--data-dir", tmp_path / "index")
    assert done.returncode == 0, done.stderr
    answer = pipeline.answer(question)
    assert "2027" not in answer.text
    assert not any("ferry" in p.article.id for p in answer.passages)
    assert any("a.txt" in p.article.id for p in answer.passages)


TMPFS = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")


def test_a_full_disk_is_one_clear_line_and_the_old_index_is_intact(run_newsdesk, tmp_path, write_articles):
    _need((*READ_ONLY[:-2], "true"), "write access")
    small = write_articles(a_txt="Tram line\n\nThe tram line of Aldmoor opens in May 2026.")
    rows = "\n".join(
        f'{{"id": "r{n}", "title": "Story {n}", "text": "Thing {n} happened in town {n}. {f"{n}more" * 2000}."}}'
        for n in range(300)  # a word of any length is one token: much to write, little to embed
    )
    large = tmp_path / "large.jsonl"
    large.write_text(rows, encoding="utf-8")
    run = f"{sys.executable} -m ui"
    script = (
        f"mkdir -p {tmp_path}/disk && mount -t tmpfs -o size=3m tmpfs {tmp_path}/disk && "
        f"{run} ingest {small} --data-dir {tmp_path}/disk/i || exit 10; "
        f"{run} ingest {large} --data-dir {tmp_path}/disk/i; echo status $?; "
        f"{run} ask --llm none 'When does the tram line of Aldmoor open?' --data-dir {tmp_path}/disk/i"
    )
    done = subprocess.run([*TMPFS, script], cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
    assert "status 2" in done.stdout, done.stdout + done.stderr
    assert "no space left for the index" in done.stderr
    assert "Traceback" not in done.stderr
    assert "May 2026" in done.stdout.rpartition("status 2")[2], done.stdout + done.stderr


def test_a_reindex_that_is_killed_goes_on_and_the_old_index_serves_until_the_end(tmp_path):
    root = tmp_path / "news"
    write_round(root, 1)
    for n in range(60):
        (root / f"b{n}.txt").write_text(f"Story b{n}\n\nThing {n} happened in town {n}.", encoding="utf-8")
    old, new = PrecomputedEmbeddings("old"), PrecomputedEmbeddings("new", dimension=24)
    settings = settings_of(tmp_path / "index")
    intake = open_intake(settings, old)
    ingest_paths(intake, [root])
    total = intake.store.catalog.counts()[0]
    target = Store.open_for_rebuild(settings.data_dir, IndexIdentity.of(new, settings))

    class PlugPulledError(Exception):
        pass

    def pull(done: int, of: int) -> None:
        if done >= 30:
            raise PlugPulledError

    with pytest.raises(PlugPulledError):
        reindex(target, new, settings, pull)
    embedded = new.texts
    assert 0 < embedded < total
    hits = intake.store.search_dense(old.embed(["x"])[0], 10_000)  # the old one answers meanwhile
    assert len(hits) == intake.store.catalog.counts()[1]
    (root / "b0.txt").write_text("Story b0\n\nChanged while the reindex was down.", encoding="utf-8")
    (root / "b1.txt").unlink()
    ingest_paths(intake, [root], Options(prune=True))  # news does not wait for it
    assert reindex(target, new, settings) is True
    store = Store.open(settings.data_dir, IndexIdentity.of(new, settings))
    articles, chunks = store.catalog.counts()
    assert articles == total - 1
    assert new.texts <= chunks + 16  # but for the batch that was lost, nothing was embedded twice
    assert len(store.search_dense(new.embed(["x"])[0], 10_000)) == chunks
    assert "Changed while" in store.catalog.article("news/b0.txt").text
    assert store.search_keywords("Changed reindex", 3)[0].startswith("news/b0.txt#")
    assert store.catalog.rows("SELECT count(*) FROM next_chunk") == [(0,)]
    with pytest.raises(IndexMismatchError, match="newsdesk reindex"):
        intake.store.search_dense(old.embed(["x"])[0], 3)


def test_a_reindex_for_something_else_starts_anew_and_mixes_nothing(tmp_path):
    root = tmp_path / "news"
    write_round(root, 1)
    settings = settings_of(tmp_path / "index")
    ingest_paths(open_intake(settings, PrecomputedEmbeddings("old")), [root])

    def pull(done: int, of: int) -> None:
        raise KeyboardInterrupt

    one, two = PrecomputedEmbeddings("one"), PrecomputedEmbeddings("two")
    with pytest.raises(KeyboardInterrupt):
        reindex(Store.open_for_rebuild(settings.data_dir, IndexIdentity.of(one, settings)), one, settings, pull)
    assert (
        reindex(Store.open_for_rebuild(settings.data_dir, IndexIdentity.of(two, settings)), two, settings) is False
    )
    store = Store.open(settings.data_dir, IndexIdentity.of(two, settings))
    (article,) = [a for a in store.catalog.articles() if a.id == "news/a3.txt"]
    hits = dict(store.search_dense(two.embed([f"{article.title}\n{article.text}"])[0], 100))
    assert max(hits.values()) == pytest.approx(1.0, abs=1e-4)


def test_the_vector_index_can_be_made_anew_by_command(run_newsdesk, write_articles, tmp_path):
    root = write_articles(a_txt="Tram line\n\nThe tram line of Aldmoor opens in May 2026.")
    assert run_newsdesk("ingest", root, "--data-dir", tmp_path / "index").returncode == 0
    (before,) = (tmp_path / "index").glob("vectors-*")
    done = run_newsdesk("reindex", "--vectors", "--data-dir", tmp_path / "index")
    assert done.returncode == 0, done.stderr
    assert "holds 1 chunks" in done.stdout
    (after,) = (tmp_path / "index").glob("vectors-*")
    assert before != after
    done = run_newsdesk("reindex", "--data-dir", tmp_path / "index", NEWSDESK_CHUNK_TOKENS="64")
    assert done.returncode == 0, done.stderr
    assert "reindexed 1 articles" in done.stderr
    asked = run_newsdesk("ask", "--llm", "none", "When does the tram open?", "--data-dir", tmp_path / "index")
    assert asked.returncode == 2
    assert "newsdesk reindex" in asked.stderr


def test_what_chroma_cannot_write_is_a_named_error(tmp_path, write_articles):
    root = write_articles(a_txt="Tram line\n\nThe tram line of Aldmoor opens in May 2026.")
    intake = open_intake(settings_of(tmp_path / "index"), PrecomputedEmbeddings(dimension=16))
    ingest_paths(intake, [root])
    (root / "a.txt").write_text("Tram line\n\nThe tram line opens in June.", encoding="utf-8")
    wide = open_intake(settings_of(tmp_path / "index"), PrecomputedEmbeddings(dimension=16))
    wide.model.dimension = 8  # a model that does not keep its word
    with pytest.raises(StoreError, match="nothing is lost"):
        ingest_paths(wide, [root])
