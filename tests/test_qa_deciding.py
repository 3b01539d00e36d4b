"""What code decides instead of the language model: names over several articles, the order of reports, lists."""

import pytest

from qa.answers import ABSTENTION
from qa.candidates import asks_one_name, common_name
from qa.grounding import Draft
from qa.models import Stage, SupportStatus, Turn
from qa.question import parts_of
from qa.reader import Reader
from qa.topics import Form, topic_of
from qa.verdict import order_of_reports
from tests.fakes import ScriptedChatModel


def story(title, source, day, text):
    return f"---\ntitle: {title}\nsource: {source}\npublished_at: {day}\n---\n{text}\n"


@pytest.fixture
def pipeline(pipeline_with, write_articles):
    folder = write_articles(
        a_md=story("Pay at the docks", "Quay Post", "2031-05-02",
                   "The carrier Ostrel raised the pay of its dockers by 6% on Thursday. Union "
                   "leader Mira Holm said "
                   "the offer was late. She called it a good start."),
        b_md=story("New ships", "Tide News", "2031-06-20",
                   "Ostrel has ordered four ships with electric engines from a yard in Brask. The ships will cost "
                   "90 million crowns each. Mira Holm said that the union had not been asked."),
        c_md=story("Ships dearer", "Tide News", "2031-09-01",
                   "The four electric ships ordered by Ostrel will now cost 104 million crowns each, the yard in "
                   "Brask said."),
    )  # fmt: skip
    return lambda *replies, yes=None: pipeline_with(ScriptedChatModel(replies=list(replies), yes=yes), folder)


NAME = (
    "Which company raised the pay of its dockers according to Quay Post, and ordered ships with electric engines "
    "as reported by Tide News?"
)


def test_the_name_that_several_articles_share_is_found_and_cited_for_each(pipeline):
    answer = pipeline().answer(NAME)
    assert (answer.short, answer.abstained) == ("Ostrel", False)
    assert {c.passage.article.source for c in answer.citations} == {"Quay Post", "Tide News"}


def test_a_name_of_the_question_is_no_answer(pipeline):
    reading = pipeline().read(NAME)
    parts = parts_of(NAME, ["Quay Post", "Tide News"])
    assert asks_one_name(NAME, parts)
    found = common_name(NAME.replace("Which company", "Which company but Ostrel"), parts, reading.evidence)
    assert found is None or found.name != "Ostrel"


def test_one_event_after_another_is_not_asked_about_in_several_reports():
    question = "Who was given the wheel of the winner after a puncture on the sixth stage of the tour?"
    parts = parts_of(question, [])
    assert len(parts) > 1
    assert not asks_one_name(question, parts)


@pytest.mark.parametrize(("reads", "name"), [(False, "Skiff Two"), (True, "Varnell")])
def test_the_reader_tells_a_company_from_the_product_that_more_reports_speak_of(
    pipeline_with, write_articles, make_settings, reads, name
):
    folder = write_articles(
        a_md=story("Skiff Two has a better screen", "Quay Post", "2031-05-16",
                   "Varnell sells a hand-held game console, the Skiff Two, with a better screen."),
        b_md=story("Repair at home", "Tide News", "2031-06-20",
                   "Varnell lets owners of the Skiff Two repair the console at home."),
        c_md=story("A console for the train", "Tide News", "2031-07-01",
                   "The screen of the hand-held game console Skiff Two is better than others."),
    )  # fmt: skip
    reading = pipeline_with(ScriptedChatModel(replies=[]), folder).read(
        "Which company sells a hand-held game console with a better screen according to Quay Post, and lets its "
        "owners repair the console at home as reported by Tide News?"
    )
    reader = Reader.load(make_settings()) if reads else None
    found = common_name(reading.question, reading.parts, reading.evidence, reader)
    assert (found.name, len({item.passage.article.id for item in found.evidence})) == (name, 2)


@pytest.mark.parametrize(("order", "yes"), [("before", True), ("after", False)])
def test_the_order_of_two_reports_follows_from_their_days(pipeline, order, yes):
    question = (
        f"Did Quay Post report on the pay of dockers at Ostrel {order} Tide News reported on the order of "
        "electric ships?"
    )
    reading = pipeline().read(question)
    decided, shown = order_of_reports(question, reading.parts, reading.evidence)
    assert decided is yes
    assert [item.passage.article.source for item in shown] == ["Quay Post", "Tide News"]


