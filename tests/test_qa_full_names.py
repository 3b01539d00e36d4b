"""Names in full and in part."""

import pytest

from qa.full_names import CompletedNames
from qa.gate import features_of
from tests.test_qa_citing import pieces

QUESTION = "What did Callum Varga give up in May?"


@pytest.mark.parametrize(
    ("sentences", "left"),
    [
        (["The union met Callum Varga.", "In May Varga gave up his bonus."], ["May"]),
        (["The union met Callum Varga and Ines Varga.", "Varga gave up his bonus."], ["Callum", "May"]),
        (["The union met Ines Varga.", "Varga gave up his bonus."], ["Callum", "May"]),
    ],
)
def test_a_name_is_completed_where_the_article_gives_its_parts_to_nobody_else(sentences, left):
    names = CompletedNames.of(QUESTION, pieces(0, sentences)[1:])
    assert names.without(["Callum", "May"], [sentences[1]]) == left


def test_the_word_that_opens_a_question_is_no_part_of_a_name():
    evidence = pieces(0, ["The union met Callum O'Varga.", "O'Varga signed."])[1:]
    assert CompletedNames.of("Did Callum O'Varga sign?", evidence).without(["Callum"], ["O'Varga signed."]) == []


def test_a_name_known_in_part_is_known_to_the_gate():
    sentences = ["The union met Callum Varga.", "In May Varga gave up his bonus."]
    assert features_of(QUESTION, [], pieces(0, sentences)[1:], None).unknown_share == 0.0
    assert features_of(QUESTION, [], pieces(0, [*sentences, "Ines Varga left."])[1:2], None).unknown_share > 0.0
