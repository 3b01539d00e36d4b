"""Runs on real indexes: baselines, failures, resuming, tokens, the judge, drafts."""

import json

import pytest

from eval.draft import draft_cases
from eval.groundedness import check
from eval.judge import Judge
from eval.records import read_run, write_run
from eval.report import ERROR_MEASURES, QUALITY_MEASURES, render_report, report_of
from eval.rescore import rescore
from eval.runs import SHIPPED, GoldSet, Options, Selection, ask, run_sets
from eval.systems import BASELINES, Product
from qa.errors import InputError, LLMError
from qa.llm import LanguageModel
from tests.conftest import SEEDS
from tests.fakes import BrokenChatModel, ScriptedChatModel

ALL, AS_USUAL = Selection(), Options()


@pytest.fixture(scope="session")
def indexes(tmp_path_factory):
    """A folder in which the indexes of the shipped sets are kept from test to test."""
    return tmp_path_factory.mktemp("eval-indexes")


@pytest.fixture
def run_with(make_settings, tmp_path, indexes):
    """Run shipped sets; gives the run and the ids in the order told."""

    def run(*names, system="newsdesk", selection=ALL, options=AS_USUAL, told=None, anew=False, **overrides):
        settings = make_settings(cache_dir=make_cache(tmp_path, None if anew else indexes), **overrides)
        on_case = told or (lambda record, done, total: None)
        return run_sets(settings, [SHIPPED[n] for n in names], system, selection, options, on_case, lambda _: None)

    return run


def make_cache(tmp_path, indexes):
    """A cache of the test's own that shares weights with the user's, and indexes with other tests."""
    from qa.config import load_settings

    folder = tmp_path / "cache"
    folder.mkdir(exist_ok=True)
    for path in load_settings().cache_dir.glob("*"):
        if not path.name.startswith("eval-") and not (folder / path.name).exists():
            (folder / path.name).symlink_to(path)
    if indexes is not None and not (folder / "eval-indexes").exists():
        (folder / "eval-indexes").symlink_to(indexes)
    return folder


def test_the_oracle_is_perfect_on_every_measure_of_every_set(run_with):
    run = run_with("seeds", "harbour", system="baseline:oracle")
    reports = report_of(run)
    assert [report.name for report in reports] == ["seeds", "harbour"]
    for report in reports:
        assert set(QUALITY_MEASURES) <= set(report.measures)
        assert {n: report.measures[n].value for n in QUALITY_MEASURES} == dict.fromkeys(QUALITY_MEASURES, 1.0)
        assert {n: report.measures[n].value for n in ERROR_MEASURES} == dict.fromkeys(ERROR_MEASURES, 0.0)


@pytest.mark.parametrize(
    ("name", "measure", "value"),
    [
        ("always-abstain", "abstention recall", 1.0),
        ("always-abstain", "false abstention", 1.0),
        ("always-yes", "balanced yes/no", 0.5),
        ("top-passage", "accuracy on answerable", 0.0),  # a passage is no answer
        ("first-sentence", "abstention recall", 0.0),
    ],
)
def test_baselines_score_what_they_must(run_with, name, measure, value):
    (report,) = report_of(run_with("harbour", system=f"baseline:{name}"))
    assert report.measures[measure].value == value


def test_the_product_stands_beside_the_baselines(run_with):
    run = run_with("seeds", selection=Selection(limit=6))
    assert set(run.baselines["seeds"]) == set(BASELINES)
    assert run.baselines["seeds"]["oracle"]["accuracy"]["value"] == 1.0
    text = render_report(run, report_of(run))
    assert "this run" in text
    assert "keyword-only" in text


def test_search_alone_gets_retrieval_measures_and_no_accuracy(run_with):
    (report,) = report_of(run_with("seeds", system="retrieval"))
    assert report.measures["hit@4"].value > 0.9
    assert "accuracy" not in report.measures


def test_a_limit_takes_by_hash_and_a_selection_that_leaves_nothing_is_refused(run_with):
    few = {r.id for r in run_with("harbour", system="retrieval", selection=Selection(limit=10)).records}
    more = {r.id for r in run_with("harbour", system="retrieval", selection=Selection(limit=30)).records}
    assert len(few) == 10
    assert few < more
    one = run_with("harbour", system="retrieval", selection=Selection(frozenset({"test"}), frozenset({"number"})))
    assert {(r.split, r.kind) for r in one.records} == {("test", "number")}
    with pytest.raises(InputError, match="no such case"):
        run_with("harbour", system="retrieval", selection=Selection(kinds=frozenset({"poem"})))
    with pytest.raises(InputError, match="no system 'x'"):
        run_with("seeds", system="x")


