"""Who said what a question quotes, decided by the grammar of the quoting sentence."""

import pytest

from qa.quoted import who_said
from tests.fakes import ScriptedChatModel
from tests.test_qa_deciding import story


@pytest.fixture
def pipeline(pipeline_with, write_articles):
    folder = write_articles(
        a_md=story("Council backs the weir", "Quay Post", "2031-03-02",
                   "Mayor Ida Brandt praised the weir. Councillor Ferris Oake, who led the opposition, called the "
                   'price "a number written on wet paper" and left the room. "It will never hold," he said. Ida '
                   'Brandt and her deputy, Olav Rusk, stayed. "Water is patient," she said.'),
        b_md=story("Weir row goes on", "Tide News", "2031-03-04",
                   'Asked about the "dead on arrival" remark, Ann Joss said she had heard worse of the weir. Max '
                   'Ode, for the trust, said in his speech that it was "a thumb on the scale, with a manual". A '
                   'spokesperson, Cecilia Roos, said it would decide later. "Trust wants charging," she said.'),
    )  # fmt: skip
    # A model that takes the first name it sees.
    return pipeline_with(
        ScriptedChatModel(replies=["Ida Brandt said so.\nShort: Ida Brandt"] * 9, yes=0.99), folder
    )


def test_the_speaker_of_the_quoted_words_is_named_and_cited(pipeline):
    answer = pipeline.answer('Who called the price of the weir "a number written on wet paper"?')
    assert answer.short == "Councillor Ferris Oake"
    assert len(answer.citations) == 1
    assert "wet paper" in answer.citations[0].quote


def test_words_that_are_no_statement_are_of_whoever_says_what_they_are(pipeline):
    answer = pipeline.answer('Who described the weir as "a thumb on the scale, with a manual"?')
    assert answer.short == "Max Ode"


def test_a_speaker_is_given_by_name_where_the_evidence_has_one(pipeline):
    answer = pipeline.answer('Who remarked of the weir that "Trust wants charging"?')
    assert answer.short == "Cecilia Roos"


def test_he_is_the_speaker_of_the_sentence_before_which_is_cited_too(pipeline):
    answer = pipeline.answer('Who said of the weir, "It will never hold"?')
    assert answer.short == "Councillor Ferris Oake"
    assert "wet paper" in answer.citations[0].quote
    assert "never hold" in answer.citations[0].quote


@pytest.mark.parametrize(
    "question",
    [
        'Who said that "Water is patient" about the weir?',  # "she": the sentence before names two
        'Who called the weir "dead on arrival"?',  # Ann Joss is asked about it, and says something else
        'Who called the weir "a hole in the water"?',  # nobody
        'When was the price called "a number written on wet paper"?',
    ],
)
def test_no_one_is_named_where_the_grammar_does_not_tell(pipeline, question):
    reading = pipeline.read(question)
    assert who_said(question, reading.evidence) is None
