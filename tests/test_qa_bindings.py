"""Statements held against those of the evidence; the examples are of no gold set."""

from datetime import date

import pytest

from qa.bindings import Turned, contradiction, differs, figures_of, of_another_subject, only_figure
from qa.claims import numbers
from qa.frames import frames_of
from qa.text import stem
from qa.verdict import figure_checked, figure_denied, stated_outright
from tests.test_qa_citing import pieces

COUNCIL = "Harlow council rejected the plan by 24 votes to 11 on Tuesday, while neighbouring Brent approved it."
VERDICT = 'Coach Lena Fuchs said the defeat was "our own fault"; captain Ivo Marek blamed the referee.'
PLANT = (
    "Steelmaker Corvo may close its plant in Dortel, chief executive Paula Renn said, but it will not go to Asia."
)
AGES = (
    "Tornay, 34, dedicated the award to her grandmother. The festival, which is 12 years old, showed films by 61 "
    "women. Emil Brask, 61, was second; Lise Tornay and he are old friends of 20 years."
)
COUNT = "Twenty-six volunteers walked the cliffs between 28 May and 16 June, four more than last year."
DATED = "The outage began on 3 March 2031. Oatwell learned of the problem on 28 August and waited six weeks."


ATTEMPTS = "The first attempt was called off because of high wind."
BUDGET = "The show does not cost 9 million euros a concert. The budget is 6 million euros for a plain concert."
RUN_OFF = (
    "The court declared Ida Brun the winner by 80 votes. If nobody wins more than 40%, the two strongest may meet."
)
SILENCE = (
    "Engineers have regained contact with Petrel, a buoy that fell silent on 24 August, but its lamp was lost, "
    "the harbour office said on Monday."
)
SHARES = "The county would pay 65% of the bill, while the town would cover the other 20%."


@pytest.mark.parametrize(
    ("sentence", "evidence", "turned"),
    [
        ("Harlow council rejected the plan by 11 votes to 24.", COUNCIL, None),
        ("The plan was rejected by Harlow council.", COUNCIL, None),
        ("Brent rejected the plan.", COUNCIL, Turned.ROLES),
        ("Lena Fuchs said that the defeat was their own fault.", VERDICT, None),
        ("Ivo Marek said the defeat was their own fault.", VERDICT, Turned.SPEAKER),
        ("Paula Renn said that Corvo may close its plant in Dortel.", PLANT, None),
        ("Corvo will close its plant in Dortel.", PLANT, Turned.CERTAINTY),
        ("Corvo will go to Asia.", PLANT, Turned.DENIAL),
        ("The show costs 6 million euros a concert.", BUDGET, None),
        ("The show costs 9 million euros a concert.", BUDGET, Turned.DENIAL),
        ("Ida Brun won by 80 votes.", RUN_OFF, None),
        ("Engineers lost touch with Petrel on 24 August.", SILENCE, Turned.CLAIM),
        ("Petrel fell silent on Monday.", SILENCE, Turned.DATE),
        ("Profit fell 8%.", "Profit rose 8%, while costs fell.", Turned.DIRECTION),
        ("20% of the bill falls to the county of Dortel.", SHARES, Turned.FIGURE),
        ("The county of Dortel would pay 65% of the bill.", SHARES, None),
        ("65% of the bill falls to the county.", SHARES, None),
        ("All members voted for it.", "The members voted for it.", Turned.EXTENT),
        ("The bridge carries more than 20 people.", "The bridge carries no more than 20 people.", Turned.DENIAL),
        ("Security chief Ada Brun opened an inquiry.",
         "Security chief Karl Ost resigned; prosecutor Ada Brun opened an inquiry.", Turned.TITLE),
        ("Lise Tornay is 34 years old.", AGES, None),
        ("Lise Tornay is 61.", AGES, Turned.FIGURE),
        ("Samuel Tekle is 27.", "The winner, who is 27, said so; Tekle led by 38 seconds.", None),
        ("Emil Brask, aged 34, was second.", AGES, Turned.FIGURE),
        ("She is 34 years old.", AGES, None),
        ("Colonel Ruiz captured Fort Sejour.", "Colonel Ruiz, at last, captured Fort Séjour in June 1755.", None),
        ("The Edict of Brask ended the wars.", "The wars ended with the Edict of Brask.", None),
        ("The code was developed by Brandt.", "Brandt developed the idea of the code in 1962.", None),
        ("The guild summit is set for June.", "All look to the guild summit in Aldmoor, set for June.", None),
        ("The third attempt was called off for high wind.", ATTEMPTS, Turned.ORDINAL),
        ("The 1st attempt was called off for high wind.", ATTEMPTS, None),
        ("Holm took third place.", "Ruiz took first place, ahead of Berg, and Holm came third.", None),
        ("The crash happened in Norland.", "The crash happened in Brask, the largest city in Norland.", None),
        ("The second attempt failed.", "The first, second and fourth attempts failed on the third day.", None),
        ("The United States opened the session.", "The session was opened by the United Kingdom.", Turned.ROLES),
        ("The United Kingdom opened the session.", "The session was opened by the United Kingdom.", None),
        ("Premier Ana Ruiz opened the session.", "The session was opened by Premier Ana Holm.", Turned.ROLES),
        ("Premier Ana Ruiz opened the session.", "The session was opened by Mayor Ruiz.", None),
        ("26 volunteers walked the cliffs.", COUNT, None),
        ("4 volunteers walked the cliffs.", COUNT, Turned.UNIT),
        ("Oatwell learned of the problem on 28 August.", DATED, None),
        ("Oatwell learned of the problem on 3 March.", DATED, Turned.DATE),
        ("The mortgage is not paid with a survey, Una Holm said.",
         '"You cannot pay a mortgage with a survey," said Una Holm.', None),
        ("The sum was decided in Aldmoor.", "In Aldmoor he said that the sum remains undecided.", Turned.DENIAL),
        ("The church was undamaged.", "The church was left undamaged, though houses near it were damaged.", None),
        ("The sum is undecided.", "In Aldmoor he said that the sum remains undecided.", None),
        ("The storm united the crew.", "By the storm the whole crew was united.", None),
    ],
)  # fmt: skip
def test_what_a_sentence_turns_round_is_found(sentence, evidence, turned):
    found = contradiction(sentence, [evidence])
    assert (found.kind if found else None) == turned


