"""Whether two reports agree: decided by what the one says against the other, not by asking the model."""

import pytest

from qa.agreement import Agreement, agreement_of, settle
from qa.question import parts_of
from tests.fakes import ScriptedChatModel
from tests.test_qa_deciding import story

QUIET = "The evidence does not say."
OUTLETS = ["Quay Post", "Tide News", "Fjord Mail"]


@pytest.fixture
def pipeline(pipeline_with, write_articles):
    folder = write_articles(
        a_md=story("Fire in Brask", "Quay Post", "2031-05-02",
                   "The fire in the warehouse at Brask injured 14 people on Thursday. The harbour was closed for "
                   "two days after the fire."),
        b_md=story("Warehouse burns", "Tide News", "2031-05-03",
                   "The fire in the warehouse at Brask injured 19 people on Thursday. The warehouse held paper."),
        c_md=story("Brask after the fire", "Fjord Mail", "2031-05-04",
                   "The warehouse at Brask, where a fire broke out, held paper and paint. The harbour was not "
                   "closed after the fire."),
    )  # fmt: skip
    # A model that writes nothing: whatever is decided, it is not by asking it.
    return pipeline_with(ScriptedChatModel(replies=[]), folder)


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("Do Quay Post and Tide News agree on how many people the fire in the warehouse at Brask injured?", "No"),
        ("Do the reports of Quay Post and Tide News on the fire at Brask contradict each other on the number of "
         "people injured?", "Yes"),
        ("Was the report of Quay Post that the harbour was closed after the fire consistent with the report of "
         "Fjord Mail on the harbour after the fire?", "No"),
        ("Do Tide News and Fjord Mail agree on what the warehouse at Brask held?", "Yes"),
        ("Between the report of Tide News on what the warehouse held and the report of Fjord Mail on what the "
         "warehouse held, are they consistent or inconsistent?", "Consistent"),
        ("Has the reporting on the paper in the warehouse changed between the article of Tide News and the "
         "article of Fjord Mail on the warehouse?", "No"),
        ("Do Quay Post and Tide News agree or disagree on how many people the fire at Brask injured?",
         "They disagree"),
        ("Does Quay Post disagree with Tide News on how many people the fire at Brask injured?", "Yes"),
        ("Do the reports of Quay Post and Tide News contradict each other on how many people agree that the fire "
         "at Brask injured them?", "Yes"),
    ],
)  # fmt: skip
def test_reports_agree_unless_one_contradicts_the_other(pipeline, question, short):
    answer = pipeline.answer(question)
    assert answer.short == short
    assert len({c.passage.article.source for c in answer.citations}) == 2


def test_what_clashes_is_quoted(pipeline):
    text = pipeline.answer("Do Quay Post and Tide News agree on how many people the fire at Brask injured?").text
    assert "one contradicts the other" in text
    assert "14 people" in text
    assert "19 people" in text


@pytest.mark.parametrize(
    "question",
    [
        "Did Quay Post report that an agreement was reached between the dockers and the owners?",
        "Did the board agree to the sale that the reports of Quay Post and Tide News mention?",
        "Did Quay Post report that the price changed between May and June, as Tide News did?",
        "Did the story change from an accident to arson between the article of Quay Post and that of Tide News?",
        "What do Quay Post and Tide News agree on?",
        "Was the report of the harbour board consistent?",
        "Did both parties agree on the budget before the strike of the teachers began?",
        "Did inflation remain consistent between 2020 and 2022 while wages in the country rose?",
        "Do Quay Post and Tide News agree that the fire was started on purpose?",
        "Do Quay Post and Tide News report that the ministers disagree about the new tax?",
        "Do Quay Post and Tide News both say the blood tests were consistent with poisoning?",
        "According to Quay Post and Tide News, did the parties agree on a new coalition?",
        "Does the coverage of Quay Post and Tide News say that the ferry price changed between May and June?",
        "Is it true that Quay Post and Tide News do not agree on the number of injured?",
    ],
)
def test_other_questions_are_not_on_whether_reports_agree(question):
    assert agreement_of(question, parts_of(question, OUTLETS)) is None


def test_the_opposite_is_a_contradiction_and_an_outlet_that_says_nothing_no_agreement(
    pipeline_with, write_articles
):
    folder = write_articles(
        a_md=story("Jobs", "Quay Post", "2031-05-02", "Unemployment in Brask rose in May."),
        b_md=story("Work", "Tide News", "2031-05-03", "Unemployment in Brask fell in May."),
        c_md=story("Bells", "Fjord Mail", "2031-05-04", "The church at Brask has new bells."),
    )
    pipeline = pipeline_with(ScriptedChatModel(replies=[QUIET] * 4, yes=0.99), folder)
    asked = "Do {} agree on unemployment in Brask in May?"
    assert pipeline.answer(asked.format("Quay Post and Tide News")).short == "No"
    assert pipeline.answer(asked.format("the reports")).short == "No"
    reading = pipeline.read(asked.format("Quay Post and Coast Radio"))
    parts = parts_of(reading.question, ["Quay Post", "Coast Radio"])
    assert settle(Agreement("Yes", "No"), parts, reading.evidence) is None


def test_without_a_second_report_nothing_is_settled(pipeline_with, write_articles):
    folder = write_articles(a_md=story("Fire", "Quay Post", "2031-05-02", "The fire at Brask injured 14 people."))
    answer = pipeline_with(ScriptedChatModel(replies=[QUIET] * 2, yes=0.99), folder).answer(
        "Do the reports of Quay Post and Tide News agree on how many people the fire at Brask injured?"
    )
    assert "contradict" not in answer.text
