"""What does not hold the other way round, and drafts on something else."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from qa.bindings import Turned, contradiction
from qa.grounding import BESIDE, Draft, Grounder
from tests.test_qa_citing import pieces

SON = "The ships came under the command of Norbert, Ada's son, in March."
STYLES = "The Harrow style immediately succeeds the Old Brask style and precedes the Late Dortel style."


@pytest.mark.parametrize(
    ("sentence", "evidence", "holds"),
    [
        ("Norbert's son was Ada.", SON, False),
        ("The son of Norbert is Ada.", SON, False),
        ("Ada is the daughter of Norbert.", SON, False),
        ("Ada's son was Norbert.", SON, True),
        ("Norbert is the child of Ada.", SON, True),
        ("Ada's uncle was Norbert.", SON, True),  # no word of uncles
        ("The Harrow style came after the Late Dortel style.", STYLES, False),
        ("The Harrow style came before the Old Brask style.", STYLES, False),
        ("The Harrow style came after the Old Brask style.", STYLES, True),
        ("The Late Dortel style follows the Harrow style.", STYLES, True),
        ("Ada Brun succeeded Omar Reyes.", "Omar Reyes succeeded Ada Brun as mayor.", False),
        ("Ada Brun's successor is Omar Reyes.", "Omar Reyes succeeded Ada Brun as mayor.", True),
        ("Ada Brun's predecessor is Omar Reyes.", "Omar Reyes succeeded Ada Brun as mayor.", False),
        ("Ada Brun was Omar Reyes's deputy.", "Ada Brun's deputy, Omar Reyes, left.", False),
        (
            "Ada Brun succeeded Omar Reyes.",
            "Omar Reyes succeeded Ada Brun in May. Ada Brun succeeded Omar Reyes in June.",
            True,
        ),
    ],
)
def test_what_is_above_or_before_another_is_not_below_or_behind_it(sentence, evidence, holds):
    found = contradiction(sentence, [evidence])
    assert (found is None or found.kind is not Turned.ROLES) is holds


@pytest.mark.parametrize(
    ("question", "said", "stands"),
    [
        ("Who told the meeting at Brask that nobody can fry carbon?", "Ada Wynn wanted trawlers kept out.", False),
        ("Who told the meeting at Brask that trawlers may stay?", "Ada Wynn wanted trawlers kept out.", True),
        ("Who spoke there?", "Ada Wynn wanted trawlers kept out.", True),
    ],
)
def test_a_draft_without_a_word_of_the_question_is_no_answer(question, said, stands):
    evidence = pieces(0, ["Ada Wynn, an engineer, wanted trawlers kept out at once."])
    grounded = Grounder(question, evidence).check(Draft(said, "Ada Wynn"))
    assert bool(grounded.text) is stands
    assert stands or grounded.support[0].reason == BESIDE


def stand_unvouched_and_vouched(question, evidence, draft):
    """Tell whether a draft stands, and whether it does for whom the first piece of evidence was shown to."""
    return [bool(Grounder(question, evidence, vouched=v).check(draft).text) for v in (None, evidence[0])]


def test_what_a_model_vouches_for_may_be_in_other_words_than_the_question():
    question = "How did the blaze at Brask come about, on a Sunday?"
    said = "The fire was caused by a worn bearing."
    evidence = pieces(0, ["The fire was caused by a worn bearing, which set light to dust in a duct."])
    assert stand_unvouched_and_vouched(question, evidence, Draft(said, "A worn bearing")) == [False, True]


def dated(day, *sentences):
    """Give evidence of an article of its own, published on a day of May 2031."""
    found = pieces(day, sentences)
    article = replace(found[0].passage.article, published_at=datetime(2031, 5, day, tzinfo=UTC))
    return [replace(item, passage=replace(item.passage, article=article)) for item in found]


VOTE = "The council voted 27 to 14 on Tuesday to back a terminal, which the board prices at 412 million crowns."
PRICE = "The council backed a terminal, a project that the board prices at 412 million crowns."
COSTS = "The terminal is now expected to cost 476 million crowns."
CHAIR = "Ada Wynn is to take the chair of the harbour board."


@pytest.mark.parametrize(
    ("shown", "newer", "said", "vouched"),
    [
        (VOTE, COSTS, "The terminal is expected to cost 412 million crowns.", True),
        (PRICE, COSTS, "The terminal is expected to cost 412 million crowns.", False),
        (
            CHAIR,
            "Jonna Ekblad will lead the harbour board.",
            "Ada Wynn will lead the entire harbour board.",
            False,
        ),
    ],
    ids=["its own figures", "a newer figure", "a newer name, and its own words"],
)
def test_who_vouches_for_a_sentence_saw_no_newer_report(shown, newer, said, vouched):
    evidence = [*dated(8, shown), *dated(9, newer)]
    stand = stand_unvouched_and_vouched(
        "How much is the terminal to cost, or who leads?", evidence, Draft(said, "")
    )
    assert stand == [False, vouched]


def test_what_the_words_of_its_own_report_object_to_a_vouched_figure_is_no_objection_to_the_bare_answer_either():
    evidence = dated(8, VOTE)
    draft = Draft("The terminal is expected to cost 412 million crowns.", "412 million crowns")
    assert stand_unvouched_and_vouched("How much is the terminal expected to cost?", evidence, draft) == [
        False,
        True,
    ]


def test_a_vouched_sentence_that_is_no_answer_is_none_still():
    evidence = dated(8, "The council of Brask, which met on Sunday, chose the mayor.")
    draft = Draft("The council then chose the mayor.", "The council")
    assert stand_unvouched_and_vouched("Whom did the mayor choose?", evidence, draft) == [False, False]


@pytest.mark.parametrize(("said", "stands"), [("25h 14m 07s", True), ("25h 14m 07s after a nap", False)])
def test_the_unit_at_a_figure_is_nothing_that_a_draft_adds(said, stands):
    evidence = pieces(0, ["Tekle's time in the tour was 25h 14m 07s."])
    grounded = Grounder("What was the time of Tekle?", evidence).check(Draft(f"Tekle's time was {said}.", said))
    assert bool(grounded.text) is stands