@pytest.mark.parametrize(
    ("question", "form", "about"),
    [
        ("What did Mira Holm say about the offer?", Form.STATEMENT, "the offer"),
        ("Give me the timeline of the ship order.", Form.TIMELINE, "the ship order"),
        ("What has been written about Ostrel since May 2031?", Form.SINCE, "about Ostrel"),
        ("How did the price of the ships change?", Form.CHANGE, "the price of the ships"),
        ("Summarise what the articles say about Ostrel, please.", Form.SUMMARY, "Ostrel"),
    ],
)
def test_questions_for_several_sentences_are_recognised(question, form, about):
    topic = topic_of(question)
    assert (topic.form, topic.about) == (form, about)


def test_a_question_for_a_fact_is_no_topic():
    assert topic_of("How much do the ships cost?") is None
    assert topic_of("What did the union win?") is None
    assert topic_of("How did the fire in the mill come about?") is None, "it asks for the cause"


def test_a_statement_is_answered_with_the_speakers_own_sentences(pipeline):
    answer = pipeline().answer("What did Mira Holm say about the offer?")
    assert answer.stage is Stage.DONE
    assert "the offer was late" in answer.text
    assert "electric engines" not in answer.text
    assert {s.status for s in answer.support} == {SupportStatus.QUOTED}


def test_words_may_be_told_with_other_verbs_but_not_by_what_is_somebodys(ask_about):
    article = story(
        "Talks on defence", "Quay Post", "2031-05-16",
        "Mira Holm's talks with the mayor emphasised the fear for the defence budget. Mira Holm, on a visit to "
        "Brask, has indicated that the defence budget should rise.",
    )  # fmt: skip
    answer, _ = ask_about({"a_md": article}, "What did Mira Holm say about the defence budget?")
    assert "should rise" in answer.text
    assert "emphasised" not in answer.text


def test_a_change_is_told_in_order_of_time_under_day_and_outlet(pipeline):
    text = pipeline().answer("How did the cost of the electric ships change?").text
    assert text.index("20 June 2031, Tide News") < text.index("1 September 2031, Tide News")
    assert "90 million crowns" in text
    assert "104 million crowns" in text


def test_an_older_figure_yields_to_the_newer_report_and_both_are_cited(pipeline):
    draft = "The four electric ships ordered by Ostrel will cost 90 million crowns each.\nShort: 90 million crowns"
    answer = pipeline(draft).answer("What will each of the electric ships of Ostrel cost?")
    assert answer.short.startswith("104 million crowns")
    assert "An earlier report differs" in answer.text
    assert len(answer.citations) == 2
    assert answer.as_of.isoformat().startswith("2031-09-01")


def test_a_topic_that_no_article_knows_is_declined(pipeline):
    answer = pipeline().answer("Give me the timeline of the volcano in Peru.")
    assert (answer.abstained, answer.text) == (True, ABSTENTION)


@pytest.fixture
def tunnel(pipeline_with, write_articles):
    """Two reports on one figure, which they put in different words."""
    folder = write_articles(
        a_md=story("Dortel tunnel", "Quay Post", "2031-03-02",
                   "The council voted for the Dortel tunnel, a project that engineers price at "
                   "412 million crowns. It is 8.4 kilometres long."),
        b_md=story("Dortel tunnel cheaper", "Tide News", "2031-09-01",
                   "The builder has brought the estimated cost of the Dortel tunnel down to 376 million crowns."),
    )  # fmt: skip
    return lambda *replies: pipeline_with(ScriptedChatModel(replies=list(replies)), folder)


UNPUT = "?"  # where the model cannot put a follow-up as a question of its own
OLD_COST = "The Dortel tunnel is expected to cost 412 million crowns.\nShort: 412 million crowns"


def test_the_newest_report_counts_although_its_words_differ(tunnel):
    answer = tunnel(OLD_COST).answer("What is the Dortel tunnel expected to cost?")
    assert answer.short == "376 million crowns"
    assert answer.text.startswith("376 million crowns [2]. 1 September 2031, Tide News:")
    assert "An earlier report differs" in answer.text
    assert "412 million crowns" in answer.text


