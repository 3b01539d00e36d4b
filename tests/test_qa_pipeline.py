import itertools

import pytest

from qa.answers import ABSTENTION
from qa.errors import IndexNotFoundError, LLMError, QuestionError
from qa.models import Stage, SupportStatus, Turn
from qa.weights import QWEN_1_5B
from tests.conftest import SEED_ID
from tests.fakes import BrokenChatModel, ScriptedChatModel, UnsureChatModel

QUESTION = "What is the NATO spending target?"
GOOD = "The NATO spending target is 2% of GDP.\nShort: 2% of GDP"


def test_a_good_draft_becomes_a_cited_answer(pipeline_with):
    chat = ScriptedChatModel(replies=[GOOD])
    answer = pipeline_with(chat).answer(QUESTION)
    assert answer.text == "The NATO spending target is 2% of GDP [1]."
    assert (answer.short, answer.abstained, answer.stage) == ("2% of GDP", False, Stage.DONE)
    assert answer.citations[0].passage.article.id == SEED_ID
    assert answer.passages
    assert 0 < answer.timings.first_token <= answer.timings.total


def test_text_grows_word_by_word_and_the_citation_comes_with_the_sentence(pipeline_with):
    answers = pipeline_with(ScriptedChatModel(replies=[GOOD])).stream(QUESTION)
    texts = [a.text for a in answers if not a.provisional]
    shown = [text for text in texts if text]
    assert len(shown) > 4
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(shown))
    assert shown[-1].endswith("GDP [1].")


def test_the_best_quotation_comes_first_and_is_marked_provisional(pipeline_with):
    answers = list(pipeline_with(ScriptedChatModel(replies=[GOOD])).stream(QUESTION))
    first = next(a for a in answers if a.text)
    assert first.provisional
    assert "2% target" in first.text
    assert first.citations[0].quote in first.citations[0].passage.article.text
    assert not answers[-1].provisional
    assert 0 < answers[-1].timings.quotation <= answers[-1].timings.first_token


def test_an_invented_figure_never_reaches_the_screen(pipeline_with):
    chat = ScriptedChatModel(replies=["The NATO spending target is 4% of GDP, as everybody knows.\nShort: 4%"])
    answers = list(pipeline_with(chat).stream(QUESTION))
    assert not any("4%" in answer.text + answer.short for answer in answers)
    assert answers[-1].abstained
    assert chat.pieces < 10  # the model was stopped when it went wrong


@pytest.mark.parametrize(("log_probability", "abstains"), [(-4.0, True), (-0.2, False)])
def test_an_answer_in_doubt_with_a_word_that_the_model_only_guessed_is_not_given(
    pipeline_with, log_probability, abstains
):
    chat = UnsureChatModel(replies=[GOOD, GOOD], yes=0.6, unsure_of="2%", log_probability=log_probability)
    pipeline = pipeline_with(chat, name=QWEN_1_5B.name)
    answer = pipeline.answer(QUESTION)
    assert answer.abstained is abstains
    assert (answer.text == ABSTENTION) is abstains


def test_a_model_that_was_not_fitted_may_be_unsure(pipeline_with):
    chat = UnsureChatModel(replies=[GOOD], unsure_of="2%", log_probability=-4.0)
    assert not pipeline_with(chat).answer(QUESTION).abstained


def test_a_draft_in_words_of_its_own_is_replaced_by_the_quotation(pipeline_with):
    draft = "Members must reach some agreed level eventually, according to observers.\nShort: 2%"
    answer = pipeline_with(ScriptedChatModel(replies=[draft])).answer(QUESTION)
    assert answer.support[0].status is SupportStatus.QUOTED
    assert "2%" in answer.text
    assert answer.short == "2%"


def test_a_quotation_must_hold_the_bare_answer(pipeline_with):
    draft = "Members must reach some agreed level eventually, according to observers.\nShort: some level"
    answer = pipeline_with(ScriptedChatModel(replies=[draft])).answer(QUESTION)
    assert (answer.abstained, answer.text) == (True, ABSTENTION)


@pytest.mark.parametrize(
    ("short", "abstains"), [("Pete Hegseth", True), ("Ally Pete Hegseth", True), ("United States", False)]
)
def test_a_draft_and_its_bare_answer_must_be_the_same(pipeline_with, short, abstains):
    draft = f"The U.S. supports Ukraine, as allies hope.\nShort: {short}"
    question = "Whose military support for Ukraine are the NATO allies anxious about?"
    answer = pipeline_with(ScriptedChatModel(replies=[draft])).answer(question)
    assert (answer.abstained, answer.short) == (abstains, "" if abstains else short)


