"""Ingest that goes on: folders and feeds, retries, back-off, and a clean stop."""

import itertools
import json
import os
import shutil
import signal
import threading
import time

import pytest

from ingest.intake import Options, ingest_paths, open_intake
from ingest.reindex import reindex
from ingest.watch import Plan, Watcher, backoff, parse_duration
from qa.catalog import IndexIdentity
from qa.errors import ArticleError, IndexMismatchError, IndexNotFoundError, SettingsError
from qa.store import Store, writer_lock
from tests.fakes import PrecomputedEmbeddings
from tests.news_server import NewsServer, fail_first, page
from tests.test_ingest_web import feed


@pytest.fixture
def intake(make_settings):
    settings = make_settings(allow_loopback=True, fetch_delay=0, fetch_retries=0, watch_retries=2)
    return open_intake(settings, PrecomputedEmbeddings())


@pytest.fixture
def keep_up(intake):
    """Start a watcher in a thread; gives what it reports and says. It is stopped at the end."""
    stops, threads = [], []

    def start(paths=(), addresses=(), *, watch=True, every=0.0, retry_after=lambda attempts: 0.2, **options):
        stop, reports, said = threading.Event(), [], []
        watcher = Watcher(
            intake,
            Plan(tuple(paths), tuple(addresses), watch, every),
            Options(say=said.append, wait=options.pop("wait", 5), **options),
            reports.append,
            retry_after,
        )
        thread = threading.Thread(target=watcher.run, args=(stop,))
        thread.start()
        stops.append(stop)
        threads.append(thread)
        return reports, said

    yield start
    for stop in stops:
        stop.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def ids(intake):
    return {article_id for article_id, _ in intake.store.catalog.ledger.origins()}


def test_files_are_read_as_soon_as_they_come_change_and_go(intake, keep_up, write_articles):
    root = write_articles(a_txt="Tram\n\nThe tram opens.")
    keep_up([root], prune=True)
    until(lambda: ids(intake) == {"news/a.txt"})
    (root / "today").mkdir()
    (root / "today" / "b.md").write_text("---\ntitle: Ferry\n---\n\nIt sails.", encoding="utf-8")
    (root / "notes.xyz").write_text("no article", encoding="utf-8")
    until(lambda: ids(intake) == {"news/a.txt", "news/today/b.md"})
    (root / "a.txt").write_text("Tram\n\nThe tram is late.", encoding="utf-8")
    until(lambda: intake.store.search_keywords("late", 5))
    assert intake.store.search_keywords("opens", 5) == []
    (root / "a.txt").unlink()
    until(lambda: ids(intake) == {"news/today/b.md"})
    assert intake.store.catalog.ledger.failures() == []


def test_a_folder_that_is_moved_in_is_read_whole(intake, keep_up, write_articles, tmp_path):
    root = write_articles(a_txt="Tram\n\nThe tram opens.")
    keep_up([root])
    until(lambda: ids(intake))
    batch = tmp_path / "batch"
    batch.mkdir()
    for n in range(5):
        (batch / f"b{n}.txt").write_text(f"Story {n}\n\nThing {n}.", encoding="utf-8")
    batch.rename(root / "batch")
    until(lambda: len(ids(intake)) == 6)


def test_a_failed_file_is_tried_again_then_set_aside_until_it_changes(intake, keep_up, write_articles):
    root = write_articles(a_txt="Tram\n\nThe tram opens.", bad_txt="")
    _, said = keep_up([root])
    until(lambda: any("set aside" in line for line in said))
    (failure,) = intake.store.catalog.ledger.failures()
    assert (failure.attempts, failure.set_aside) == (3, True)  # once, and two more times
    time.sleep(1)
    assert intake.store.catalog.ledger.failures()[0].attempts == 3
    (root / "bad.txt").write_text("Mended\n\nIt has a text now.", encoding="utf-8")
    until(lambda: "news/bad.txt" in ids(intake))
    assert intake.store.catalog.ledger.failures() == []


def test_what_was_set_aside_is_not_read_again_at_each_look(intake, keep_up, write_articles):
    root = write_articles(a_txt="Tram\n\nThe tram opens.", bad_txt="")
    _, said = keep_up([root], watch=False, every=0.5)
    until(lambda: any("set aside" in line for line in said))
    attempts = intake.store.catalog.ledger.failures()[0].attempts
    time.sleep(1.5)
    assert intake.store.catalog.ledger.failures()[0].attempts == attempts
    (root / "bad.txt").write_text("Mended\n\nIt has a text now.", encoding="utf-8")
    until(lambda: "news/bad.txt" in ids(intake))


def test_a_locked_index_is_waited_out(intake, keep_up, write_articles):
    root = write_articles(a_txt="Tram\n\nThe tram opens.")
    with writer_lock(intake.settings.data_dir, 1):
        _, said = keep_up([root], wait=0)
        until(lambda: any("trying again in" in line for line in said))
        assert ids(intake) == set()
    until(lambda: ids(intake) == {"news/a.txt"})


