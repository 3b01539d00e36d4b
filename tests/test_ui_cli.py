import json

import pytest
from click.testing import CliRunner

from tests.conftest import SEED_ID, SEEDS
from ui.cli import main


@pytest.fixture
def seed_index(run_newsdesk, tmp_path):
    done = run_newsdesk("ingest", SEEDS, "--data-dir", tmp_path / "index")
    assert done.returncode == 0, done.stderr
    assert f"added      {SEED_ID}" in done.stdout
    return tmp_path / "index"


def test_help_is_fast_because_it_imports_nothing_heavy(run_newsdesk):
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from ui.cli import main\n"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0\n"
        "heavy = ('torch', 'gradio', 'chromadb', 'langchain_core', 'numpy', 'pydantic', 'xllamacpp')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_second_ingest_says_unchanged(run_newsdesk, seed_index):
    done = run_newsdesk("ingest", SEEDS, "--data-dir", seed_index)
    assert done.returncode == 0
    assert f"unchanged  {SEED_ID}" in done.stdout
    assert "added 0, updated 0, unchanged 1, duplicates 0, removed 0, failed 0" in done.stdout


def test_the_data_folder_can_come_from_the_environment(run_newsdesk, seed_index):
    done = run_newsdesk(
        "ask", "--llm", "none", "What is the NATO spending target?", NEWSDESK_DATA_DIR=str(seed_index)
    )
    assert done.returncode == 0, done.stderr
    assert "2% target" in done.stdout


def test_ask_prints_the_answer_and_its_numbered_sources(run_newsdesk, seed_index):
    done = run_newsdesk("ask", "--llm", "none", "What is the NATO spending target?", "--data-dir", seed_index)
    answer, sources = done.stdout.split("\nSources\n")
    assert "[1]" in answer
    assert sources.startswith(
        "[1] Pete Hegseth Visits NATO Amid Tensions Over US Plans for Ukraine\n    “With President"
    )


def test_ask_json_is_one_flat_object(run_newsdesk, seed_index):
    done = run_newsdesk(
        "ask", "--llm", "none", "--json", "What is the NATO spending target?", "--data-dir", seed_index
    )
    answer = json.loads(done.stdout)
    assert set(answer) == {
        "question", "query", "text", "short", "abstained", "citations", "passages", "support", "as_of", "timings",
        "model", "confidence",
    }  # fmt: skip
    (citation,) = answer["citations"]
    assert set(citation) == {
        "number", "article_id", "title", "source", "url", "published_at", "quote", "start", "end",
    }  # fmt: skip
    body = (SEEDS / SEED_ID.split("/")[1]).read_text(encoding="utf-8").partition("\n")[2].strip()
    assert body[citation["start"] : citation["end"]] == citation["quote"]
    assert [p["article_id"] for p in answer["passages"]] == [SEED_ID] * len(answer["passages"])
    scores = [p["score"] for p in answer["passages"]]
    assert scores == sorted(scores, reverse=True)