def test_the_other_figure_of_a_sentence_is_not_the_figure():
    evidence = ["Members that spend less than the 2% target are under pressure, for Trump demands 5%."]
    assert contradiction("The target is 2%.", evidence) is None
    assert contradiction("The target is 5%.", evidence).kind is Turned.FIGURE


def test_a_date_of_another_event_is_not_the_date():
    evidence = ["Talks began in March and the treaty was signed in June."]
    assert contradiction("The treaty was signed in June.", evidence) is None
    assert contradiction("The treaty was signed in March.", evidence).kind is Turned.DATE


def test_the_day_of_publication_dates_the_report_and_nothing_else():
    evidence, published = ["The dam was finished in 1962."], frozenset({date(2031, 4, 8)})
    outlets = frozenset({"courier"})
    assert contradiction("The Courier reported it on 8 April 2031.", evidence, (), outlets, published) is None
    found = contradiction("The dam was finished on 8 April 2031.", evidence, (), outlets, published)
    assert found.kind is Turned.DATE


def test_a_claim_told_as_a_fact_names_who_claims_it():
    found = contradiction("The mayor took bribes.", ["Journalist Rena Holt claims that the mayor took bribes."])
    assert (found.kind, found.speaker) == (Turned.CLAIM, "Journalist Rena Holt")


def test_a_passive_is_turned_round_and_a_relative_pronoun_is_its_noun():
    text = "Brent Town were beaten by Harlow, which plays in blue."
    (beaten,) = [f for f in frames_of(text) if f.verb == "beat"]
    assert [p.names for p in beaten.agents] == [{"harlow"}]
    assert [p.names for p in beaten.patients] == [{"brent", "town"}]
    (plays,) = [f for f in frames_of("Harlow Town, which plays in blue, won.") if f.verb == "play"]
    assert [p.names for p in plays.agents] == [{"harlow", "town"}]


@pytest.mark.parametrize(
    ("other", "figure"),
    [
        ("The board now prices the Dortel tunnel at 498 million crowns.", "498 million crowns"),
        ("The board prices the Dortel tunnel at 412 million crowns.", ""),
        ("The town hall will cost 90 million crowns.", ""),
        ("The Dortel tunnel will be 412 metres long.", ""),
    ],
)
def test_another_report_differs_only_on_the_same_thing(other, figure):
    own = "The board prices the Dortel tunnel at 412 million crowns."
    assert differs("The Dortel tunnel is priced at 412 million crowns.", own, other) == figure


def test_another_report_differs_only_on_the_figure_that_answers():
    own = "The boat is about 3,100 years old and 8.4 metres long."
    other = "The boat should be about in town every ten years, and long may it be."
    assert differs(own, own, other)
    assert not differs(own, own, other, {numbers("8.4 metres")[0]})
    assert differs(own, own, "The boat is 9.1 metres long.", {numbers("8.4 metres")[0]}) == "9.1 metres"


def test_a_figure_whose_subject_the_sentence_has_is_not_turned_round_by_another_subjects():
    evidence = [
        "Under the draft the state would pay 55% of the bill, while the city would cover the remaining 15%."
    ]
    assert contradiction("15% of the bill falls to the city under the draft.", evidence) is None
    assert contradiction("55% of the bill falls to the city under the draft.", evidence).kind is Turned.FIGURE