def test_feeds_are_looked_at_every_so_often(intake, keep_up):
    server = NewsServer().start()
    try:
        server.pages |= {"/tram": page("Tram", "The tram opens."), "/ferry": page("Ferry", "The ferry sails.")}
        server.pages["/feed"] = feed(server, ("Tram", "/tram"))
        keep_up(addresses=[f"{server.root}/feed"], watch=False, every=0.5)
        until(lambda: len(ids(intake)) == 1)
        server.pages["/feed"] = feed(server, ("Ferry", "/ferry"), ("Tram", "/tram"))
        until(lambda: len(ids(intake)) == 2)
        assert server.paths().count("/tram") == 1
    finally:
        server.stop()


def test_a_dead_feed_is_asked_less_and_less_often_and_comes_back(intake, keep_up):
    server = NewsServer().start()
    try:
        server.pages["/tram"] = page("Tram", "The tram opens.")
        server.pages["/feed"] = fail_first(3, feed(server, ("Tram", "/tram")))
        moments = []
        real = server.pages["/feed"]
        server.pages["/feed"] = lambda request: (moments.append(time.monotonic()), real(request))
        keep_up(addresses=[f"{server.root}/feed"], watch=False, every=0.3)
        until(lambda: len(ids(intake)) == 1, 30)
        pauses = [b - a for a, b in itertools.pairwise(moments)]
        assert pauses[0] >= 0.6  # twice the usual, then four times, ...
        assert pauses[1] >= 1.2
        assert pauses[2] >= 2.4
    finally:
        server.stop()


def test_folders_can_be_looked_at_every_so_often_instead_of_watched(intake, keep_up, write_articles):
    root = write_articles(a_txt="Tram\n\nThe tram opens.")
    keep_up([root], watch=False, every=0.5)
    until(lambda: len(ids(intake)) == 1)
    (root / "b.txt").write_text("Ferry\n\nIt sails.", encoding="utf-8")
    until(lambda: len(ids(intake)) == 2)


def test_a_watcher_never_mixes_models_after_a_reindex(intake, write_articles, make_settings):
    root = write_articles(a_txt="Tram\n\nThe tram opens.")
    ingest_paths(intake, [root])
    other = PrecomputedEmbeddings("other")
    settings = make_settings()
    reindex(Store.open_for_rebuild(settings.data_dir, IndexIdentity.of(other, settings)), other, settings)
    (root / "b.txt").write_text("Ferry\n\nIt sails.", encoding="utf-8")
    watcher = Watcher(intake, Plan((root,), (), watch=True, every=0), Options())
    with pytest.raises(IndexMismatchError, match="newsdesk reindex"):
        watcher.run(threading.Event())
    assert ids(intake) == {"news/a.txt"}


def test_a_watcher_ends_when_its_index_is_taken_away(intake, write_articles):
    root = write_articles(a_txt="Tram\n\nThe tram opens.")
    ingest_paths(intake, [root])
    shutil.rmtree(intake.settings.data_dir)
    (root / "b.txt").write_text("Ferry\n\nIt sails.", encoding="utf-8")
    watcher = Watcher(intake, Plan((root,), (), watch=True, every=0), Options())
    with pytest.raises(IndexNotFoundError, match="is gone"):
        watcher.run(threading.Event())


def test_a_path_that_leads_nowhere_is_said_at_once(intake, tmp_path):
    watcher = Watcher(intake, Plan((tmp_path / "none",), (), watch=True, every=0), Options())
    with pytest.raises(ArticleError, match="does not exist"):
        watcher.run(threading.Event())


def test_waiting_times_double_up_to_a_limit():
    assert [backoff(n) for n in (1, 2, 3)] == [5, 10, 20]
    assert backoff(50) == 600


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("1.5h", 5400), ("1d", 86400)])
def test_times_are_written_with_their_unit(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["15", "m", "0s", "-5m", "5 minutes", ""])
def test_other_times_are_one_clear_error(text):
    with pytest.raises(SettingsError, match="15m"):
        parse_duration(text)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_watches_and_stops_cleanly(start_newsdesk, run_newsdesk, write_articles, tmp_path, number):
    root = write_articles(a_txt="Tram line\n\nThe tram line of Aldmoor opens in May 2026.")
    process = start_newsdesk("ingest", "--watch", root, "--json", "--data-dir", tmp_path / "index")
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout))
    reader.start()
    until(lambda: any('"added": 1' in line for line in lines), 60)
    (root / "b.txt").write_text("Ferry\n\nThe ferry sails in June.", encoding="utf-8")
    until(lambda: sum('"added": 1' in line for line in lines) == 2, 60)
    os.kill(process.pid, number)
    assert process.wait(20) == 0
    reader.join(10)
    assert lines[-1] == "stopped\n"
    assert not any("Traceback" in line for line in lines)
    reports = [json.loads(line) for line in lines if line.startswith("{")]
    assert all(report["failed"] == 0 for report in reports)
    listed = run_newsdesk("articles", "stats", "--json", "--data-dir", tmp_path / "index")
    assert json.loads(listed.stdout)["articles"] == 2


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["ingest", "--watch", "https://example.org/feed"], "--every 15m"),
        (["ingest", "--every", "soon", "."], "15m"),
        (["ingest", "--prune", "https://example.org/feed"], "folder"),
        (["ingest", "ftp://example.org/feed"], "http:// or https://"),
        (["ingest", ".", "--field", "headline=x"], "title=headline"),
    ],
)
def test_options_that_make_no_sense_are_one_clear_line(run_newsdesk, arguments, word):
    done = run_newsdesk(*arguments)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr
