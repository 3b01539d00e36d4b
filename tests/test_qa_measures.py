"""Units of measure against what a question counts."""

import pytest

from qa.measures import measures_otherwise


@pytest.mark.parametrize(
    ("question", "text", "otherwise"),
    [
        ("How many people may land at the reserve?", "Boats may land 34,500 tonnes of herring.", True),
        ("How many homes will be built?", "Homes worth $5 million will be built.", True),
        ("How many people may land there in 2032?", "The island has 12 kilometres of paths in 2032.", True),
        ("How many dockers walked off?", "Some 1,300 workers walked off.", False),
        ("How many days did it last?", "It lasted two weeks.", False),
        ("How many people died?", "In 24 hours 30 people died.", False),
        ("How much herring was landed?", "They paid 40 crowns.", False),
        ("How many people came?", "Nobody came.", False),
        ("How many billion crowns were raised?", "Over 126 billion crowns.", False),
        ("How many billions of dollars were raised?", "Over $126 billion.", False),
    ],
)
def test_a_figure_in_another_unit_is_no_count(question, text, otherwise):
    assert measures_otherwise(question, text) is otherwise


@pytest.mark.parametrize(
    ("question", "otherwise"), [("How many horns did she record?", True), ("How many days did it take?", False)]
)
def test_a_count_of_something_else_in_the_evidence_is_no_count(question, otherwise):
    assert measures_otherwise(question, "nine", ["She spent nine days recording horns."]) is otherwise
    assert not measures_otherwise(question, "12", ["At least 12 died in the storm of 12 days."])
