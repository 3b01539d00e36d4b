"""The reader's second look at a draft that stands: two models that find the same are believed."""

from dataclasses import fields

import pytest

from eval.fit_drafts import DraftRow, fit_drafts, report_drafts
from qa.gate import WITHOUT_PROBE, DraftFeatures, Features, Gate
from qa.models import SupportStatus
from qa.second_look import look_again, same_answer
from tests.fakes import ScriptedChatModel
from tests.test_qa_deciding import story

QUESTION = "Who is the head of the rescue service?"
RIGHT = "Jonna Ekblad is the head of the rescue service.\nShort: Jonna Ekblad"
WRONG = "Yusuf Dirie is the head of the rescue service.\nShort: Yusuf Dirie"
ARTICLE = story(
    "Fire at the mill", "Quay Post", "2031-05-16",
    "Jonna Ekblad, who heads the rescue service, met Mayor Yusuf Dirie in a school.",
)  # fmt: skip
FEATURES = ("gate_log_odds", "least_sure", "reader_log_odds", "reader_agrees")


def weights(coefficients, threshold):
    """A gate that lets everything through, and believes drafts by these coefficients."""
    plain = {"mean": [0.0] * 4, "scale": [1.0] * 4, "intercept": 0.0}
    drafts = {"features": FEATURES, "coefficients": coefficients, "threshold": threshold, **plain}
    gate = {"features": [], "mean": [], "scale": [], "coefficients": [], "intercept": 1.0}
    return {**gate, "threshold": 0.1, "confident": 0.9, "drafts": drafts}


@pytest.fixture
def pipeline(pipeline_with, write_articles):
    folder = write_articles(a_md=ARTICLE)

    def make(reply, gate):
        built = pipeline_with(ScriptedChatModel(replies=[reply]), folder)
        built.writer.gate = Gate({"scripted": gate, WITHOUT_PROBE: gate}, "scripted")
        return built

    return make


@pytest.mark.parametrize("threshold", [0.2, 0.9], ids=["given", "refused"])
def test_the_confidence_of_an_answer_is_that_of_its_draft_given_or_refused(pipeline, threshold):
    built = pipeline(RIGHT, {**weights([0, 0, 0, 1], threshold), "hopeless": 1.0})
    answer = built.answer(QUESTION)
    attempt = pipeline(RIGHT, weights([0, 0, 0, 1], threshold)).writer.attempted(built.read(QUESTION))
    assert answer.abstained is (threshold == 0.9)
    assert answer.confidence == pytest.approx(built.writer.gate.confidence(attempt.features))
    assert 0.5 < answer.confidence < 0.9


def test_where_nothing_stands_the_confidence_is_none_at_all(pipeline):
    built = pipeline("Ada Wynn met 12 mayors.\nShort: 12", {**weights([0, 0, 0, 1], 0.2), "hopeless": 1.0})
    answer = built.answer(QUESTION)
    assert (answer.abstained, answer.confidence) == (True, 0.0)


@pytest.mark.parametrize(
    ("answered", "quoted", "likely"), [(None, 0, 0.5), (2.0, 0, 0.73), (2.0, 1, 0.5), (-2.0, 1, 0.27)]
)
def test_the_verifier_makes_a_draft_more_or_less_likely_to_be_right(answered, quoted, likely):
    gate = weights([0, 0, 0, 0], 0.4) | {"verifier": {"confidence": {"slope": 0.5, "intercept": 0.0}}}
    features = DraftFeatures(0, 0, 0, 0, quoted, 0, answered)
    assert Gate({"m": gate}, "m").confidence(features) == pytest.approx(likely, abs=0.01)


@pytest.mark.parametrize(
    ("found", "said", "same"),
    [
        ("498 million crowns", "$498 million", True),
        ("498 million crowns", "412 million crowns", False),
        ("2 July", "July 2, 2027", True),
        ("rescue head Jonna Ekblad", "Ekblad", True),
        ("Jonna Ekblad", "Yusuf Dirie", False),
        ("12", "twelve ships", True),
        ("ships", "12 ships", False),
        ("open on 1 December, said its manager, Jonna Ekblad", "Jonna Ekblad", True),
        ("", "", False),
    ],
)
def test_answers_are_compared_by_figures_else_by_words(found, said, same):
    assert same_answer(found, said) is same


