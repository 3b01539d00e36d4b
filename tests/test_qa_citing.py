"""What a sentence of a draft cites, whose words it is said to be, and what cannot answer.

Names and figures of these articles are invented.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from qa.grounding import ANOTHER_YEAR, ECHO, HEADLINE, Draft, Grounded, Grounder
from qa.models import Article, Chunk, Evidence, Passage, Why


def pieces(number: int, sentences: Sequence[str]) -> list[Evidence]:
    """Make an article of sentences, and evidence of each of them."""
    text = " ".join(sentences)
    article = Article(
        id=f"a{number}",
        title=f"Kranz Visits Quay {number}",
        text=text,
        url="",
        source="Quay Post",
        author="",
        published_at=datetime(2031, 5, 6, tzinfo=UTC),
        fingerprint="",
        origin="test",
    )
    passage = Passage(Chunk(f"a{number}:0", article.id, 0, 0, len(text), text), article, 1.0, 1, Why(1, 1, 0.5))
    return [Evidence(passage, text.index(s), text.index(s) + len(s), 1.0) for s in sentences]


def checked(question: str, articles: Sequence[Sequence[str]], sentence: str, short: str) -> Grounded:
    evidence = [item for number, article in enumerate(articles) for item in pieces(number, article)]
    return Grounder(question, evidence).check(Draft(sentence, short))


def test_what_the_question_does_not_say_is_cited():
    named = "Geologist Ines Varga told the Quay Post that the second slide, late on Monday, was smaller."
    likened = '"A shrug after the stumble," Varga called it.'
    found = checked(
        "To what did Ines Varga liken the second slide?",
        [[named, likened]],
        "Ines Varga likened the second slide to a shrug after the stumble.",
        "a shrug",
    )
    assert likened in [citation.quote for citation in found.citations]


@pytest.mark.parametrize(
    ("evidence", "by_her"),
    [
        (
            [
                "The answer, according to the assessment on display, is 21,000 tons a day.",
                "Director Ines Varga told the meeting that the plant would clean most of the water that it used.",
            ],
            False,
        ),
        (["The plant would use 21,000 tons a day, director Ines Varga told the meeting."], True),
    ],
)
def test_only_whom_the_cited_evidence_names_is_given_the_words(evidence, by_her):
    question = "How much water a day did the plant plan to use?"
    found = checked(question, [evidence], "The plant planned to use 21,000 tons of water a day.", "")
    assert found.text.startswith("The plant planned to use 21,000 tons of water a day")
    assert ("Varga" in found.text) == by_her


def test_another_form_of_the_questions_verb_adds_nothing():
    evidence = "Ostrava Mills paid the city for the land of the old brickworks in spring."
    question = "What did Ostrava Mills pay for the land of the old brickworks?"
    found = checked(question, [[evidence]], "Ostrava Mills paid for the land of the old brickworks.", "the land")
    assert (found.text, found.support[0].reason) == ("", ECHO)


@pytest.mark.parametrize(
    ("second", "stands"),
    [
        (["Varga has a lead of 6,212 votes.", "The clerks count again."], False),
        (["Varga has a lead of 6,212 votes.", "She was in The Salt Clerk once."], True),
    ],
)
def test_a_name_that_opens_a_sentence_is_of_another_story_where_that_knows_only_clerks(second, stands):
    film = "The Salt Clerk, a series about smugglers, has lost its lead."
    sentence = "Varga has the lead in The Salt Clerk."
    found = checked("Who has the lead in The Salt Clerk?", [[film], second], sentence, "Varga")
    assert bool(found.text) == stands


@pytest.mark.parametrize("headline", ["Kranz Visits Quay 0.", "Kranz Visits Quay."])
def test_a_headline_is_no_answer(headline):
    evidence = "Director Ines Kranz visits the new quay on Monday and urges the owners to pay."
    found = checked("Who is urged to pay?", [[evidence]], headline, "Kranz")
    assert (found.text, found.support[0].reason) == ("", HEADLINE)


def test_a_capital_that_stands_for_its_country_is_written_as_the_evidence_does():
    aid = "The group that Lloyd Osei set up has so far gathered arms for Ukraine worth over $126 billion."
    question = "What are the arms that the group gathered for Kyiv worth?"
    found = checked(question, [[aid]], "The arms for Kyiv are worth over $126 billion.", "$126 billion")
    assert found.text == "The arms for Ukraine are worth over $126 billion [1]."
    city = checked(
        "What are the arms in Kyiv worth?", [[aid]], "The arms in Kyiv are worth over $126 billion.", ""
    )
    assert city.text == "", "a city is not its country"
    growing = Grounder(question, pieces(0, [aid])).preview("The group has gathered arms for Kyiv worth ov")
    assert growing == "The group has gathered arms for Ukraine worth"
    echo = checked("Who gathered arms for Kyiv?", [[aid]], "Arms were gathered for Kyiv.", "")
    assert (echo.text, echo.support[0].reason) == ("", ECHO)


@pytest.mark.parametrize(
    ("evidence", "stands"),
    [
        ("Varga's army besieged Ostrel in 1185, and left in spring.", False),
        ("Varga's army besieged Ostrel in 1038, and left in spring.", True),
        ("Varga's army besieged Ostrel, and left in spring.", True),
    ],
)
def test_what_is_of_another_century_is_not_what_is_asked_for(evidence, stands):
    found = checked(
        "Whose army besieged Ostrel in the 11th century?", [[evidence]], "Varga's army besieged it.", "Varga"
    )
    assert found.text == ("Varga's army besieged it [1]." if stands else "")
    assert stands or found.support[0].reason == ANOTHER_YEAR


@pytest.mark.parametrize(
    ("article", "stands"),
    [
        (["The union met Callum Varga on Monday.", "It wants Varga to give up his bonus."], True),
        (["The union met Callum Varga and Ines Varga.", "It wants Varga to give up his bonus."], False),
        (["The union met Ines Varga on Monday.", "It wants Varga to give up his bonus."], False),
    ],
)
def test_a_full_name_may_complete_the_last_name_of_the_evidence(article, stands):
    question, said = "What should Callum Varga give up?", "Callum Varga should give up his bonus."
    found = Grounder(question, pieces(0, article)[1:]).check(Draft(said, "his bonus"))
    assert bool(found.text) is stands


def test_a_date_counts_for_whom_the_sentence_before_names():
    article = [
        "The board met.",
        "Ines Varga left the Quay co-operative in June.",
        "Members will choose her successor on 24 August.",
    ]
    question = "When will the Quay co-operative choose Ines Varga's successor?"
    said = "The Quay co-operative will choose Ines Varga's successor on 24 August."
    assert Grounder(question, pieces(0, article)).check(Draft(said, "24 August")).text


def test_a_name_that_only_the_headline_has_is_no_answer():
    article = ["He found one in a forward of 27, who comes on loan from the north."]
    found = checked("From which club does the forward come?", [article], "The forward comes from Kranz.", "Kranz")
    assert not found.text
    article = ["He found one in a forward of 27, who comes on loan from Kranz."]
    assert checked(
        "From which club does the forward come?", [article], "He comes on loan from Kranz.", "Kranz"
    ).text


@pytest.mark.parametrize(
    ("question", "evidence", "sentence", "short"),
    [
        (
            "Which company built the mill?",
            "Rolls-Kranz built the mill.",
            "Rolls-Kranz built the mill.",
            "Rolls-Kranz",
        ),
        ("Which country sent it?", "The US sent the ship.", "The US sent the ship.", "United States"),
        ("When will it open?", "It is expected to open in May.", "It is expected to open in May.", "May"),
        ("Why did all workers go?", "The workers went for low pay.", "The workers went for low pay.", "low pay"),
    ],
)
def test_right_bare_answers_stand(question, evidence, sentence, short):
    found = checked(question, [[evidence]], sentence, short)
    assert (bool(found.text), found.short) == (True, short)


def test_words_that_are_quoted_may_hold_last_year():
    said = '"We lost money last year because of rain," Ines Varga said.'
    assert checked("What did Ines Varga say?", [[said]], said, "We lost money last year").text


def test_a_bare_answer_that_says_the_question_back_is_left_out_and_its_sentence_stands():
    article = ["Ines Varga supported Ruiz on 12 May."]
    found = checked("Whom did Ines Varga support on 12 May?", [article], article[0], "Ines Varga")
    assert (bool(found.text), found.short) == (True, "")


@pytest.mark.parametrize(
    ("row", "stands"),
    [
        ("1. Varga Athletic 14 4 3 46", False),
        ("Varga Athletic has 46 points after 21 rounds.", True),
        ("Varga Athletic has points of 12 13 46", True),
    ],
)
def test_a_row_of_bare_numbers_does_not_say_what_they_count(row, stands):
    question, said = "How many points does Varga Athletic have?", "Varga Athletic has 46 points."
    assert bool(Grounder(question, pieces(0, [row])).check(Draft(said, "46")).text) is stands


@pytest.mark.parametrize(
    ("question", "stands"),
    [
        ("Which ferries had sent ships to Tarn during the strike?", False),
        ("Which ferries were wrongly said to have sent ships to Tarn during the strike?", True),
    ],
)
def test_what_a_correction_says_was_printed_before_is_no_fact(question, stands):
    correction = [
        "Corrections and clarifications.",
        "In the same edition, a caption said that Kranz Ferries had sent three ships to Tarn during the strike.",
        "The company was Kranz Line.",
    ]
    said = "Kranz Ferries had sent three ships to Tarn during the strike."
    assert bool(checked(question, [correction], said, "Kranz Ferries").text) is stands
    report = [correction[1].replace("a caption said", "the harbour master said")]
    assert checked(question, [report], f"The harbour master said that {said}", "Kranz Ferries").text


def test_what_a_sentence_adds_to_the_question_must_be_of_an_article_that_knows_whom_it_names():
    exporter = "The exporter Anselm Holt is tired of the lot of them."
    question = "What did the exporter Anselm Holt complain was happening to his goods?"
    sentence = "Anselm Holt complained that the cranes turned."
    cranes = "Rates fell, and then the cranes turned away."
    assert not checked(question, [[exporter], [cranes]], sentence, "cranes turned").text
    assert checked(question, [[exporter, cranes]], sentence, "cranes turned").text
