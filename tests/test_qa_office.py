"""Whose office somebody holds."""

import pytest

from qa.bindings import Turned, contradiction
from qa.grounding import Draft, Grounder
from qa.office import office_asked_for
from qa.places import nations_in
from tests.test_qa_citing import pieces

HEALEY = "U.K. Defence Secretary John Healey ran the meeting of Ukraine's backers."
BEHIND = "John Healey, Britain's defence secretary, met Rustem Umerov, his Ukrainian counterpart."
FIRMS = "The talks were led by Voxen chief executive Dana Kim and Tessaly's finance chief Omar Reyes."
IS = "Ada Brun, who is the finance minister of Norland, resigned."


@pytest.mark.parametrize(
    ("sentence", "evidence"),
    [
        ("Ukraine's defence minister is John Healey.", HEALEY),
        ("John Healey is the defence minister of Ukraine.", HEALEY),
        ("Ukraine's defence minister, John Healey, ran the meeting.", HEALEY),
        ("The Ukrainian defence minister John Healey ran the meeting.", HEALEY),
        ("The name of Ukraine's defence minister is John Healey.", HEALEY),
        ("The defence minister of Ukraine is Healey.", BEHIND),
        ("The chief executive of Tessaly is Dana Kim.", FIRMS),
        ("The finance chief of Voxen is Omar Reyes.", FIRMS),
        ("The Finance Minister of Brask is Ada Brun.", IS),
    ],
)
def test_an_office_of_another_country_or_company_is_another_office(sentence, evidence):
    assert contradiction(sentence, [evidence]).kind is Turned.TITLE


@pytest.mark.parametrize(
    ("sentence", "evidence"),
    [
        ("The UK's defence minister is John Healey.", HEALEY),
        ("The British defence minister is John Healey.", HEALEY),
        ("The defence minister of Ukraine is Umerov.", BEHIND),
        ("The chief executive of Voxen is Dana Kim.", FIRMS),
        ("The finance chief of Tessaly is Omar Reyes.", FIRMS),
        ("The Finance Minister of Norland is Ada Brun.", IS),
        ("The director of the FBI is Ann Lee.", "Ann Lee, director of the Federal Bureau of Investigation, left."),
        ("The manager of Voxen is Ann Lee.", "Managing Director Ann Lee resigned."),
        (
            "The secretary general of NATO is Mark Rutte.",
            "Mark Rutte, the former Dutch prime minister, leads NATO.",
        ),
        (
            "Ukraine's biggest backer is British leader Keir Starmer.",
            "Ukraine leans on British leader Keir Starmer.",
        ),
        (
            "The chief executive of Voxen is Dana Kim.",
            "Voxen named Tessaly chief executive Dana Kim as its new one.",
        ),
        ("The owner of the Post is Jo Marsh.", "The Post is owned by Voxen founder Jo Marsh."),
        ("The coach of Brazil is Carlo Rossi.", "Italian coach Carlo Rossi will lead Brazil."),
        ("The manager of Portmere is Ruben Holm.", "Portmere appointed Kestle coach Ruben Holm as their manager."),
        ("Ada Brun was the governor of the Bank.", "Norland's prime minister, Ada Brun, who ran the Bank, spoke."),
        ("The president of Myanmar is Jo Marsh.", "The Burmese president, Jo Marsh, spoke."),
        ("The president of Norland is Jo Marsh.", "Jo Marsh, president of the union and of Norland, left."),
        (
            "The president of Norland is Jo Marsh.",
            "President Marsh of Brask fell. President Marsh of Norland rose.",
        ),
    ],
)
def test_the_same_office_in_other_words_and_another_kind_of_owner_stand(sentence, evidence):
    found = contradiction(sentence, [evidence])
    assert found is None or found.kind is not Turned.TITLE


@pytest.mark.parametrize(
    ("sentence", "evidence", "stands"),
    [
        ("The minister of Ukraine came.", "U.K. Defence Secretary John Healey paid a visit.", False),
        ("Ukraine's minister came.", "British minister John Healey's trip to Ukraine was on Monday.", False),
        ("The British minister went to Kyiv.", "U.K. Defence Secretary John Healey came to Kyiv.", True),
        ("The minister of Ukraine came.", "Minister Ada Brun came, as did British minister John Healey.", True),
        ("The minister of Ukraine came.", "Ukraine's Ada Brun came, with British minister John Healey.", True),
        ("The minister of Ukraine came.", "Ada Brun came on Monday.", True),
        ("The manager of Ukraine's team came.", "The British minister John Healey came.", True),
    ],
)
def test_a_nameless_minister_is_not_that_of_another_country(sentence, evidence, stands):
    found = contradiction(sentence, [evidence])
    assert (found is None or found.kind is not Turned.TITLE) is stands


@pytest.mark.parametrize(
    ("text", "nations"),
    [
        ("U.K. and U.S. ministers", {"united kingdom", "united states"}),
        ("the British and the Dutch", {"united kingdom", "netherlands"}),
        ("give us a turkey", set()),
        ("Northern Irish and Saudi ministers", {"northern ireland", "saudi arabia"}),
        ("the Welsh and the English captains", {"wales", "england"}),
        ("South Korean and Czech leaders", {"south korea", "czech republic"}),
        ("Norland", set()),
    ],
)
def test_the_countries_of_a_text_have_one_name_each(text, nations):
    assert nations_in(text) == nations


@pytest.mark.parametrize(
    ("question", "office"),
    [
        ("Which German minister came?", "German minister"),
        ("To which U.S. defence secretary did he write?", "U.S. defence secretary"),
        ("Which minister came?", ""),
        ("Which German city did the minister visit?", ""),
        ("Which Portmere minister came?", ""),
    ],
)
def test_a_question_may_ask_for_the_holder_of_an_office(question, office):
    assert office_asked_for(question) == office


@pytest.mark.parametrize(("nation", "stands"), [("British", True), ("German", False)])
def test_the_minister_of_one_country_is_none_of_another_that_is_asked_for(nation, stands):
    question, said = f"Which {nation} minister ran the meeting?", "John Healey ran the meeting."
    assert bool(Grounder(question, pieces(0, [HEALEY])).check(Draft(said, "John Healey")).text) is stands
