"""The `newsdesk articles` commands, run as a user does."""

import json

import pytest

from tests.conftest import SEED_ID, SEEDS

FILMS = "---\ntitle: 74 films\nsource: The Post\npublished_at: 2025-02-12\n---\n"
FILMS += "\nA festival of 74 films opens on Friday."


@pytest.fixture
def filled(run_newsdesk, tmp_path, write_articles):
    root = write_articles(films_md=FILMS, empty_txt="")
    done = run_newsdesk("ingest", SEEDS, root, "--data-dir", tmp_path / "index")
    assert done.returncode == 1, done.stderr
    return tmp_path / "index"


def test_list_shows_filters_and_gives_json(run_newsdesk, filled):
    done = run_newsdesk("articles", "list", "--data-dir", filled)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2025-02-12  The Post: 74 films\n            news/films.md\n")
    assert SEED_ID in done.stdout
    since = run_newsdesk("articles", "list", "--since", "2025-02-13", "--data-dir", filled)
    assert since.stdout == ""
    title = run_newsdesk("articles", "list", "--title", "FILMS", "--json", "--data-dir", filled)
    (listed,) = json.loads(title.stdout)
    assert (listed["id"], listed["source"], listed["chunks"], listed["near_duplicates"]) == (
        "news/films.md", "The Post", 1, 0,
    )  # fmt: skip
    percent = run_newsdesk("articles", "list", "--title", "%", "--data-dir", filled)
    assert percent.stdout == ""  # no pattern, a character


def test_list_failed_gives_the_reason(run_newsdesk, filled):
    done = run_newsdesk("articles", "list", "--failed", "--data-dir", filled)
    assert "empty.txt is empty" in done.stdout
    assert "attempts 1" in done.stdout


def test_show_prints_the_article(run_newsdesk, filled):
    done = run_newsdesk("articles", "show", "news/films.md", "--data-dir", filled)
    assert "published_at  2025-02-12" in done.stdout
    assert "A festival of 74 films" in done.stdout
    none = run_newsdesk("articles", "show", "nothing", "--data-dir", filled)
    assert none.returncode == 2
    assert "articles list" in none.stderr


def test_remove_removes_and_says_so(run_newsdesk, filled):
    done = run_newsdesk("articles", "remove", "news/films.md", "--data-dir", filled)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"removed    news/films.md\nnothing of it is left in {filled}\n"
    assert "films" not in run_newsdesk("articles", "list", "--data-dir", filled).stdout
    again = run_newsdesk("articles", "remove", "news/films.md", "--data-dir", filled)
    assert again.returncode == 2
    assert "Traceback" not in again.stderr


def test_stats_say_what_is_there(run_newsdesk, filled):
    done = run_newsdesk("articles", "stats", "--json", "--data-dir", filled)
    stats = json.loads(done.stdout)
    assert (stats["articles"], stats["failed"], stats["without_date"]) == (2, 1, 1)
    assert stats["embedding_model"] == "all-MiniLM-L6-v2"
    assert stats["sources"]["The Post"] == 1
    assert stats["disk_mb"]["catalog.sqlite3"] > 0
    assert "articles: 2" in run_newsdesk("articles", "stats", "--data-dir", filled).stdout


def test_no_index_is_one_clear_line(run_newsdesk, tmp_path):
    done = run_newsdesk("articles", "list", "--data-dir", tmp_path / "none")
    assert done.returncode == 2
    assert "newsdesk ingest PATH" in done.stderr
