"""Public formats, from small files written here in their layouts."""

import json

import pytest

from eval.cases import load_cases
from eval.datasets import load_squad_set, read_public_set, sample, write_set
from eval.runs import GoldSet, validate
from qa.errors import InputError

CONTEXT = "The Wend is a river.  It is 210 km long.\nIt ends at Aldmoor."


@pytest.fixture
def squad(tmp_path):
    answer = {"text": "210 km", "answer_start": 28}
    qas = [
        {"id": "q1", "question": "How long is the Wend?", "answers": [answer, answer], "is_impossible": False},
        {"id": "q2", "question": "How deep is the Wend?", "answers": [], "is_impossible": True},
    ]
    path = tmp_path / "dev-v2.0.json"
    data = [{"title": "River_Wend", "paragraphs": [{"context": CONTEXT, "qas": qas}]}]
    path.write_text(json.dumps({"version": "v2.0", "data": data}), encoding="utf-8")
    return path


@pytest.fixture
def multihop(tmp_path):
    corpus = [
        {"title": "A", "body": "Alpha makes pumps. It sold 3.", "url": "https://e.example/a", "source": "E",
         "published_at": "2023-10-01T08:00:00+00:00", "author": "x", "category": "tech"},
        {"title": "B", "body": "Beta makes pumps too.", "url": "https://e.example/b", "source": "F",
         "published_at": "2023-10-02T08:00:00+00:00", "author": None, "category": "tech"},
    ]  # fmt: skip
    evidence = [{"url": "https://e.example/a", "fact": "Alpha makes pumps."},
                {"url": "https://e.example/b", "fact": "Beta makes valves."}]  # fmt: skip
    questions = [
        {"query": "Do both make pumps?", "answer": "Yes", "question_type": "comparison_query",
         "evidence_list": evidence},
        {"query": "Who is Gamma?", "answer": "Insufficient information.", "question_type": "null_query",
         "evidence_list": []},
    ]  # fmt: skip
    (tmp_path / "corpus.json").write_text(json.dumps(corpus), encoding="utf-8")
    path = tmp_path / "MultiHopRAG.json"
    path.write_text(json.dumps(questions), encoding="utf-8")
    return path


@pytest.fixture
def beir(tmp_path):
    folder = tmp_path / "scifact"
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": "31", "title": "T", "text": "Some text."}, {"_id": "32", "title": "", "text": "Other text."}]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    queries = [{"_id": "1", "text": "What text?"}, {"_id": "2", "text": "Unjudged?"}]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)), encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n1\t32\t1\n1\t31\t0\n", encoding="utf-8"
    )
    return folder


def test_squad(squad, tmp_path):
    questions = read_public_set(squad)
    answered, impossible = questions.cases
    assert answered.answers == ("210 km",)
    assert answered.facts[0].text == "It is 210 km long."
    assert not impossible.answerable
    assert not impossible.facts
    articles, gold = write_set(questions, tmp_path / "out")
    assert "2 cases, 1 answerable" in validate(GoldSet("squad", gold, (articles,)))
    assert load_cases(gold) == list(questions.cases)


@pytest.mark.parametrize(
    ("new_to_reader", "kept"),
    [(False, [("a", "dev"), ("b", "dev"), ("c", "test")]), (True, [("b", "dev"), ("c", "test")])],
)
def test_what_the_reader_was_trained_on_is_left_out_where_it_is_judged(tmp_path, new_to_reader, kept):
    titles = {"a": "Oxygen (1)", "b": "Normans (2)", "c": "Harvard University (3)"}
    rows = [
        {"id": i, "question": "Q?", "answer": "x", "answers": ["x"], "answerable": True, "paragraph": f"p{i}",
         "evidence": [{"id": f"p{i}", "title": title, "fact": "x"}]}
        for i, title in titles.items()
    ]  # fmt: skip
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    cases = load_squad_set(tmp_path, new_to_reader=new_to_reader)
    assert [(case.id, case.split) for case in cases] == kept


def test_multihop_rag(multihop, tmp_path):
    questions = read_public_set(multihop)
    both, unknown = questions.cases
    assert (both.kind, both.answer, unknown.kind, unknown.answerable) == ("comparison", "Yes", "null", False)
    # A fact that the article does not hold word for word names the article alone.
    assert [fact.text for fact in both.facts] == ["Alpha makes pumps.", ""]
    articles, gold = write_set(questions, tmp_path / "out")
    assert "2 cases" in validate(GoldSet("multihop", gold, (articles,)))


def test_beir_is_retrieval_alone(beir, tmp_path):
    questions = read_public_set(beir)
    (case,) = questions.cases
    assert (case.question, case.answers, [f.article_id for f in case.facts]) == ("What text?", (), ["32"])
    articles, gold = write_set(questions, tmp_path / "out")
    assert "1 cases" in validate(GoldSet("beir", gold, (articles,)))


@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"data": [{"title": "x"}]}', '[{"evidence_list": 3}]'])
def test_what_is_none_of_the_formats_is_a_clear_error(tmp_path, content):
    path = tmp_path / "set.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        read_public_set(path)
    with pytest.raises(InputError):
        read_public_set(tmp_path / "none")


def test_a_sample_is_by_hash_and_grows_without_losing_cases(squad):
    cases = load_cases_named(50)
    small, large = sample(cases, 10), sample(list(reversed(cases)), 20)
    assert {c.id for c in small} < {c.id for c in large}


def load_cases_named(n):
    from eval.cases import parse_case

    return [parse_case({"id": f"c{i}", "question": "Q?", "answer": "x", "answerable": True}) for i in range(n)]