def test_a_question_on_the_past_keeps_the_older_figure(tunnel):
    draft = "Engineers priced the Dortel tunnel at 412 million crowns.\nShort: 412 million crowns"
    answer = tunnel(draft).answer("At what sum did engineers price the Dortel tunnel in March?")
    assert answer.short == "412 million crowns"


def test_a_follow_up_on_a_month_keeps_the_figure_of_its_report(tunnel):
    asked = Turn("What was the Dortel tunnel expected to cost in September 2031?", "376 million crowns [1].")
    draft = "In March 2031, the Dortel tunnel was priced at 412 million crowns.\nShort: 412 million crowns"
    answer = tunnel(UNPUT, draft).answer("And in March 2031?", [asked])
    assert answer.short == "412 million crowns"
    assert answer.text.startswith("In March 2031")


def test_a_follow_up_is_not_answered_with_the_name_that_its_turns_share(pipeline_with, write_articles):
    folder = write_articles(
        a_md=story("Lock reopens", "Quay Post", "2031-03-02",
                   "The Varn lock at Hesten was repaired for 3 million crowns. "
                   "The state paid the larger part of it."),
        b_md=story("Fair at Hesten", "Tide News", "2031-09-01",
                   "Hesten holds its fair at the Varn lock. The repair of the lock was paid for in spring."),
    )  # fmt: skip
    chat = ScriptedChatModel(replies=[UNPUT, "The state paid the larger part of it.\nShort: The state"], yes=0.95)
    pipeline = pipeline_with(chat, folder, name="Qwen2.5-Coder-1.5B-Instruct-Q4_K_M")
    history = [Turn("What happened to the Varn lock at Hesten?", "It was repaired [1]."),
               Turn("And what did that cost?", "3 million crowns [1].")]  # fmt: skip
    reading = pipeline.read("Who paid the larger part of it?", history)
    assert asks_one_name(reading.question, reading.parts), "else there is nothing to be misled by"
    assert pipeline.answer("Who paid the larger part of it?", history).short == "The state"


def test_the_figure_of_the_newer_report_stands_against_the_older_one(tunnel):
    draft = "The Dortel tunnel is expected to cost 376 million crowns.\nShort: 376 million crowns"
    answer = tunnel(draft).answer("What is the Dortel tunnel expected to cost?")
    assert answer.short == "376 million crowns"
    assert not answer.text.startswith("2 March")


def test_a_number_that_the_model_breaks_is_joined_as_the_evidence_has_it(tunnel):
    answer = tunnel("The Dortel tunnel is 8. 4 kilometres long.\nShort: 8. 4 kilometres").answer(
        "How long is the Dortel tunnel?"
    )
    assert answer.short == "8.4 kilometres"
    assert "8.4 kilometres" in answer.text


@pytest.fixture
def reed(pipeline_with, write_articles):
    """A figure, and the later correction of another paper's error, which repeats the error."""
    folder = write_articles(
        a_md=story("Green gold", "Quay Post", "2031-09-25",
                   "In a report of 12 September, we said that the reed bed off Dortel stores 410,000 tonnes of "
                   "carbon."),
        b_md=story("Reed bed of Dortel is larger", "Tide News", "2031-09-10",
                   "After they had inspected 62 sites, divers now put the reed bed at 2,150 hectares, and the "
                   "carbon it stores at 140,000 tonnes."),
    )  # fmt: skip
    return lambda *replies: pipeline_with(ScriptedChatModel(replies=list(replies)), folder)


CARBON = "How much carbon is stored in the reed bed off Dortel?"


def test_the_sentence_with_the_figure_is_cited_not_the_one_with_more_of_the_words(reed):
    draft = "The reed bed off Dortel stores 140,000 tonnes of carbon.\nShort: 140,000 tonnes"
    answer = reed(draft).answer(CARBON)
    assert answer.text == "The reed bed off Dortel stores 140,000 tonnes of carbon [1]."
    (citation,) = answer.citations
    assert "140,000" in citation.quote