def test_the_same_corpus_is_embedded_once(run_with, tmp_path):
    run_with("seeds", system="retrieval", anew=True)
    own = tmp_path / "cache" / "eval-indexes"
    (folder,) = [p for p in own.iterdir() if p.is_dir()]
    before = (folder / "catalog.sqlite3").stat().st_mtime_ns
    run_with("seeds", system="retrieval", anew=True)
    assert [p for p in own.iterdir() if p.is_dir()] == [folder]
    assert (folder / "catalog.sqlite3").stat().st_mtime_ns == before


def test_an_interrupted_run_goes_on_where_it_stopped(run_with, tmp_path):
    asked: list[str] = []

    def stop_after_three(record, done, total):
        asked.append(record.id)
        if done == 3:
            raise KeyboardInterrupt

    selection = Selection(limit=6)
    with pytest.raises(KeyboardInterrupt):
        run_with("seeds", selection=selection, told=stop_after_three)
    (journal,) = (tmp_path / "cache" / "eval-journals").iterdir()
    first = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    journal.write_text(journal.read_text(encoding="utf-8") + '{"torn', encoding="utf-8")
    whole = run_with("seeds", selection=selection)
    assert len(whole.records) == 6
    # Taken over to the last digit of their times: these three were not asked again.
    assert [r.scores["seconds"] for r in whole.records[:3]] == [row["scores"]["seconds"] for row in first]
    assert not list((tmp_path / "cache" / "eval-journals").iterdir())


