"""What a sentence of a draft cites, whose words it is said to be, and what says the question back.

Names and figures of these articles are invented.
"""

from datetime import UTC, datetime

import pytest

from qa.grounding import ECHO, Draft, Grounder
from qa.models import Article, Chunk, Evidence, Passage, Why


@pytest.fixture
def grounder():
    def of(question: str, *sentences: str) -> Grounder:
        text = " ".join(sentences)
        article = Article(
            id="a1",
            title="Bridge opens",
            text=text,
            url="",
            source="Quay Post",
            author="",
            published_at=datetime(2031, 5, 6, tzinfo=UTC),
            fingerprint="f",
            origin="test",
        )
        passage = Passage(Chunk("a1:0", "a1", 0, 0, len(text), text), article, 1.0, 1, Why(1, 1, 0.5))
        starts = [text.index(sentence) for sentence in sentences]
        return Grounder(
            question,
            [Evidence(passage, s, s + len(t), 1.0) for s, t in zip(starts, sentences, strict=True)],
        )

    return of


def test_what_the_question_does_not_say_is_cited(grounder):
    named = "Geologist Ines Varga told the Quay Post that the second slide, late on Monday, was smaller."
    likened = '"A shrug after the stumble," Varga called it.'
    checked = grounder("To what did Ines Varga liken the second slide?", named, likened).check(
        Draft("Ines Varga likened the second slide to a shrug after the stumble.", "a shrug")
    )
    assert likened in [citation.quote for citation in checked.citations]


def test_only_whom_the_cited_evidence_names_is_given_the_words(grounder):
    assessed = "The answer, according to the assessment on display, is 21,000 tons a day once the plant is open."
    told = "Director Ines Varga told the meeting that the plant would clean most of the water that it used."
    said = Draft("The plant planned to use 21,000 tons a day.", "21,000 tons")
    checked = grounder("How much water a day did the plant plan to use?", assessed, told).check(said)
    assert (checked.text, checked.short) == ("The plant planned to use 21,000 tons a day [1].", "21,000 tons")
    by_her = "The plant would use 21,000 tons a day, director Ines Varga told the meeting."
    checked = grounder("How much water a day did the plant plan to use?", by_her).check(said)
    assert "according to director Ines Varga" in checked.text


def test_another_form_of_the_questions_verb_adds_nothing(grounder):
    evidence = "Ostrava Mills paid the city for the land of the old brickworks in spring."
    grounder_of = grounder("What did Ostrava Mills pay for the land of the old brickworks?", evidence)
    checked = grounder_of.check(Draft("Ostrava Mills paid for the land of the old brickworks.", "the land"))
    assert (checked.text, checked.support[0].reason) == ("", ECHO)
