"""The pipeline: from a question to an answer with its citations. Every front end goes through it.

question -> query -> passages -> evidence -> gate -> draft, streamed -> checked answer
"""

import os
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from qa.agreement import settle
from qa.amounts import Amounts, amounts_of
from qa.answer_type import may_be_yes_no
from qa.answers import abstention, checked, evidence_cited, evidence_of, quotation, together
from qa.bridge import Bridge, bridge_of
from qa.candidates import common_name
from qa.comparison import compared, comparison_of
from qa.compound import with_referent
from qa.difference import difference_of, worked_out
from qa.finding import Finder, Reading
from qa.gate import GateDecision, features_of, probability
from qa.grounding import Grounded, Grounder
from qa.llm import LanguageModel
from qa.models import EVERYWHERE, Answer, Evidence, Scope, Stage, Timings, Turn
from qa.order import Order, Period, order_of, tell_order, told_on
from qa.quoted import who_said
from qa.rewrite import accepted_question, leans_on_history, may_stand_alone
from qa.topics import Form
from qa.verdict import (
    ClaimCheck,
    check_claims,
    denied_outright,
    figure_checked,
    figure_denied,
    on_one_thing,
    order_of_reports,
    says_otherwise,
    shown_evidence,
    speaks_of_others,
    stated_outright,
    turned_round,
    weakest,
)
from qa.writing import Writer

# Searching keeps a core busy: more searches at once than there are cores finish later, all of them.
_SEARCHES = threading.BoundedSemaphore(os.cpu_count() or 1)
_UNDECIDED = Grounded("", "", (), ())
QUOTATIONS_ONLY = "none"  # the model's name in answers that are quotations by setting


