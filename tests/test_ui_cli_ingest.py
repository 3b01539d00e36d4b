"""`newsdesk ingest` as a user sees it: a bar on a terminal, lines in a pipe, JSON for machines, two at once."""

import json
import os
import pty
import re
import subprocess
import sys

import pytest


@pytest.fixture
def many(write_articles):
    files = {f"s{n}_txt": f"Story {n}\n\nThing {n} happened in town {n}." for n in range(30)}
    return write_articles(**files, bad_txt="")


def on_a_terminal(arguments, cwd) -> tuple[int, str]:
    """Run the command with standard error on a pseudo-terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ui", *map(str, arguments)], cwd=cwd, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return process.wait(60), shown.decode(errors="replace")


def test_a_terminal_shows_a_bar_with_rate_and_position(many, tmp_path):
    status, shown = on_a_terminal(["ingest", many, "--data-dir", tmp_path / "i"], tmp_path)
    assert status == 1
    assert "ingesting" in shown
    assert "31/31" in shown
    assert re.search(r"\d+\.\d/s", shown)
    assert "bad.txt is empty" in shown


def test_a_pipe_gets_plain_lines_and_a_summary(many, tmp_path, run_newsdesk):
    done = run_newsdesk("ingest", many, "--data-dir", tmp_path / "i")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[-1] == "added 30, updated 0, unchanged 0, duplicates 0, removed 0, failed 1"
    assert lines[0] == "added      news/s0.txt"
    assert "\r" not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    again = run_newsdesk("ingest", many, "--data-dir", tmp_path / "i")
    assert again.stdout == "added 0, updated 0, unchanged 30, duplicates 0, removed 0, failed 1\n"


def test_json_is_one_object_and_nothing_else(many, tmp_path, run_newsdesk):
    distinct = " ".join(f"Sentence {n} of the report is here." for n in range(12))
    (many / "twin1.txt").write_text(f"Twin\n\n{distinct}", encoding="utf-8")
    (many / "twin2.txt").write_text(f"Twin too\n\n{distinct}", encoding="utf-8")
    done = run_newsdesk("ingest", many, "--json", "--data-dir", tmp_path / "i")
    summary = json.loads(done.stdout)
    assert list(summary)[:6] == ["added", "updated", "unchanged", "duplicates", "removed", "failed"]
    assert (summary["added"], summary["duplicates"], summary["failed"]) == (32, 1, 1)
    assert summary["failures"] == [
        {"origin": str(many / "bad.txt"), "reason": f"{many / 'bad.txt'} is empty: nothing to index"}
    ]
    (many / "s3.txt").unlink()
    (many / "s4.txt").write_text("Story 4\n\nIt was otherwise.", encoding="utf-8")
    (many / "bad.txt").unlink()
    done = run_newsdesk("ingest", many, "--json", "--prune", "--data-dir", tmp_path / "i")
    assert done.returncode == 0
    summary = json.loads(done.stdout)
    assert {k: v for k, v in summary.items() if k in ("added", "updated", "unchanged", "removed", "failed")} == {
        "added": 0, "updated": 1, "unchanged": 30, "removed": 1, "failed": 0,
    }  # fmt: skip


def test_rows_with_names_of_their_own_come_in_by_command(tmp_path, run_newsdesk):
    (tmp_path / "a.csv").write_text("kop,inhoud\nTram,It opens in May.\n", encoding="utf-8")
    plain = run_newsdesk("ingest", tmp_path / "a.csv", "--data-dir", tmp_path / "i")
    assert plain.returncode == 2
    assert "--field text=NAME" in plain.stderr
    mapped = ["--field", "title=kop", "--field", "text=inhoud"]
    done = run_newsdesk("ingest", tmp_path / "a.csv", *mapped, "--data-dir", tmp_path / "i")
    assert done.returncode == 0, done.stderr
    assert "added 1" in done.stdout


def test_two_ingests_at_once_both_come_through(many, write_articles, tmp_path, start_newsdesk, run_newsdesk):
    other = write_articles("other", **{f"o{n}_txt": f"Other {n}\n\nMatter {n} was settled." for n in range(30)})
    (many / "bad.txt").unlink()
    first = start_newsdesk("ingest", many, "--data-dir", tmp_path / "i")
    second = run_newsdesk("ingest", other, "--data-dir", tmp_path / "i", "--wait", 60)
    assert first.wait(60) == 0
    assert second.returncode == 0, second.stderr
    stats = json.loads(run_newsdesk("articles", "stats", "--json", "--data-dir", tmp_path / "i").stdout)
    assert (stats["articles"], stats["chunks"], stats["not_yet_in_vector_index"]) == (60, 60, 0)


def test_examples_in_the_help_stand_a_line_each(run_newsdesk):
    done = run_newsdesk("ingest", "--help")
    assert "\n  newsdesk ingest seeds/\n  newsdesk ingest today/*.md --data-dir ~/news\n" in done.stdout
    assert "\\b" not in done.stdout + run_newsdesk("--help").stdout