def test_a_figure_that_was_corrected_is_no_answer(reed):
    draft = "The reed bed off Dortel stores 410,000 tonnes of carbon.\nShort: 410,000 tonnes"
    answer = reed(draft).answer(CARBON)
    assert "410,000" not in answer.short
    assert answer.abstained or not answer.text.startswith("The reed bed")


def test_a_sentence_that_only_names_what_is_asked_about_is_not_cited(pipeline_with, write_articles):
    folder = write_articles(
        a_md=story("A find", "Quay Post", "2031-09-25",
                   "The Dortel Institute found the meadow in June. The survey cost 640,000 crowns, of which the "
                   "institute paid 240,000 and the town of Harlow the rest."),
    )  # fmt: skip
    chat = ScriptedChatModel(replies=["The Dortel Institute paid 240,000 crowns.\nShort: 240,000 crowns"])
    answer = pipeline_with(chat, folder).answer("How much of the cost of the survey did the Dortel Institute pay?")
    assert [c.quote.split(",")[0] for c in answer.citations] == ["The survey cost 640"]


def test_a_report_on_another_thing_does_not_differ(pipeline_with, write_articles):
    folder = write_articles(
        a_md=story("Reed bed found", "Quay Post", "2031-03-02",
                   "A bed of reed covering an estimated 1,400 hectares has been found off the Hesten coast."),
        b_md=story("Ban on nets", "Tide News", "2031-09-01",
                   "The environment ministry said it would propose a ban on nets over 1,200 hectares of the bed."),
    )  # fmt: skip
    reply = "The environment ministry wants to stop nets over 1,200 hectares of the bed.\nShort: 1,200 hectares"
    pipeline = pipeline_with(ScriptedChatModel(replies=[reply]), folder)
    answer = pipeline.answer(
        "Over how many hectares of the reed bed does the environment ministry want to stop nets?"
    )
    assert answer.short == "1,200 hectares"
    assert "differs" not in answer.text


@pytest.mark.parametrize(("month", "first"), [("March 2031", "412 million"), ("March 2035", "376 million")])
def test_a_question_on_the_month_of_a_report_keeps_its_figure(pipeline_with, write_articles, month, first):
    folder = write_articles(
        a_md=story("Dortel tunnel", "Quay Post", "2031-03-02", "The Dortel tunnel is to cost 412 million crowns."),
        b_md=story("Dortel tunnel cheaper", "Tide News", "2031-09-01",
                   "The Dortel tunnel is to cost 376 million crowns."),
    )  # fmt: skip
    reply = "The Dortel tunnel is to cost 412 million crowns.\nShort: 412 million crowns"
    pipeline = pipeline_with(ScriptedChatModel(replies=[reply]), folder)
    answer = pipeline.answer(f"How much money was the Dortel tunnel to cost as of {month}?")
    assert answer.short.startswith(first)


@pytest.mark.parametrize(
    ("question", "form"),
    [("Who disagreed with her?", None), ("And what about the bridge?", Form.STATEMENT), ("When was that?", None)],
)
def test_a_question_of_its_own_is_not_of_the_form_of_the_turn_before(
    pipeline_with, write_articles, question, form
):
    text = 'Mayor Ida Brandt said the boat should stay. "It is ours," she said.'
    folder = write_articles(a_md=story("Boat", "Quay Post", "2031-03-02", text))
    history = [Turn("What did Ida Brandt say about the boat?", "She said it should stay [1].")]
    topic = pipeline_with(None, folder).read(question, history).topic
    assert (topic and topic.form) is form


def test_a_line_on_another_prize_is_no_newer_report_of_this_one(pipeline_with, write_articles):
    folder = write_articles(
        a_md=story("Film days open", "Quay Post", "2031-08-02",
                   "A jury will award the main prize, the Copper Lantern, which is worth 40,000 crowns."),
        b_md=story("Ferry film wins Copper Lantern at the film days", "Tide News", "2031-10-12",
                   "The audience prize, worth 5,000 crowns, went to Mika Strand."),
    )  # fmt: skip
    reply = "The Copper Lantern prize is worth 40,000 crowns.\nShort: 40,000 crowns"
    pipeline = pipeline_with(ScriptedChatModel(replies=[reply]), folder)
    answer = pipeline.answer("How much is the Copper Lantern prize worth?")
    assert answer.short == "40,000 crowns"
    assert "5,000" not in answer.text