class Pipeline:
    """Answers questions from an index.

    Args:
        finder: finds what is read.
        writer: writes, and checks what it writes.
    """

    def __init__(self, finder: Finder, writer: Writer) -> None:
        self.finder = finder
        self.writer = writer
        self.settings = finder.settings

    @property
    def llm(self) -> LanguageModel | None:
        """The model that writes; None answers with quotations."""
        return self.writer.llm

    @llm.setter
    def llm(self, model: LanguageModel | None) -> None:
        self.writer.llm = model

    def answer(self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYWHERE) -> Answer:
        """Give the final answer; arguments and errors as of `stream`."""
        final = None
        for growing in self.stream(question, history, scope):
            final = growing
        if final is None:  # stream always yields; this tells the type checker
            raise AssertionError("the stream ended without an answer")
        return final

    def stream(
        self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYWHERE
    ) -> Generator[Answer, None, None]:
        """Give the answer as it grows; the last one is final, its stage DONE.

        The best quotation comes first, marked provisional. Text that was shown may be taken back in a later
        answer, never the other way round: every number, name and quotation is checked before it is shown.
        Closing the iterator stops the model.

        Args:
            question: what was typed.
            history: the conversation before it, oldest first.
            scope: the outlets and days to look in.

        Raises:
            QuestionError: the question is empty or too long, or speaks of a "he" or "she" that nobody named.
            StoreError: the index cannot be used.
            LLMError: the language model failed.
        """
        started = time.perf_counter()
        first_token: float | None = None
        quotation: float | None = None
        accepted = accepted_question(question, history, self.settings.max_question_chars)
        for growing in self._grow(accepted, history, scope):
            now = time.perf_counter() - started
            if quotation is None and growing.provisional:
                quotation = now
            if first_token is None and growing.text and not growing.provisional:
                first_token = now
            yield replace(growing, timings=Timings(first_token, now, quotation))

    def read(self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYWHERE) -> Reading:
        """Find the passages and the evidence for a question."""
        with _SEARCHES:
            return self.finder.read(question, history, scope)

    # The steps that `eval.ablation` leaves out: `compared`, `order`, `amounts` and `bridge`; the others are the
    # finder's and the writer's.

    def _grow(self, question: str, history: Sequence[Turn], scope: Scope) -> Iterator[Answer]:
        model = self.llm.name if self.llm else QUOTATIONS_ONLY
        answer = Answer(question, question, model=model)
        yield answer
        reading = self.read(question, history, scope)
        answer = _having_read(answer, reading)
        shown = self._provisional(answer, reading)
        yield shown
        leans = reading.previous is not None
        if leans and (complete := (yield from self.writer.complete(shown, question, history))):
            reading = self.read(complete, (), scope)
            answer = _having_read(answer, reading)
        last = yield from _until_done(self._one_by_one(answer, reading))
        if leans and last.abstained and may_stand_alone(question):
            reading = self.read(question, (), scope)
            last = yield from _until_done(self._one_by_one(_having_read(answer, reading), reading))
        yield last

    def _one_by_one(self, answer: Answer, reading: Reading) -> Iterator[Answer]:
        """Answer each question in a question; what the articles leave open is named beside what they give."""
        questions = self.finder.questions_in(reading.question) if reading.topic is None else (reading.question,)
        done: list[tuple[str, Answer]] = []
        for question in questions:
            growing = answer
            asked = yield from self._standing_alone(answer, question, done)
            if asked is None:
                done.append((question, abstention(answer)))
                continue
            alone = self.finder.alone(asked, reading) if len(questions) > 1 else reading
            for growing in self._resolve(answer, alone, evidence_cited([given for _, given in done])):
                if growing.stage is not Stage.DONE:
                    yield together([*done, (question, growing)])
            done.append((question, growing))
        yield together(done)

    def _standing_alone(
        self, answer: Answer, question: str, done: Sequence[tuple[str, Answer]]
    ) -> Generator[Answer, None, str | None]:
        """Put a later question of several without those before it.

        Args:
            answer: to it, as far as it is known.
            question: as asked.
            done: the questions before it, with their answers.

        Returns:
            None where it leans on what the articles do not say.
        """
        if not done:
            return question
        before, given = done[-1]
        asked = with_referent(question, before, None if given.abstained else given.short)
        if asked is None or not leans_on_history(asked):
            return asked
        complete = yield from self.writer.complete(
            together([*done, (question, answer)]), asked, [Turn(before, given.text)]
        )
        return complete or (None if given.abstained else asked)

    def _resolve(self, answer: Answer, reading: Reading, cited: Sequence[Evidence]) -> Iterator[Answer]:
        """Answer one question; the last answer is DONE.

        Args:
            answer: as far as it is known.
            reading: of the question.
            cited: what an answer before this one cites.
        """
        last = answer
        for last in self._by_itself(answer, reading, cited):
            if last.stage is not Stage.DONE:
                yield last
        found = None
        if last.abstained:
            found = yield from self._in_steps(answer, reading, cited, self.amounts(reading))
            found = found or (yield from self._bridged(answer, reading, cited))
            found = found or self._otherwise(last, reading, cited)
        yield found or last

    def _otherwise(self, answer: Answer, reading: Reading, cited: Sequence[Evidence]) -> Answer | None:
        """Quote what speaks against what a question takes for granted; None where nothing does."""
        item = says_otherwise(reading.question, reading.evidence) if reading.previous is None else None
        if item is None:
            return None
        said = checked(answer, self.writer.grounder(reading, cited).otherwise(item))
        return replace(said, abstained=False, confidence=None)

    def _by_itself(
        self, answer: Answer, reading: Reading, cited: Sequence[Evidence], *, again: bool = True
    ) -> Iterator[Answer]:
        """Answer one question from what was found for it.

        Args:
            answer: as of `_resolve`.
            reading: as of `_resolve`.
            cited: as of `_resolve`.
            again: whether it is read for again, in whole passages, where it stays open.
        """
        ordered = yield from self._in_steps(answer, reading, cited, self.order(reading))
        if ordered is not None:
            yield ordered
            return
        decision = self.writer.judge(reading) if reading.evidence else None
        answer = replace(answer, confidence=decision.probability if decision else 0.0)
        # Somebody's own words on the topic are an answer, however the question is put.
        stated = reading.topic is not None and reading.topic.form is Form.STATEMENT
        passed = decision is not None and (decision.answerable or stated or _is_denied(reading))
        if decision is None:
            yield abstention(answer)
        elif passed and (decided := self._decided(reading, cited)) is not None:
            yield checked(answer, decided) if decided.text else abstention(replace(answer, confidence=0.0))
        elif self.llm is None:
            quoted = self.writer.grounder(reading, cited).quote("quotations only") if passed else None
            yield quotation(answer, quoted)
        else:
            yield from self._written(answer, reading, cited, decision, passed=passed, again=again)

    def _written(
        self,
        answer: Answer,
        reading: Reading,
        cited: Sequence[Evidence],
        decision: GateDecision,
        *,
        passed: bool,
        again: bool,
    ) -> Iterator[Answer]:
        """Let the model answer from the chosen sentences, and where that is not believed, from whole passages.

        At last the reader's own best answer is quoted, if it is trusted.
        """
        looks_again = self._looks_again(reading)
        if looks_again:  # then it is the drafts' that counts
            answer = replace(answer, confidence=0.0)
        if passed or (looks_again and decision.open):
            first = yield from self.writer.attempt(answer, reading, cited, decision)
            given = self.writer.given(answer, first)
            if not given.abstained:
                yield given
                return
            answer = replace(answer, confidence=given.confidence)
        if not again or not looks_again or decision.hopeless:
            yield abstention(answer)
            return
        yield replace(answer, stage=Stage.READING)  # what was shown of the first attempt is taken back
        closer = self.finder.closer(reading)
        if closer is not None:
            second = yield from self.writer.attempt(answer, closer, cited, self.writer.judge(closer))
            given = self.writer.given(answer, second)
            if not given.abstained:
                yield given
                return
            answer = replace(answer, confidence=max(answer.confidence or 0.0, given.confidence or 0.0))
        found = self.finder.surest(reading) if self._may_quote_found(reading) else None
        yield abstention(answer) if found is None else self.writer.quoted(answer, reading, found, cited, decision)

    def _in_steps(
        self, answer: Answer, reading: Reading, cited: Sequence[Evidence], steps: Order | Amounts | None
    ) -> Generator[Answer, None, Answer | None]:
        """Answer a question by the answers to others, put together by code; None where these do not decide it."""
        if steps is None:
            return None
        answers = []
        for question in steps.asked:
            asked = self.read(question, (), reading.scope)
            step = yield from _meanwhile(answer, self._by_itself(answer, asked, (), again=False))
            if step.abstained and isinstance(steps, Order):
                step = yield from self._dated(answer, asked)
            if step.abstained:
                return None
            answers.append(step)
        worked = steps.put_together(answers)
        if worked is None:
            return None
        shown = [evidence_of(citation) for step in answers for citation in step.citations]
        grounded = self.writer.grounder(reading, cited).worked_out(worked, shown)
        return replace(checked(answer, grounded), confidence=min(step.confidence or 0.0 for step in answers))

    def _dated(self, answer: Answer, reading: Reading) -> Generator[Answer, None, Answer]:
        """Answer a question for a day by the sentence of a dated article that tells of it.

        It is the one of which a model that verifies is surest that it answers, of those that give one day.
        """
        found: list[tuple[float, Evidence, Period]] = []
        for item in reading.evidence:
            yield answer  # each takes the model a second: so it can be stopped
            if (on := told_on(item)) is not None:
                sure = self.writer.answered(replace(reading, evidence=(item,), whole=False))
                found += [(sure, item, on)] if sure is not None else []
        surest = max(found, key=lambda told: told[0], default=None)
        if surest is None or not self.writer.gate.dates(surest[0]):
            return abstention(answer)
        sure, item, day = surest
        quoted = self.writer.grounder(replace(reading, evidence=(item,))).quote("it tells of it, with its day")
        if quoted is None:
            return abstention(answer)
        return replace(checked(answer, quoted), short=str(day), confidence=probability(sure))

    def _bridged(
        self, answer: Answer, reading: Reading, cited: Sequence[Evidence]
    ) -> Generator[Answer, None, Answer | None]:
        """Answer a question on something that it only describes, by its name; None for any other question.

        None also where the articles do not give the name, or nothing under that name.
        """
        bridge = self.bridge(reading)
        if bridge is None:
            return None
        described = self.read(bridge.asked, (), reading.scope)
        first = yield from _meanwhile(answer, self._by_itself(answer, described, cited, again=False))
        asked = "" if first.abstained else bridge.named(first.short)
        if not asked:
            return None
        named, known = self.read(asked, (), reading.scope), evidence_cited([first])
        second = yield from _meanwhile(answer, self._by_itself(answer, named, known, again=False))
        if second.abstained:
            return None
        return replace(together([(bridge.asked, first), (asked, second)]), short=second.short)

    def bridge(self, reading: Reading) -> Bridge | None:
        """Find what a question only describes; None for most, and for a follow-up."""
        return bridge_of(reading.question) if self._may_ask_on(reading) and self.finder.writes(reading) else None

    def amounts(self, reading: Reading) -> Amounts | None:
        """Take a question apart that two amounts decide; None for any other, and for a follow-up."""
        return amounts_of(reading.question) if self._may_ask_on(reading) else None

    def order(self, reading: Reading) -> Order | None:
        """Take a question apart that asks which of two events came first; None for any other and a follow-up."""
        if reading.agreement is not None or not self._may_ask_on(reading):
            return None
        return order_of(reading.question)

    def _guesses_order(self, reading: Reading) -> bool:
        """Tell whether a question asks which of two events came first, and no evidence tells of both."""
        return self.order(reading) is not None and not tell_order(reading.question, reading.evidence)

    def _may_ask_on(self, reading: Reading) -> bool:
        """Tell whether a question may lead to others: it stands for itself, and something can answer them."""
        return reading.previous is None and self.llm is not None

    def _looks_again(self, reading: Reading) -> bool:
        """Tell whether drafts are looked at again, and a question that stays open is read for again."""
        told_apart = self.finder.reader is not None and self.writer.gate.doubts_drafts
        return told_apart and self.finder.writes(reading) and difference_of(reading.question) is None

    def _may_quote_found(self, reading: Reading) -> bool:
        """Tell whether what the reader found may be quoted: not where a question in steps may still decide."""
        steps = self.amounts(reading) or self.order(reading) or self.bridge(reading)
        return (
            self.writer.gate.quotes_found and not steps and not says_otherwise(reading.question, reading.evidence)
        )

    def _provisional(self, answer: Answer, reading: Reading) -> Answer:
        """Give the best quotation at once, unless it is plain already that it answers nothing."""
        if self.llm is None or not reading.evidence or reading.topic is not None:
            return answer
        if not self.writer.gate.decide(
            features_of(reading.question, reading.passages, reading.evidence, None)
        ).answerable:
            return answer
        quoted = self.writer.grounder(reading).quote("provisional")
        if quoted is None:
            return answer
        return replace(checked(answer, quoted), stage=Stage.READING, provisional=True)

    def _decided(self, reading: Reading, cited: Sequence[Evidence]) -> Grounded | None:
        """Answer what code decides: lists of quotations, yes or no, one name; None for the rest.

        The text is empty where only code could decide, and does not.
        """
        grounder = self.writer.grounder(reading, cited)
        if reading.topic is not None:
            return grounder.quotations(reading.evidence)
        if (asked := reading.agreement) is not None:
            settled = settle(asked, reading.parts, reading.evidence)
            if settled is not None:
                return grounder.settled(*settled, clash=settled[0] == asked.clashing)
        order = order_of_reports(reading.question, reading.parts, reading.evidence)
        if order is not None:
            return grounder.verdict(*order)
        if (decided := self.compared(reading, grounder)) is not None:
            return decided
        if (spoken := who_said(reading.question, reading.evidence)) is not None:
            return grounder.name(spoken[0], [spoken[1]], "who says it where it is quoted")
        if self.llm is not None and may_be_yes_no(reading.question):
            # Asked which of two figures is more, or which of two events came first, the model guesses.
            guesses = _compares(reading) or self._guesses_order(reading)
            return _UNDECIDED if guesses else self._verdict(reading, self.llm, grounder)
        if reading.asks_one_name:
            found = common_name(reading.question, reading.parts, reading.evidence, self.finder.reader)
            return grounder.name(found.name, found.evidence) if found else None
        return None

    def compared(self, reading: Reading, grounder: Grounder) -> Grounded | None:
        """Answer which of two figures is more, or by how much; None for any other question and a follow-up."""
        if reading.previous is not None:
            return None

        def sentences_on(half: str) -> list[Evidence]:
            return self.finder.sentences_on(half, reading.scope)

        if (difference := difference_of(reading.question)) is not None:
            worked = worked_out(difference, sentences_on, self.finder.reader)
            return grounder.worked_out(*worked) if worked else None
        asked = comparison_of(reading.question)
        if asked is None:
            return None
        found = compared(asked, sentences_on, self.finder.reader)
        if found is None:
            return None
        holds, shown = found
        return grounder.name(asked.names[not holds], shown) if asked.names else grounder.verdict(holds, shown)

    def _verdict(self, reading: Reading, llm: LanguageModel, grounder: Grounder) -> Grounded | None:
        """Decide a yes or no question claim by claim; None for a model that it is not fitted for."""
        threshold = self.writer.gate.yes_threshold
        if threshold is None:
            return None
        checks = check_claims(reading.parts, reading.evidence, llm, reading.previous)
        if checks is None:
            return None
        affirmed = self._affirmed(reading, checks, threshold)
        return _UNDECIDED if affirmed is None else grounder.verdict(affirmed, shown_evidence(checks))

    def _affirmed(self, reading: Reading, checks: Sequence[ClaimCheck], threshold: float) -> bool | None:
        """Decide a yes or no question by its checked claims: by a figure, by grammar, and else by the model.

        Returns:
            None where neither is likely, or where it would be No, and the evidence does not even name what the
            question is about, or has all of its words as they stand.
        """
        by_figure = figure_checked(reading.question, reading.evidence)
        if by_figure is not None:
            return by_figure
        if len(checks) > 1 or not on_one_thing(reading.question):
            return weakest(checks) >= threshold
        asked = (reading.question, reading.evidence)
        if turned_round(*asked) or denied_outright(*asked):
            return False
        stated, borne_out = weakest(checks), self.writer.borne_out(reading, shown_evidence(checks))
        affirmed = stated >= threshold if borne_out is None else self.writer.gate.affirms(stated, borne_out)
        if affirmed is False and (speaks_of_others(*asked) or stated_outright(*asked)):
            return None
        return affirmed


def _having_read(answer: Answer, reading: Reading) -> Answer:
    """Give an answer with what was found for it."""
    return replace(answer, query=reading.query, passages=reading.passages, stage=Stage.READING)


def _until_done(growing: Iterator[Answer]) -> Generator[Answer, None, Answer]:
    """Show an answer as it grows, but for the last, which is given."""
    last = next(growing)
    for following in growing:
        yield last
        last = following
    return last


def _meanwhile(shown: Answer, growing: Iterator[Answer]) -> Generator[Answer, None, Answer]:
    """Show one answer, unchanged, while another grows, so that it can be stopped; give the other at its end."""
    last = shown
    for last in growing:  # noqa: B007  the last one is what is wanted
        yield shown
    return last


def _is_denied(reading: Reading) -> bool:
    """Tell whether the evidence answers No, by another figure or of somebody else, though the gate doubts it."""
    if reading.previous is not None:
        return False
    question, evidence = reading.question, reading.evidence
    plain = may_be_yes_no(question) and on_one_thing(question)
    return figure_denied(question, evidence) or (plain and denied_outright(question, evidence))


def _compares(reading: Reading) -> bool:
    """Tell whether a question compares two figures, each with words of its own."""
    return reading.previous is None and comparison_of(reading.question) is not None
