"""Things in a row."""

import pytest

from qa.ordinals import speaks_of_another


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Why was the third launch attempt called off?", "The first attempt was called off because of high wind."),
        ("When will the second phase begin?", "The first phase began in March 2027."),
        ("What did the 3rd report find?", "The second report found that the valve was worn."),
    ],
)
def test_the_first_one_is_no_answer_to_a_question_on_the_third(question, answer):
    assert speaks_of_another(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was the second attempt?", "The second attempt came five days after the first attempt."),
        ("When was the second attempt?", "It came five days after the first attempt."),
        ("Why was the third attempt called off?", "A valve would not close."),
        ("Who won the third stage?", "The first woman in the team won the third stage."),
        ("What happened on the third day?", "The talks were broken off."),
        ("How many attempts were there?", "The first attempt failed."),
    ],
)
def test_what_else_has_a_place_in_a_row_is_no_objection(question, answer):
    assert not speaks_of_another(question, answer)