def test_a_past_year_of_a_question_keeps_its_figure(pipeline_with, write_articles):
    folder = write_articles(
        a_md=story("The Dortel volcano", "Quay Post", "2031-04-02",
                   "The eruption of Dortel in 1951 killed 83 people on the island."),
        b_md=story("Dortel erupts again", "Tide News", "2031-04-06",
                   "Three people are dead after the eruption of Dortel, the island's mayor said."),
    )  # fmt: skip
    reply = "The eruption of Dortel in 1951 killed 83 people.\nShort: 83 people"
    answer = pipeline_with(ScriptedChatModel(replies=[reply]), folder).answer("Dortel 1951 eruption death toll")
    assert answer.short == "83 people"
    assert "Three" not in answer.text


def test_what_the_reader_finds_in_a_newer_report_counts_however_it_is_worded(pipeline_with, write_articles):
    folder = write_articles(
        a_md=story("Corvo opens its works in Dortel", "Quay Post", "2031-03-04",
                   "Corvo opened its works in Dortel on Wednesday. At present 620 people work in the factory."),
        b_md=story("Fire at the Dortel works", "Tide News", "2031-06-17",
                   "A fire at the Corvo factory in Dortel injured three people, it said."),
        c_md=story("Dortel works under new chief", "Quay Post", "2031-10-28",
                   "Corvo now employs 705 people in Dortel, its new chief said."),
    )  # fmt: skip
    reply = "620 people work in the factory.\nShort: 620"
    answer = pipeline_with(ScriptedChatModel(replies=[reply]), folder).answer(
        "How many people work at Corvo's factory in Dortel?"
    )
    assert answer.short.startswith("705")
    assert "three people" not in answer.text


@pytest.fixture
def stands(pipeline_with, write_articles):
    """Tell whether a sentence stands as the answer to a question on some articles."""

    def check(articles, question, sentence):
        built = pipeline_with(ScriptedChatModel(replies=[]), write_articles(**articles))
        return bool(built.writer.grounder(built.read(question)).check(Draft(sentence, "")).text)

    return check


@pytest.mark.parametrize(
    ("text", "year", "expected"),
    [
        ("Ostrel made a profit of 31 million crowns last year.", 2030, True),
        ("Ostrel made a profit of 31 million crowns last year.", 2029, False),
        ("Ostrel made a profit of 31 million crowns.", 2031, True),
        ("Ostrel made a profit of 31 million crowns.", 2029, False),
        ("Ostrel made a profit of 31 million crowns. The books for 2029 were late.", 2029, True),
    ],
)
def test_a_figure_of_another_year_is_not_the_one_that_is_asked_for(stands, text, year, expected):
    articles = {"a_md": story("Ostrel sails well", "Quay Post", "2031-05-02", text)}
    sentence = "Ostrel made a profit of 31 million crowns."
    assert stands(articles, f"How much profit did Ostrel make in {year}?", sentence) is expected


@pytest.mark.parametrize(("name", "expected"), [("Ana Brask", False), ("Mira Holm", True)])
def test_a_name_of_another_story_is_no_answer(stands, name, expected):
    articles = {
        "a_md": story("Election in Dortel", "Quay Post", "2031-05-02", "Ana Brask will take the lead in Dortel."),
        "b_md": story("The Salt Clerk", "Tide News", "2031-05-03",
                      "The next series of The Salt Clerk, which Mira Holm wrote, will start in May."),
    }  # fmt: skip
    sentence = f"{name} will take the lead in the next series of The Salt Clerk."
    assert stands(articles, "Who will take the lead in the next series of The Salt Clerk?", sentence) is expected


def test_a_later_report_is_no_answer_to_a_question_on_its_time(pipeline):
    draft = "The four electric ships ordered by Ostrel cost 90 million crowns each.\nShort: 90 million crowns"
    answer = pipeline(draft).answer("At the time, what did each of the electric ships of Ostrel cost?")
    assert answer.short == "90 million crowns"
