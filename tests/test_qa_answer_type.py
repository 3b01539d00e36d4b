import pytest

from qa.answer_type import (
    asks_figure,
    asks_how_it_stands,
    gives_figure,
    is_no_name,
    may_be_yes_no,
    names_otherwise,
)


@pytest.mark.parametrize(
    "question",
    ["How many members are below 2%?", "What share?", "In which year did it open?", "And how large is the site?"],
)
def test_questions_for_a_figure(question):
    assert asks_figure(question)


@pytest.mark.parametrize("question", ["Who opened it?", "How did they win?", "What did he say?"])
def test_other_questions(question):
    assert not asks_figure(question)


@pytest.mark.parametrize("text", ["Twelve are.", "About half of them.", "It had 40.", "None did.", "3% are."])
def test_texts_that_give_one(text):
    assert gives_figure(text, "How many members are below 2%?")


@pytest.mark.parametrize("text", ["Nations below the 2% target are.", "It is under scrutiny."])
def test_texts_that_only_repeat_the_question(text):
    assert not gives_figure(text, "How many members are below 2%?")


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Which country called the meeting?", "The meeting was called by Brussels.\nBrussels"),
        ("Which country called the meeting?", "New Delhi"),
        ("Which small nations met in Paris?", "Mexico City and Lima met in Paris."),
        ("Which city was host?", "The United States was."),
        ("Which German city was host?", "Germany was."),
        ("In which German location was it held?", "It was held in Germany."),
        ("Where in the Netherlands was it held?", "Holland"),
        ("Which US state was host?", "The United States"),
    ],
)
def test_a_place_of_another_kind_is_no_answer(question, text):
    assert names_otherwise(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Which country called the meeting?", "Ukraine called it in Brussels."),
        ("Which country called the meeting?", "Kuwait"),
        ("Which country called the meeting?", "Freedonia"),  # nobody knows it
        ("Which country called the meeting?", "The Dutch"),
        ("Which country called the meeting?", "It was a small one."),
        ("Which country's capital was host?", "Paris"),
        ("Which city was host?", "Singapore"),
        ("Which city was host?", "Paris, France"),
        ("Who was host?", "Brussels"),
        ("Which German city was host?", "Bonn, Germany"),
        ("What American tariffs hit Brazil?", "The US imposed a tariff of 50% on Brazil."),
        ("Which British industry lost most jobs?", "Steelmaking lost most jobs in Britain."),
        ("Which American team won the relay?", "The United States won the relay."),
        ("Which German minister went?", "The minister of Germany, Ada Brun"),
        ("Where did the German minister go?", "Germany"),
        ("Which US state was host?", "Georgia"),
    ],
)
def test_a_place_of_the_right_kind_or_unknown_may_be_one(question, text):
    assert not names_otherwise(question, text)


@pytest.mark.parametrize("question", ["What is the terminal expected to cost?", "How long will it take?"])
def test_questions_on_how_things_stand(question):
    assert asks_how_it_stands(question)


@pytest.mark.parametrize(
    "question",
    ["What was the terminal to cost?", "What is the cost in June?", "What is 5% of it?", "Who may open it?"],
)
def test_questions_on_a_time_of_their_own(question):
    assert not asks_how_it_stands(question)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Was the council split over the rise or over the cut?", False),
        ("Did the port close in May or in June?", False),
        ("Did the port close in May?", True),
        ("Is the storm over or not?", True),
        ("Did it hit ferries or trains?", True),
    ],
)
def test_a_question_that_offers_two_answers_wants_one_of_them(question, expected):
    assert may_be_yes_no(question) is expected


@pytest.mark.parametrize(
    ("question", "short", "no_name"),
    [
        ("To whom was the launch sold?", "$640,000", True),
        ("Who bought it?", "on 3 May 2021", True),
        ("Whose is it?", "27-year-old Ann Holm's", False),
        ("Who came?", "300 people", False),
        ("Who came after him?", "May", False),
        ("Who played?", "The 1975", False),
        ("Who played?", "50 Cent", False),
        ("Who spends 2%?", "the town", False),
        ("What did it cost?", "5 dollars", False),
    ],
)
def test_a_figure_is_nobody(question, short, no_name):
    assert is_no_name(question, short) is no_name
