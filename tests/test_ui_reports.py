import json

import pytest

from eval.records import FORMAT, CaseRecord, Run, write_run
from qa.errors import InputError
from ui.examples import example_questions
from ui.plots import bars_svg, lines_svg
from ui.reports import FOLDER, accuracy_series, comparison_html, list_runs, page_of


def record(verdict, text):
    gold = {"question": "Who <b>pays</b>?", "answer": "Ann", "answerable": True, "evidence": []}
    right = float(verdict == "right")
    return CaseRecord(
        "seeds", "c1", "fact", "", gold, {"text": text, "abstained": False}, verdict, "", {"accuracy": right}
    )


@pytest.fixture
def runs(tmp_path):
    folder = tmp_path / FOLDER
    for day, verdict, accuracy in (("22", "wrong", 0.25), ("23", "right", 0.75)):
        about = {"format": FORMAT, "started_at": f"2026-11-{day}T10:00:00+00:00", "system": "newsdesk",
                 "models": {"llm": "scripted"}, "sets": [{"name": "seeds"}]}  # fmt: skip
        reports = [{"name": "seeds", "measures": {"accuracy": {"value": accuracy}}}]
        write_run(
            Run(about, (record(verdict, f"<i>{verdict}</i>"),)), folder / f"run{day}.json", {"reports": reports}
        )
        (folder / f"run{day}.html").write_text("<h1>report</h1>", encoding="utf-8")
    (folder / "other.json").write_text(json.dumps({"format": "else"}), encoding="utf-8")
    (folder / "torn.json").write_text("{", encoding="utf-8")
    return tmp_path


def test_runs_are_listed_newest_first_and_other_files_left_out(runs):
    assert [run.name for run in list_runs(runs)] == ["run23", "run22"]
    assert list_runs(runs)[0].label == "2026-11-23 10:00 · newsdesk · scripted · accuracy: seeds 0.75"
    assert list_runs(runs / "nowhere") == []
    assert accuracy_series(list_runs(runs)) == {"seeds": [("2026-11-22 10:00", 0.25), ("2026-11-23 10:00", 0.75)]}


@pytest.mark.parametrize("name", ["../run22", "..", "run22.html", "", "/etc/hostname"])
def test_a_name_that_leads_elsewhere_is_no_report(runs, name):
    (runs / "run22.html").write_text("secret", encoding="utf-8")
    assert page_of(runs, name) is None
    assert page_of(runs, "run22").read_text(encoding="utf-8") == "<h1>report</h1>"


def test_two_runs_stand_side_by_side_with_their_texts_inert(runs):
    page = comparison_html(runs, "run22", "run23")
    assert "Fixed: 1" in page
    assert "Who &lt;b&gt;pays&lt;/b&gt;?" in page
    assert "&lt;i&gt;right&lt;/i&gt;" in page
    assert "<i>" not in page
    with pytest.raises(InputError):
        comparison_html(runs, "run22", "gone")


def test_plots_carry_their_numbers_and_no_markup_of_others():
    bars = bars_svg([("2025-01", 2), ("<b>", 4)], "Articles")
    assert bars.count("<rect") == 2
    assert "<title>2025-01: 2</title>" in bars
    assert "<b>" not in bars
    lines = lines_svg({"seeds": [("1", 0.5), ("2", 1.5)]}, "Accuracy")
    assert "seeds, 1: 0.500" in lines
    assert (bars_svg([], "x"), lines_svg({}, "x")) == ("", "")


def test_example_questions_come_from_the_articles_own_words(pipeline_with, write_articles):
    texts = {
        "a_txt": "Tram opens\n\nAnn Lee, the harbour's director, was glad. The House Group said nothing.",
        "b_txt": "Ferry lost\n\nOn Monday, Bo Ek said that the ferry was lost.",
        "c_txt": "Opinion: a boat too far\n\nIt is dear.",
        "d_txt": "Budget passed by two votes\n\nIt was close.",
    }
    catalog = pipeline_with(None, write_articles(**texts)).finder.retriever.store.catalog
    assert sorted(example_questions(catalog.articles())) == [
        "What did Bo Ek say?", "What is reported about “Budget passed by two votes”?", "Who is Ann Lee?",
    ]  # fmt: skip
