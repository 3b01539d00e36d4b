"""Comparison and bars, on runs made by hand."""

from dataclasses import replace

import pytest

from eval.bars import broken_bars, load_bars
from eval.compare import compare, render_comparison
from eval.metrics import Verdict
from eval.records import CaseRecord, Run, read_run, write_run
from eval.report import report_of
from qa.errors import InputError
from tests.conftest import PROJECT


def record(name: str, right: bool, kind: str = "fact", **scores: float) -> CaseRecord:
    gold = {
        "id": name,
        "question": f"{name}?",
        "answer": "x",
        "answers": ["x"],
        "answerable": True,
        "evidence": [],
    }
    return CaseRecord(
        set="seeds",
        id=name,
        kind=kind,
        split="",
        gold=gold,
        answer={"text": "x" if right else "y", "abstained": False, "confidence": 0.5},
        verdict=(Verdict.RIGHT if right else Verdict.WRONG).value,
        why="",
        scores={"accuracy": float(right), "accuracy with quotations": float(right), **scores},
    )


def run_of(*records: CaseRecord, **about) -> Run:
    return Run({"format": "newsdesk-eval/1", "system": "newsdesk", "models": {}, "settings": {}, **about}, records)


def many(rights: str) -> list[CaseRecord]:
    return [record(f"c{i}", letter == "1", kind="a" if i % 2 else "b") for i, letter in enumerate(rights)]


def test_a_clear_gain_is_told_from_noise():
    (gain,) = compare(run_of(*many("0" * 10 + "1" * 10)), run_of(*many("1" * 20)))
    assert [c.id for c in gain.fixed] == [f"c{i}" for i in range(10)]
    assert gain.broken == ()
    assert gain.verdict.startswith("better")
    (noise,) = compare(run_of(*many("0110101011")), run_of(*many("1010101011")))
    assert (len(noise.fixed), len(noise.broken)) == (1, 1)
    assert "can be noise" in noise.verdict
    assert noise.p == 1.0


def test_a_loss_is_said_and_each_case_named():
    first, second = run_of(*many("1" * 12)), run_of(*many("0" * 12), settings={"top_k": 4})
    text = render_comparison(first, second)
    assert "worse, and hardly by chance" in text
    assert "settings.top_k: - -> 4" in text
    assert "broken: 12" in text
    assert "before: right: x" in text


def test_only_common_cases_count_and_the_rest_is_said():
    (found,) = compare(run_of(*many("11")), run_of(*many("111")))
    assert (found.n, found.left_out) == (2, 1)


def test_other_measures_are_compared_pairwise():
    first = run_of(*[record(f"c{i}", True, seconds=4.0) for i in range(9)])
    second = run_of(*[record(f"c{i}", True, seconds=3.0) for i in range(9)])
    assert compare(first, second)[0].differences["seconds"].high == pytest.approx(-1.0)


def test_runs_that_cannot_be_compared_are_refused():
    with pytest.raises(InputError, match="no case in common"):
        compare(run_of(record("a", True)), run_of(record("b", True)))
    changed = record("a", True)
    changed = replace(changed, gold={**changed.gold, "answer": "z"})
    with pytest.raises(InputError, match="gold answer of a"):
        compare(run_of(record("a", True)), run_of(changed))


def test_a_run_reads_back_as_it_was_written(tmp_path):
    run = run_of(*many("101"))
    write_run(run, tmp_path / "run.json", {"reports": []})
    assert read_run(tmp_path / "run.json") == run
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="no run of this version"):
        read_run(tmp_path / "other.json")


def bars(tmp_path, text):
    path = tmp_path / "bars.toml"
    path.write_text(text, encoding="utf-8")
    return load_bars(path)


def test_bars_name_what_is_broken_the_number_and_the_cases(tmp_path):
    run = run_of(*many("1101"))
    limits = bars(
        tmp_path,
        """
        [[bar]]
        set = "seeds"
        measure = "accuracy"
        at_least = 0.8
        [[bar]]
        set = "seeds"
        measure = "accuracy"
        kind = "a"
        at_least = 0.9
        [[bar]]
        set = "seeds"
        measure = "failures"
        at_most = 0.0
        [[bar]]
        set = "harbour"
        measure = "accuracy"
        at_least = 1.0
        """,
    )
    (broken,) = broken_bars(limits, run, report_of(run))
    assert str(broken) == "bar broken: seeds: accuracy at least 0.8, is 0.750 (n=4); cases: c2"


def test_a_bar_that_cannot_be_checked_is_broken_or_refused(tmp_path):
    run = run_of(*many("1"))
    limits = bars(tmp_path, '[[bar]]\nset = "seeds"\nmeasure = "hit@4"\nat_least = 0.5')
    assert "no such number" in str(broken_bars(limits, run, report_of(run))[0])
    other = bars(tmp_path, '[[bar]]\nset = "harbour"\nmeasure = "accuracy"\nat_least = 0.5')
    with pytest.raises(InputError, match="nothing would be checked"):
        broken_bars(other, run, report_of(run))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[bar]]",
        '[[bar]]\nset = "s"\nmeasure = "m"',
        '[[bar]]\nset="s"\nmeasure="m"\nat_least=1\nat_most=1',
        "x = [",
    ],
)
def test_a_bad_bars_file_is_a_clear_error(tmp_path, text):
    with pytest.raises(InputError, match=r"bars\.toml"):
        bars(tmp_path, text)


def test_the_shipped_bars_are_sound():
    assert {bar.set for bar in load_bars(PROJECT / "eval" / "bars.toml")} == {"seeds", "harbour"}
