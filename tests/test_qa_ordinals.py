"""Things in a row."""

import pytest

from qa.ordinals import speaks_of_another


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Why was the third launch attempt called off?", "The first attempt was called off because of high wind."),
        ("When will the second phase begin?", "The first phase began in March 2027."),
        ("What did the 3rd report find?", "The second report found that the valve was worn."),
        ("When was the Second Amendment ratified?", "The First Amendment was ratified in 1791."),
        ("When was the 22nd session held?", "The second session was held in 1946."),
    ],
)
def test_the_first_one_is_no_answer_to_a_question_on_the_third(question, answer):
    assert speaks_of_another(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was the second attempt?", "The second attempt came five days after the first attempt."),
        ("When was the second attempt made?", "It was made five days after the first attempt."),
        (
            "When will the third phase begin?",
            "The third will begin in May, as the second phase begins now.",
        ),
        ("When will the second phase begin?", "The first phase began in May; the second in June."),
        ("Why was a second vote needed?", "The first vote was annulled for fraud."),
        ("What happened after the first attempt failed?", "The second attempt succeeded."),
        ("Who was president before the 47th president?", "The 46th president was Joe Biden."),
        ("When was the 22nd session held?", "The twenty-second session was held in May."),
        ("Who won the third stage?", "The first woman in the team won the third stage."),
    ],
)
def test_what_else_has_a_place_in_a_row_is_no_objection(question, answer):
    assert not speaks_of_another(question, answer)