@pytest.mark.parametrize(("reply", "agrees"), [(RIGHT, True), (WRONG, False)])
def test_the_reader_finds_the_answer_of_a_right_draft_and_not_that_of_a_wrong_one(pipeline, reply, agrees):
    built = pipeline(reply, weights([0, 0, 0, 1], 0.0))
    reading = built.read(QUESTION)
    attempt = built.writer.attempted(reading)
    assert attempt.grounded.text, "both stand in the evidence"
    look = look_again(reading.passages, reading.spans, attempt.draft.short, attempt.grounded.citations)
    assert look.agrees is agrees
    assert look.log_odds > -5


@pytest.mark.parametrize(("reply", "given"), [(RIGHT, True), (WRONG, False)])
def test_a_draft_that_the_reader_does_not_bear_out_is_not_given(pipeline, reply, given):
    answer = pipeline(reply, weights([0, 0, 0, 1], 0.6)).answer(QUESTION)
    assert answer.abstained is not given
    assert not given or answer.short == "Jonna Ekblad"


@pytest.mark.parametrize(("name", "given"), [("Jonna Ekblad", True), ("Yusuf Dirie", False)])
def test_the_quotation_in_place_of_a_refused_draft_is_looked_at_too(pipeline, name, given):
    far = f"{name} commands all firemen, ambulances and lifeboats of the coast.\nShort: {name}"
    answer = pipeline(far, weights([0, 0, 0, 1], 0.6) | {"confident": 0.5}).answer(QUESTION)
    assert answer.abstained is not given
    assert not given or answer.support[0].status is SupportStatus.QUOTED


def test_without_a_reader_and_without_weights_a_draft_that_stands_is_given(pipeline):
    built = pipeline(WRONG, weights([0, 0, 0, 1], 0.6))
    built.finder.reader = None
    assert not built.answer(QUESTION).abstained
    assert Gate({}, "other").believes(DraftFeatures(-9, -9, -9, 0, 1, 1))


def rows(split, right, count, **features):
    gate = Gate({WITHOUT_PROBE: weights([0] * 4, 0)}, "none")
    decision = gate.decide(Features(0.5, 0.0, None))
    values = dict.fromkeys([field.name for field in fields(DraftFeatures)], 0.0) | features
    return [DraftRow("news", split, right, decision, DraftFeatures(**values)) for _ in range(count)]


def test_the_limits_are_fitted_on_dev_and_reported_for_both_splits():
    dev = [
        *rows("dev", True, 90, reader_agrees=1.0, least_sure=-0.1),
        *rows("dev", False, 10, reader_agrees=1.0, quoted=1.0, least_sure=-0.1),
        *rows("dev", True, 10, reader_agrees=0.0, least_sure=-0.1),
        *rows("dev", False, 40, reader_agrees=0.0, least_sure=-2.0),
    ]
    test = [*rows("test", True, 5, reader_agrees=1.0, least_sure=-0.1), *rows("test", False, 3, least_sure=-2.0)]
    gate = weights([0] * 4, 0)
    fitted = fit_drafts([*dev, *test], gate)
    coefficients = dict(zip(fitted["drafts"]["features"], fitted["drafts"]["coefficients"], strict=True))
    assert coefficients["reader_agrees"] > 0
    assert coefficients["quoted"] < 0
    assert coefficients["reader_log_odds"] == pytest.approx(0)
    report = report_drafts([*dev, *test], gate | fitted)
    assert "news    test  right given up 0 (0) of 5, wrong given up 3 (3) of 3" in report
    assert fit_drafts(rows("dev", True, 4), gate) == {}, "right ones alone tell nothing"


@pytest.mark.parametrize(
    ("reply", "reader", "given"), [(RIGHT, True, True), (WRONG, True, False), (RIGHT, False, False)]
)
def test_what_the_gate_leaves_open_is_written_on_where_it_is_looked_at_again(pipeline, reply, reader, given):
    undecided = {"intercept": 0.0, "follow_up_threshold": 0.4, "threshold": 0.6}
    built = pipeline(reply, weights([0, 0, 0, 1], 0.6) | undecided)
    if not reader:
        built.finder.reader = None
    assert built.answer(QUESTION).abstained is not given