def test_the_last_of_several_nouns_is_what_a_figure_counts():
    evidence = ["Counters found 41,200 occupied puffin burrows on the island, and 300 rabbits."]
    assert contradiction("41,200 occupied puffin burrows were in use.", evidence) is None
    assert contradiction("They found 41,200 rabbits on the island.", evidence) is not None
    counted = [kind for _, kind in figures_of("It was fined 2,650 crore rupees over 300 two-bedroom flats.")]
    assert [kind for _, kind in figures_of("140,000 tonnes carbon is stored in the reed bed.")] == [stem("tonnes")]
    assert counted[0] == "crore"
    assert "bedroom" in counted


def test_a_month_is_that_of_the_report_where_its_sentence_gives_no_date():
    evidence = ["The board has dropped a cold store from the plans to save money."]
    said = "The cold store was dropped from the plans in January 2032."
    published = frozenset({date(2032, 1, 21)})
    assert contradiction(said, [*evidence, "Piling begins in March 2033."], published=published) is None
    turned = contradiction(
        said.replace("January", "June"), [*evidence, "Piling begins in March 2033."], published=published
    )
    assert turned is not None
    assert turned.kind is Turned.DATE


def test_a_figure_that_stands_at_the_subject_is_its_figure():
    evidence = [
        "Trump demands that members lift their spending to 5% of GDP; nations below the 2% target are scorned."
    ]
    assert contradiction("The target is 2% of GDP.", evidence) is None
    assert contradiction("The target is 5% of their GDP.", evidence).kind is Turned.FIGURE


def test_a_question_that_supposes_another_figure_is_seen_through(pipeline_with):
    evidence = pipeline_with(None).read("What is the NATO spending target?").evidence
    assert figure_checked("Is the NATO spending target 5%?", evidence) is False
    assert figure_checked("Is the NATO spending target 2%?", evidence) is True
    assert figure_checked("Is the NATO spending target of Peru 2%?", evidence) is None
    assert figure_checked("Are nations below the 2% target under scrutiny?", evidence) is None
    assert figure_denied("Is the NATO spending target 4%?", evidence)
    assert not figure_denied("Is the NATO spending target 2%?", evidence)
    assert not figure_denied("Is Japan's NATO spending target 4%?", evidence), "of Japan nothing is known"


def test_figures_are_given_with_what_they_count_and_without_what_was_before():
    text = "Profit fell to 22.4 million crowns from 31.9 million a year earlier."
    assert [(int(figure.value), kind) for figure, kind in figures_of(text)] == [(22_400_000, "crown")]
    former = figures_of(text, with_former=True)
    assert [(int(figure.value), kind) for figure, kind in former] == [(22_400_000, "crown"), (31_900_000, "crown")]


@pytest.mark.parametrize(
    ("other", "figure"),
    [
        ("The cost has been brought down to 376 million crowns.", "376 million crowns"),
        ("The cost rose by 12 million crowns.", ""),
        ("It costs 376 million crowns, of which the county pays 50 million crowns.", ""),
        ("It will be 376 metres long.", ""),
    ],
)
def test_the_only_figure_of_a_kind(other, figure):
    own = "The board prices the Dortel tunnel at 412 million crowns."
    assert only_figure(numbers(own)[0], own, other) == figure


def test_a_speaker_is_named_in_full_with_hyphens():
    evidence = ["The meadow covers 1,830 hectares, according to a peer-reviewed study published on Tuesday."]
    assert contradiction("The meadow covers 1,830 hectares.", evidence).speaker == "a peer-reviewed study"


@pytest.mark.parametrize(
    ("other", "another"),
    [
        ("The works said the repairs had cost 355 million crowns, more than was thought.", True),
        ("The Dortel plant cost 10.2 billion crowns, it said.", False),
        ("It will have cost 10.2 billion crowns.", False),
        ("Papers put it at 10.2 billion crowns.", False),
    ],
)
def test_a_figure_of_another_subject_of_the_same_verb_is_no_other_report(other, another):
    assert (
        of_another_subject("The plant has cost 9.8 billion crowns and was built in 31 months.", other) is another
    )


@pytest.mark.parametrize(
    ("question", "stated"),
    [
        ("Did Voxen agree to buy Ostrel in May 2031?", True),
        ("Has Voxen agreed to buy Ostrel?", True),
        ("Did Ostrel agree to buy Voxen?", False),
        ("Did Voxen agree to buy Ostrel in June 2031?", False),
        ("Did Voxen agree to buy Ostrel for 3 million crowns?", False),
        ("Did Voxen buy Ostrel from Mira Holm?", False),
    ],
)
def test_a_yes_or_no_question_in_the_words_of_one_piece_of_evidence_is_stated_there(question, stated):
    said = "Voxen agreed on Monday to buy Ostrel, its smaller rival, for 34 million crowns."
    assert stated_outright(question, pieces(0, [said])) is stated


def test_what_is_denied_or_only_planned_is_not_stated():
    for said in ("Voxen did not agree to buy Ostrel.", "Voxen may agree to buy Ostrel."):
        assert not stated_outright("Did Voxen agree to buy Ostrel?", pieces(0, [said]))