def test_a_batch_answers_every_line_in_order_and_loses_none(run_newsdesk, seed_index, tmp_path):
    lines = [
        '{"id": 1, "question": "What is the NATO spending target?"}',
        "this is not JSON",
        '{"id": "two", "question": ""}',
        '{"id": 3, "question": "Who won the 1962 football match between Brazil and Chile?"}',
        '{"id": 4, "question": "And how much does Trump want?", "history": '
        '[{"question": "What is the NATO spending target?", "answer": "2% of GDP [1]."}]}',
        '{"id": 5, "question": "Why?", "history": "none"}',
        '{"id": 6}',
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run_newsdesk("ask", "--llm", "none", "--batch", path, "--data-dir", seed_index)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["id"] for a in answers] == [1, None, "two", 3, 4, 5, 6]
    assert ["error" in a for a in answers] == [False, True, True, False, False, True, True]
    assert done.returncode == 1
    assert answers[3]["abstained"]
    assert "NATO spending target" in answers[4]["query"]
    assert "7/7" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["ingest", "no-such-folder"], "does not exist"),
        (["ingest"], "at least one file"),
        (["ask", "--llm", "none", "Where?"], "newsdesk ingest PATH"),
        (["ask"], "give a question"),
        (["ask", "--batch", "no-such-file.jsonl"], "no-such-file.jsonl"),
        (["eval", "run", "no-such-file.jsonl"], "cannot read the gold set"),
        (["chat", "--port", "99999"], "port"),
        (["frobnicate"], "No such command"),
    ],
)
def test_what_cannot_run_is_one_clear_line_and_status_2(run_newsdesk, arguments, word):
    done = run_newsdesk(*arguments)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("question", "word"), [("", "empty"), ("   ", "empty"), ("x" * 10_000, "10000 characters, 2000 are the most")]
)
def test_a_bad_question_is_one_clear_line_before_anything_is_loaded(run_newsdesk, tmp_path, question, word):
    done = run_newsdesk("ask", question, "--data-dir", tmp_path / "none there")
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"NEWSDESK_TOPK": "3"}, "NEWSDESK_TOPK"),
        ({"NEWSDESK_TOP_K": "-4"}, "top_k"),
        ({"NEWSDESK_LLM": "frobnicate"}, "NEWSDESK_LLM"),
        ({"NEWSDESK_LLM": "openai:"}, "NEWSDESK_LLM"),
    ],
)
def test_a_bad_setting_is_one_clear_line(run_newsdesk, seed_index, environment, word):
    done = run_newsdesk("ask", "Where?", "--data-dir", seed_index, **environment)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_and_a_binary_file_are_named_and_cost_nothing(run_newsdesk, seed_index, write_articles):
    root = write_articles(a_txt="", ok_txt="Tram line\n\nThe tram opens in May.")
    (root / "b.txt").write_bytes(bytes(range(256)) * 10)
    done = run_newsdesk("ingest", root, "--data-dir", seed_index)
    assert done.returncode == 1  # some failed
    assert "a.txt is empty" in done.stderr
    assert "b.txt is not text" in done.stderr
    assert "added 1, updated 0, unchanged 0, duplicates 0, removed 0, failed 2" in done.stdout
    alone = run_newsdesk("ingest", root / "a.txt", "--data-dir", seed_index)
    assert alone.returncode == 2  # nothing could be done


def test_a_damaged_index_is_one_clear_line_and_is_not_touched(run_newsdesk, seed_index):
    catalog = seed_index / "catalog.sqlite3"
    catalog.write_bytes(b"garbage " * 1000)
    for command in (["ask", "--llm", "none", "Where?"], ["ingest", SEEDS]):
        done = run_newsdesk(*command, "--data-dir", seed_index)
        assert done.returncode == 2
        assert "move that folder away" in done.stderr
        assert "Traceback" not in done.stderr
    assert catalog.read_bytes() == b"garbage " * 1000


def test_a_data_folder_that_is_a_file_is_one_clear_line(run_newsdesk, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    done = run_newsdesk("ingest", SEEDS, "--data-dir", tmp_path / "file" / "index")
    assert done.returncode == 2
    assert "--data-dir" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "options", "allowed"),
    [
        ("", "", True),
        ("", "--host 0.0.0.0", False),
        ("", "--host ::1", True),
        ("true", "--host 0.0.0.0", True),
        ("false", "", False),
        ("false", "--manage-articles", True),
        ("true", "--no-manage-articles --host 0.0.0.0", False),
    ],
)
def test_whether_the_page_manages_articles_is_a_setting(monkeypatch, environment, options, allowed):
    served = []
    monkeypatch.setattr("ui.app.serve", lambda settings, _: served.append(settings.page_manages_articles))
    monkeypatch.setenv("NEWSDESK_MANAGE_ARTICLES", environment)
    assert CliRunner().invoke(main, ["chat", *options.split()]).exit_code == 0
    assert served == [allowed]


def test_a_taken_port_is_one_clear_line(run_newsdesk, seed_index):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_newsdesk("chat", "--port", port, "--llm", "none", "--data-dir", seed_index)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