def test_a_changed_setting_is_another_run(run_with, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_with("seeds", selection=Selection(limit=4), told=interrupt)
    run = run_with("seeds", selection=Selection(limit=4), top_k=3)
    assert all(len(r.answer["passages"]) <= 3 for r in run.records)


def interrupt(record, done, total):
    raise KeyboardInterrupt


def test_a_crash_is_a_failure_counted_as_wrong_and_listed(pipeline_with):
    from eval.cases import load_cases
    from eval.records import Run

    cases = load_cases(SHIPPED["seeds"].gold)[:2]
    system = Product(pipeline_with(BrokenChatModel(replies=[])))
    records = tuple(ask("seeds", case, system, timeout=60) for case in cases)
    run = Run({"system": "newsdesk", "models": {}}, records)
    (report,) = report_of(run)
    assert (report.measures["accuracy"].value, report.measures["accuracy"].n) == (0.0, 2)
    assert report.measures["failures"].value == 1.0
    assert "server went away" in render_report(run, [report])


def test_a_timeout_is_a_failure(pipeline_with):
    from eval.cases import load_cases

    chat = ScriptedChatModel(replies=["SHORT: 2%\nANSWER: It is 2% [1]."])
    record = ask("seeds", load_cases(SHIPPED["seeds"].gold)[0], Product(pipeline_with(chat)), timeout=-1)
    assert record.error == "CaseTimeoutError: took too long"
    assert record.scores["accuracy"] == 0.0


def test_a_run_scored_again_scores_the_same(run_with, tmp_path):
    run = run_with("seeds", selection=Selection(limit=12))
    write_run(run, tmp_path / "run.json", {})
    again = rescore(read_run(tmp_path / "run.json"))
    assert [r.verdict for r in again.records] == [r.verdict for r in run.records]
    assert [r.scores for r in again.records] == [pytest.approx(r.scores) for r in run.records]


def test_a_run_says_how_to_repeat_it(run_with):
    about = run_with("seeds", system="retrieval", llm_api_key="secret").about
    assert about["sets"][0]["gold_sha256"]
    assert about["sets"][0]["corpus_sha256"]
    assert about["models"]["embedding_sha256"]
    assert about["versions"]["python"]
    assert about["machine"]["cpus"] >= 1
    assert "secret" not in json.dumps(about)


def test_proofs_that_the_corpus_does_not_hold_stop_a_run(make_settings, tmp_path):
    gold = tmp_path / "my.jsonl"
    row = {"id": "a", "question": "Q?", "answer": "x", "answerable": True, "evidence": [{"id": "n", "fact": "f"}]}
    gold.write_text(json.dumps(row), encoding="utf-8")
    settings = make_settings(cache_dir=make_cache(tmp_path, None))
    with pytest.raises(InputError, match=r"my\.jsonl:1: evidence: no article has the id 'n'"):
        run_sets(settings, [GoldSet("my", gold, (SEEDS,))], "newsdesk", Selection(), Options(),
                 lambda *_: None, lambda _: None)  # fmt: skip


class FormChatModel(ScriptedChatModel):
    """Fills in forms with what it was told, as models with structured output do."""

    def with_structured_output(self, schema, **kwargs):
        from langchain_core.runnables import RunnableLambda

        return RunnableLambda(lambda _: json.loads(self.replies.pop(0)))


def graded(*replies, pipeline_with):
    from eval.cases import load_cases

    case = load_cases(SHIPPED["seeds"].gold)[0]
    judge = Judge(LanguageModel(FormChatModel(replies=list(replies)), "grader"))
    return ask("seeds", case, Product(pipeline_with()), 60, judge)


def test_the_judge_stands_beside_the_accuracy_and_is_never_nan(pipeline_with):
    agreeing = graded('{"reason": "same", "verdict": "right"}', pipeline_with=pipeline_with)
    assert agreeing.scores["judge accuracy"] == agreeing.scores["judge agreement"] == 1.0
    assert agreeing.judge == "same"
    second_try = graded("no json", '{"reason": "no", "verdict": "wrong"}', pipeline_with=pipeline_with)
    assert second_try.scores["judge agreement"] == 0.0
    silent = graded('{"verdict": "perhaps"}', "x", pipeline_with=pipeline_with)
    assert silent.scores["judge failures"] == 1.0
    assert "judge accuracy" not in silent.scores


def test_a_reply_that_is_no_object_is_a_named_error():
    model = LanguageModel(FormChatModel(replies=["[1]"]), "m")
    with pytest.raises(LLMError, match="no JSON object"):
        model.structured([], {"title": "T"})


def test_drafts_keep_only_what_the_sentence_proves(write_articles):
    from ingest.loaders import find_files, load_article

    folder = write_articles(
        a_txt="Bridge\nThe bridge at Aldmoor cost the city 40 million crowns in 2031, Mara Quill said."
    )
    articles = [load_article(file) for file in find_files([folder])]
    sound = '{"question": "How much did the bridge at Aldmoor cost?", "answer": "40 million crowns"}'
    for reply, n in (
        (sound, 1),
        ('{"question": "How much did the bridge cost?", "answer": "50 million crowns"}', 0),
        ('{"question": "Did it cost 40 million crowns?", "answer": "40 million crowns"}', 0),
        ("no json", 0),
    ):
        found = list(draft_cases(articles, LanguageModel(FormChatModel(replies=[reply]), "m"), per_article=1))
        assert len(found) == n, reply
        assert all(not case.reviewed and case.facts[0].text in articles[0].text for case in found)


@pytest.mark.model
def test_the_embedded_model_counts_its_tokens_and_fills_in_forms(small_llm, index, make_settings, embeddings):
    from eval.cases import load_cases
    from qa.build import assemble

    store, _ = index(SEEDS)
    pipeline = assemble(make_settings(), store, embeddings, small_llm)
    record = ask("seeds", load_cases(SHIPPED["seeds"].gold)[0], Product(pipeline), 120, Judge(small_llm))
    assert record.error == ""
    assert record.scores["prompt tokens"] > 100
    assert record.scores["completion tokens"] > 3
    assert record.scores["judge failures"] == 0.0


def test_each_doubt_is_about_a_sentence_of_the_answer(run_with):
    run = run_with("harbour", system="baseline:first-sentence", selection=Selection(limit=20))
    for record in run.records:
        assert all(doubt["sentence"] in record.answer["text"] and doubt["why"] for doubt in record.ungrounded)
    assert check("It is 2%.", "It is 2%.").supported


def test_a_gold_set_beside_its_articles_is_no_article(write_articles):
    from eval.indexes import corpus_articles, corpus_files

    root = write_articles(
        a_txt="Tram\n\nIt opens.",
        b_jsonl='{"text": "The ferry sails."}\n{"text": "The bridge is shut."}',
        gold_jsonl='{"id": "1", "question": "When?", "answer": "May"}',
    )
    assert [file.path.name for file in corpus_files([root])] == ["a.txt", "b.jsonl"]
    assert len(corpus_articles([root])) == 3
