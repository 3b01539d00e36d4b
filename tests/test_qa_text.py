import pytest

from qa.text import acronym_forms, content_words, leans_on_previous, sentence_spans, stems


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def test_abbreviations_do_not_end_a_sentence():
    text = "U.S. Defense Secretary Pete Hegseth met U.K. Defence Secretary John Healey. They left at 3 p.m. today."
    assert sentences(text) == [
        "U.S. Defense Secretary Pete Hegseth met U.K. Defence Secretary John Healey.",
        "They left at 3 p.m. today.",
    ]


def test_offsets_are_code_points_and_leave_out_white_space():
    text = "Hi 🇿🇦 émoji.  Second.\n\n  Third one"
    assert sentences(text) == ["Hi 🇿🇦 émoji.", "Second.", "Third one"]
    assert all(text[start:end] == text[start:end].strip() for start, end in sentence_spans(text))


def test_question_words_are_no_content():
    assert content_words("What is Japan's defence budget?") == ["Japan", "defence", "budget"]


def test_stems_bring_word_forms_together():
    assert stems("spending") == stems("spend")


def test_accents_that_people_leave_out_make_no_other_word():
    assert stems("Gavião Beauséjour") == stems("Gaviao Beausejour")


def test_an_acronym_is_one_word_with_or_without_full_stops():
    assert stems("U.S.") == stems("US") != []
    assert acronym_forms("U.S") == ["US", "U.S"]
    assert acronym_forms("NATO") == ["NATO", "N.A.T.O"]
    assert acronym_forms("Nato") == stems("us") == []


@pytest.mark.parametrize("sentence", ["This marked the first visit.", "His plan failed.", "Here, it is decided."])
def test_a_pronoun_at_the_start_leans_on_the_sentence_before(sentence):
    assert leans_on_previous(sentence)
    assert not leans_on_previous("NATO leaders meet in June.")


def test_a_lone_letter_keeps_a_stem():
    assert stems("the 's' of it") == ["s"]
