import collections

import pytest

from eval.groundedness import check, checker_quality, load_pairs

EVIDENCE = (
    'Mara Quill, the mayor, said the bridge would cost 40 million crowns. "We may open it in May," she said. '
    "Her deputy, Olan Brisk, put the cost at 55 million and did not rule out a delay."
)


def test_the_labelled_pairs_are_enough_and_balanced():
    pairs = load_pairs()
    assert len({pair.id for pair in pairs}) == len(pairs) >= 100
    for split in ("dev", "test"):
        part = [pair for pair in pairs if pair.split == split]
        wrong = [pair for pair in part if not pair.supported]
        assert 0.35 <= len(wrong) / len(part) <= 0.65
        assert sum(pair.subtle for pair in part) >= len(part) / 2
        assert sum(pair.subtle for pair in wrong) >= len(wrong) / 2
    evidence = collections.defaultdict(set)
    for pair in pairs:
        evidence[pair.evidence].add(pair.split)
    assert all(len(splits) == 1 for splits in evidence.values())


def test_the_checker_is_worth_something_on_pairs_it_was_not_made_on():
    quality = checker_quality([pair for pair in load_pairs() if pair.split == "test"])
    assert quality["precision"] >= 0.8
    assert quality["recall"] >= 0.6
    assert quality["false alarms"] <= 0.15


@pytest.mark.parametrize(
    "sentence",
    [
        "Mara Quill said the bridge would cost 40 million crowns.",
        "According to the mayor, Mara Quill, the bridge would cost 40 million crowns.",
        "Olan Brisk, her deputy, put the cost at 55 million.",
        'Mara Quill said: "We may open it in May."',
    ],
)
def test_supported(sentence):
    assert check(sentence, EVIDENCE).supported


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("Mara Quill said the bridge would cost 45 million crowns.", "figure 45000000"),
        ("Mara Quill said the bridge would cost 40 million dollars.", "not of dollar"),
        ("Pera Lund said the bridge would cost 40 million crowns.", "name 'pera'"),
        ('Mara Quill said: "We will open it in May."', "quotation"),
        ("The bridge has been delayed again by heavy rain and floods.", "most of its words"),
        ("Her deputy, Olan Brisk, ruled out a delay.", "denies"),
        ("All of the bridge would cost 40 million crowns, Mara Quill said.", "'all'"),
    ],
)
def test_not_supported(sentence, why):
    finding = check(sentence, EVIDENCE)
    assert not finding.supported
    assert why in finding.reason


def test_headings_prove_names_and_dates_and_the_question_names():
    sentence = "The Harbour Post has 40 million crowns for the bridge."
    assert not check(sentence, EVIDENCE).supported
    assert check(sentence, EVIDENCE, context="Harbour Post").supported