def test_the_model_may_decline(pipeline_with):
    answer = pipeline_with(ScriptedChatModel(replies=["The evidence does not say.\nShort: unknown"])).answer(
        QUESTION
    )
    assert (answer.abstained, answer.text, answer.citations) == (True, ABSTENTION, ())


def test_a_question_for_a_figure_is_not_answered_without_one(pipeline_with):
    draft = "Nations below the 2% target are under scrutiny.\nShort: nations"
    answer = pipeline_with(ScriptedChatModel(replies=[draft])).answer("How many nations are below the 2% target?")
    assert (answer.abstained, answer.text) == (True, ABSTENTION)


def test_an_unanswerable_question_is_declined_without_asking_the_model(pipeline_with):
    chat = ScriptedChatModel(replies=[])
    answer = pipeline_with(chat).answer("Who won the football match between Brazil and Chile in 1962?")
    assert (answer.abstained, answer.text, answer.short, answer.citations) == (True, ABSTENTION, "", ())
    assert chat.prompts == []
    assert answer.passages  # what was looked at is shown all the same


def test_without_a_model_the_best_evidence_is_quoted(pipeline_with):
    answer = pipeline_with().answer(QUESTION)
    assert answer.model == "none"
    assert "2% target" in answer.text
    assert answer.support[0].status is SupportStatus.QUOTED


def test_a_follow_up_is_searched_with_what_was_asked_before(pipeline_with):
    chat = ScriptedChatModel(replies=["?", "Trump demands 5% of their GDP.\nShort: 5%"])
    pipeline = pipeline_with(chat)
    answer = pipeline.answer("And how much does Trump ask for?", [Turn(QUESTION, "The target is 2% of GDP [1].")])
    assert answer.question == "And how much does Trump ask for?"
    assert "NATO spending target" in answer.query
    assert "Earlier question: What is the NATO spending target?" in chat.prompts[-1]
    assert answer.short == "5%"


@pytest.mark.parametrize(("question", "word"), [("", "empty"), (" \n\t", "empty"), ("why " * 2500, "10000|9999")])
def test_a_bad_question_is_a_named_error(pipeline_with, question, word):
    with pytest.raises(QuestionError, match=word):
        pipeline_with().answer(question)


def test_a_model_that_fails_is_a_named_error(pipeline_with):
    with pytest.raises(LLMError, match="server went away"):
        pipeline_with(BrokenChatModel(replies=[])).answer(QUESTION)


def test_leaving_the_stream_early_stops_the_model(pipeline_with):
    chat = ScriptedChatModel(replies=[GOOD])
    stream = pipeline_with(chat).stream(QUESTION)
    for answer in stream:
        if answer.text:
            break
    stream.close()
    assert chat.pieces < len(GOOD.split(" "))


def test_an_index_that_is_not_there_is_a_named_error(make_settings):
    from qa.build import build_pipeline

    with pytest.raises(IndexNotFoundError):
        build_pipeline(make_settings())


def test_a_new_article_is_used_in_the_next_answer(pipeline_with, index, write_articles):
    pipeline = pipeline_with()
    index(write_articles(a_txt="Tram line\n\nThe tram line of Aldmoor opens in May 2031."))
    assert "May 2031" in pipeline.answer("When does the tram line of Aldmoor open?").text


def test_the_answer_dates_itself_by_its_newest_cited_article(pipeline_with, write_articles):
    matter = (
        "---\nid: {}\ntitle: Tram line\nsource: Post\npublished_at: 2031-0{}-01\n---\n\nThe tram of {} opens {}."
    )
    root = write_articles(
        a_md=matter.format("a", 1, "Aldmoor", "in May"), b_md=matter.format("b", 2, "Brackwater", "in June")
    )
    answer = pipeline_with(None, root).answer("When does the tram of Aldmoor open?")
    assert answer.as_of.date().isoformat() == "2031-01-01"
    assert answer.to_json()["as_of"].startswith("2031-01-01")


def test_the_reader_chooses_the_sentence_to_quote(pipeline_with, write_articles):
    text = (
        "The new bridge in Altstadt was built because the old one was too narrow. "
        "The bridge in Altstadt was built by Maria Keller."
    )
    folder = write_articles(a_md=f"---\ntitle: Traffic\n---\n{text}\n")
    asked = "Who built the new bridge in Altstadt?"
    with_reader = pipeline_with(None, folder).answer(asked)
    without = pipeline_with(None, folder, reader="off").answer(asked)
    assert "Maria Keller" in with_reader.citations[0].quote
    assert "Maria Keller" not in without.citations[0].quote
