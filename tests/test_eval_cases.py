import json

import pytest

from eval.cases import case_to_json, check_cases, load_cases, parse_case
from eval.runs import SHIPPED, GoldSet, validate
from qa.errors import InputError
from tests.conftest import SEED_ID, SEEDS

GOOD = {"id": "a", "question": "Q?", "answer": "x", "answerable": True}


def test_the_gold_set_of_the_seed_is_sound():
    cases = load_cases(SHIPPED["seeds"].gold)
    text = "".join(path.read_text(encoding="utf-8") for path in SEEDS.glob("*.txt"))
    assert len(cases) >= 40
    assert sum(not c.answerable for c in cases) >= 10
    assert sum(bool(c.history) for c in cases) >= 5
    assert all(fact.article_id == SEED_ID and fact.text in text for c in cases for fact in c.facts)
    assert all(bool(c.facts) == c.answerable for c in cases)


def write(tmp_path, *rows):
    path = tmp_path / "gold.jsonl"
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("{]", "not JSON"),
        ("[1]", "JSON object"),
        ({"id": "b", "answerable": True}, "'question' is missing"),
        ({**GOOD, "question": " "}, "'question' is empty"),
        ({**GOOD, "answer": ""}, "needs an 'answer'"),
        ({**GOOD, "answer": 2}, "'answer' must be a string"),
        ({**GOOD, "answers": ["x", ""]}, "not empty"),
        ({**GOOD, "answerable": "yes"}, "true or false"),
        ({**GOOD, "evidence": ["x"]}, "'evidence' must be objects"),
        ({**GOOD, "history": [{"question": "Q"}]}, "'history' must be objects"),
        ({**GOOD, "rewrite": 1}, "'rewrite' must be a string"),
        ({**GOOD, "rewrite": "Q?"}, "for a question with a 'history'"),
        (GOOD, "that of line 1 too"),
    ],
)
def test_each_mistake_is_named_with_its_line(tmp_path, row, what):
    path = write(tmp_path, GOOD, "", row)
    cases, mistakes = check_cases(path)
    assert [m.line for m in mistakes] == [3]
    assert what in mistakes[0].what
    assert list(cases) == [1]
    with pytest.raises(InputError, match=r"gold\.jsonl:3: "):
        load_cases(path)


def test_all_mistakes_are_named_at_once(tmp_path):
    path = write(tmp_path, "{]", GOOD, {**GOOD, "answerable": 1})
    with pytest.raises(InputError) as error:
        load_cases(path)
    assert "gold.jsonl:1: " in str(error.value)
    assert "gold.jsonl:3: " in str(error.value)


def test_a_missing_or_empty_file_is_a_clear_error(tmp_path):
    with pytest.raises(InputError, match="cannot read the gold set"):
        load_cases(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="no gold case"):
        load_cases(write(tmp_path, ""))


def test_proofs_are_looked_for_word_for_word_in_the_corpus(tmp_path):
    proof = {"id": SEED_ID, "fact": "nations sitting below the 2% target find themselves under scrutiny."}
    good = {**GOOD, "evidence": [proof]}
    unknown = {**GOOD, "id": "b", "evidence": [{**proof, "id": "nowhere"}]}
    changed = {**GOOD, "id": "c", "evidence": [{**proof, "fact": "nations sitting below the 3% target"}]}
    assert "1 cases, 1 answerable" in validate(GoldSet("g", write(tmp_path, good), (SEEDS,)))
    with pytest.raises(InputError) as error:
        validate(GoldSet("g", write(tmp_path, good, unknown, changed), (SEEDS,)))
    assert "gold.jsonl:2: evidence: no article has the id 'nowhere'" in str(error.value)
    assert "gold.jsonl:3: evidence: not word for word" in str(error.value)


def test_a_case_reads_back_as_it_was_written():
    for name in SHIPPED:
        for case in load_cases(SHIPPED[name].gold):
            assert parse_case(case_to_json(case)) == case


def test_the_rewrite_of_a_follow_up_is_kept():
    row = {**GOOD, "history": [{"question": "Who?", "answer": "She."}], "rewrite": " When did she come? "}
    case = parse_case(row)
    assert case.rewrite == "When did she come?"
    assert parse_case(case_to_json(case)) == case
    assert "rewrite" not in case_to_json(parse_case(GOOD))


def test_the_answer_is_always_among_the_accepted_ones():
    case = parse_case({**GOOD, "answer": "2% of GDP", "answers": ["2%"]})
    assert case.answers == ("2% of GDP", "2%")
