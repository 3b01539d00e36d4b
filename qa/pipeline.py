"""The pipeline: from a question to an answer with its citations. Every front end goes through it.

question -> query -> passages -> evidence -> gate -> draft, streamed -> checked answer
"""

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from qa.amounts import Amounts, amounts_of
from qa.answer_type import asks_figure, asks_itself, gives_figure, may_be_yes_no
from qa.answers import (
    abstention,
    checked,
    evidence_cited,
    evidence_of,
    quotation,
    together,
)
from qa.bridge import Bridge, bridge_of
from qa.candidates import asks_one_name, common_name
from qa.comparison import compared, comparison_of
from qa.compound import asked_one_by_one
from qa.config import Settings
from qa.difference import difference_of, worked_out
from qa.embeddings import EmbeddingModel
from qa.errors import LLMError, QuestionError
from qa.evidence import rank_sentences, select_evidence, within_budget
from qa.gate import DraftFeatures, Gate, GateDecision, features_of, log_odds
from qa.grounding import Draft, Grounded, Grounder, parse_draft
from qa.llm import LanguageModel
from qa.measures import measures_otherwise
from qa.models import EVERYWHERE, Answer, Evidence, Passage, Scope, Stage, Timings, Turn
from qa.order import Order, order_of
from qa.prompts import SHORT_LABEL, answer_messages, probe_messages
from qa.question import Part, parts_of
from qa.quoted import who_said
from qa.reader import Reader, ReaderSpan
from qa.retriever import HybridRetriever
from qa.rewrite import previous_turn, says_enough, standalone_query
from qa.second_look import answers_found, look_again
from qa.text import squeeze
from qa.topics import Form, Topic, choose, topic_of
from qa.verdict import check_claims, figure_checked, order_of_reports, shown_evidence, weakest

_NAME_EVIDENCE = 700  # tokens of evidence in which a name is looked for
_MOST_READ = 10  # passages that the reader reads, in some 20 ms each
_TOPIC_PASSAGES = 20  # passages from which the sentences of a timeline or a summary are chosen
_TOPIC_ARTICLES = 4  # articles of these that are gone through whole
# Searching keeps a core busy: more searches at once than there are cores finish later, all of them.
_SEARCHES = threading.BoundedSemaphore(os.cpu_count() or 1)
_UNDECIDED = Grounded("", "", (), ())
QUOTATIONS_ONLY = "none"  # the model's name in answers that are quotations by setting


@dataclass(frozen=True, slots=True)
class Reading:
    """What the pipeline knows before it writes: also what the gate is fitted on."""

    question: str
    query: str
    previous: Turn | None
    parts: tuple[Part, ...]
    passages: tuple[Passage, ...]
    evidence: tuple[Evidence, ...]
    topic: Topic | None = None  # of a question that no single fact answers
    scope: Scope = EVERYWHERE
    spans: Mapping[str, ReaderSpan] = field(default_factory=dict)  # what the reader found, by the ids of chunks

    @property
    def asks_one_name(self) -> bool:
        """Whether the one name that its parts share answers it; those of a follow-up are turns and share none."""
        return self.previous is None and asks_one_name(self.question, self.parts)


class Pipeline:
    """Answers questions from an index.

    Args:
        retriever: finds passages.
        embeddings: the index's embedding model.
        llm: writes; None answers with quotations.
        gate: decides whether there is an answer.
        settings: budgets and limits.
        reader: chooses the sentence to quote; None leaves it to the order of the evidence.
    """

    def __init__(
        self,
        retriever: HybridRetriever,
        embeddings: EmbeddingModel,
        llm: LanguageModel | None,
        gate: Gate,
        settings: Settings,
        reader: Reader | None = None,
    ) -> None:
        self.retriever = retriever
        self.embeddings = embeddings
        self.llm = llm
        self.gate = gate
        self.settings = settings
        self.reader = reader

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
            QuestionError: the question is empty or too long.
            StoreError: the index cannot be used.
            LLMError: the language model failed.
        """
        started = time.perf_counter()
        first_token: float | None = None
        quotation: float | None = None
        for growing in self._grow(self._checked(question), history, scope):
            now = time.perf_counter() - started
            if quotation is None and growing.provisional:
                quotation = now
            if first_token is None and growing.text and not growing.provisional:
                first_token = now
            yield replace(growing, timings=Timings(first_token, now, quotation))

    def read(self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYWHERE) -> Reading:
        """Find the passages and the evidence for a question."""
        query = standalone_query(question, history)
        previous = previous_turn(question, history)
        catalog = self.retriever.store.catalog
        topic = topic_of(query, catalog.newest_day())
        if previous is not None and asks_itself(question) and topic_of(question) is None:
            topic = None  # that of the turn before: "What did she say?" and then "Who disagreed?"
        if topic is not None and (chosen := self._chosen(topic, scope)):
            passages = list(dict.fromkeys(item.passage for item in chosen))
            return Reading(question, query, previous, (), tuple(passages), tuple(chosen), topic, scope)
        passages = self._found(question, query, scope)
        parts = self.parts(query)
        budget = self.settings.evidence_tokens
        if previous is None and asks_one_name(question, parts) and len(self.questions_in(question)) == 1:
            budget = max(budget, _NAME_EVIDENCE)
        spans = self._spans(query, passages)
        evidence = self.select(query, passages, budget, parts, question, spans)
        return Reading(
            question, query, previous, tuple(parts), tuple(passages), tuple(evidence), scope=scope, spans=spans
        )

    # The steps that `eval.ablation` leaves out one by one: `parts` with `questions_in`, `compared`, `order`,
    # `amounts` and `bridge`, `select`, `judge` with `believes`, and `grounder`.

    def parts(self, query: str) -> list[Part]:
        """Cut a query into what is searched for and checked by itself."""
        return parts_of(query, self.retriever.store.catalog.sources())

    def questions_in(self, question: str) -> tuple[str, ...]:
        """Cut what was typed into the questions that are answered one after the other."""
        return asked_one_by_one(question)

    def select(
        self,
        query: str,
        passages: Sequence[Passage],
        budget: int,
        parts: Sequence[Part],
        question: str,
        spans: Mapping[str, ReaderSpan],
    ) -> list[Evidence]:
        """Choose what of the passages is read; arguments as of `select_evidence`."""
        return select_evidence(query, passages, self.embeddings, budget, parts, question, spans)

    def grounder(self, reading: Reading, cited: Sequence[Evidence] = ()) -> Grounder:
        """Give the check of what the model writes about a reading; arguments as of `Grounder`."""
        return Grounder(reading.question, reading.evidence, cited)

    def _spans(self, query: str, passages: Sequence[Passage]) -> dict[str, ReaderSpan]:
        """Let the reader look for the answer in the first passages; by the ids of their chunks."""
        if self.reader is None:
            return {}
        first = passages[:_MOST_READ]
        found = self.reader.read(query, [passage.chunk.text for passage in first])
        return {passage.chunk.id: span for passage, span in zip(first, found, strict=True)}

    def _found(self, question: str, query: str, scope: Scope) -> list[Passage]:
        """Find passages for a query; a follow-up that says enough itself may have changed the subject."""
        found = self.retriever.retrieve(query, scope)
        if query == question or not says_enough(question):
            return found
        alone = self.retriever.retrieve(question, scope)
        mixed = itertools.chain.from_iterable(itertools.zip_longest(found, alone))
        unique = {passage.chunk.id: passage for passage in mixed if passage is not None}
        chosen = list(unique.values())[: self.settings.top_k]
        return [replace(passage, rank=rank) for rank, passage in enumerate(chosen, start=1)]

    def _chosen(self, topic: Topic, scope: Scope) -> list[Evidence]:
        """Choose the sentences that answer a question for several."""
        since = max((day for day in (topic.scope.since, scope.since) if day), default=None)
        narrowed = replace(scope, since=since)
        found = self.retriever.retrieve(f"{topic.speaker} {topic.about}".strip(), narrowed, _TOPIC_PASSAGES)
        passages = self.retriever.whole_articles(found, _TOPIC_ARTICLES)
        return choose(topic, rank_sentences(topic.about, passages, self.embeddings))

    def probe(self, reading: Reading) -> float | None:
        """Ask the language model whether the evidence answers; None where it cannot tell."""
        if self.llm is None or not reading.evidence:
            return None
        read = within_budget(reading.evidence, self.settings.evidence_tokens)
        return self.llm.yes_probability(probe_messages(reading.question, read, reading.previous))

    def judge(self, reading: Reading) -> GateDecision:
        """Decide whether the evidence answers."""
        asked = self.gate.uses_probe and reading.topic is None
        yes = self.probe(reading) if asked else None
        features = features_of(_claimed(reading.question), reading.passages, reading.evidence, yes)
        return self.gate.decide(features, follow_up=reading.previous is not None)

    def _checked(self, question: str) -> str:
        cleaned = squeeze(question.replace("\x00", " "))
        limit = self.settings.max_question_chars
        if not cleaned:
            raise QuestionError("the question is empty: type one")
        if len(cleaned) > limit:
            raise QuestionError(
                f"the question has {len(cleaned)} characters, {limit} are the most: ask a shorter one"
            )
        return cleaned

    def _grow(self, question: str, history: Sequence[Turn], scope: Scope) -> Iterator[Answer]:
        model = self.llm.name if self.llm else QUOTATIONS_ONLY
        answer = Answer(question, question, model=model)
        yield answer
        with _SEARCHES:
            reading = self.read(question, history, scope)
        answer = replace(answer, query=reading.query, passages=reading.passages, stage=Stage.READING)
        yield self._provisional(answer, reading)
        yield from self._one_by_one(answer, reading)

    def _one_by_one(self, answer: Answer, reading: Reading) -> Iterator[Answer]:
        """Answer each question in a question; what the articles leave open is named beside what they give."""
        done: list[tuple[str, Answer]] = []
        for asked in self._questions(reading):
            growing = answer
            for growing in self._resolve(answer, asked, evidence_cited([given for _, given in done])):
                if growing.stage is not Stage.DONE:
                    yield together([*done, (asked.question, growing)])
            done.append((asked.question, growing))
        yield together(done)

    def _questions(self, reading: Reading) -> list[Reading]:
        asked = self.questions_in(reading.question) if reading.topic is None else (reading.question,)
        if len(asked) == 1:
            return [reading]
        return [self._alone(one, reading) for one in asked]

    def _alone(self, question: str, reading: Reading) -> Reading:
        """Read what was found for a whole question for one of the questions in it."""
        query = question if reading.query == reading.question else reading.query
        parts = self.parts(question)
        spans = self._spans(query, reading.passages)
        evidence = self.select(query, reading.passages, self.settings.evidence_tokens, parts, question, spans)
        return replace(
            reading, question=question, query=query, parts=tuple(parts), evidence=tuple(evidence), spans=spans
        )

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
        yield found or last

    def _by_itself(self, answer: Answer, reading: Reading, cited: Sequence[Evidence]) -> Iterator[Answer]:
        """Answer one question from what was found for it; arguments as of `_resolve`."""
        ordered = yield from self._in_steps(answer, reading, cited, self.order(reading))
        if ordered is not None:
            yield ordered
            return
        decision = self.judge(reading) if reading.evidence else None
        answer = replace(answer, confidence=decision.probability if decision else 0.0)
        # Somebody's own words on the topic are an answer, however the question is put.
        stated = reading.topic is not None and reading.topic.form is Form.STATEMENT
        passed = decision is not None and (decision.answerable or stated)
        if decision is None or not (passed or self._may_try(reading, decision)):
            yield abstention(answer)
        elif passed and (decided := self._decided(reading, cited)) is not None:
            yield checked(answer, decided) if decided.text else abstention(answer)
        elif self.llm is None:
            yield quotation(answer, self.grounder(reading, cited).quote("quotations only"))
        else:
            yield from self._write(answer, reading, self.llm, cited, decision)

    def _in_steps(
        self, answer: Answer, reading: Reading, cited: Sequence[Evidence], steps: Order | Amounts | None
    ) -> Generator[Answer, None, Answer | None]:
        """Answer a question by the answers to others, put together by code; None where these do not decide it."""
        if steps is None:
            return None
        answers = []
        for question in steps.asked:
            step = yield from _meanwhile(
                answer, self._by_itself(answer, self.read(question, (), reading.scope), ())
            )
            if step.abstained:
                return None
            answers.append(step)
        worked = steps.put_together(answers)
        if worked is None:
            return None
        shown = [evidence_of(citation) for step in answers for citation in step.citations]
        grounded = self.grounder(reading, cited).worked_out(worked, shown)
        return replace(checked(answer, grounded), confidence=min(step.confidence or 0.0 for step in answers))

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
        first = yield from _meanwhile(answer, self._by_itself(answer, described, cited))
        asked = "" if first.abstained else bridge.named(first.short)
        if not asked:
            return None
        named, known = self.read(asked, (), reading.scope), evidence_cited([first])
        second = yield from _meanwhile(answer, self._by_itself(answer, named, known))
        if second.abstained:
            return None
        return replace(together([(bridge.asked, first), (asked, second)]), short=second.short)

    def bridge(self, reading: Reading) -> Bridge | None:
        """Find what a question only describes; None for most, and for a follow-up."""
        return bridge_of(reading.question) if self._may_ask_on(reading) and self.writes(reading) else None

    def amounts(self, reading: Reading) -> Amounts | None:
        """Take a question apart that two amounts decide; None for any other, and for a follow-up."""
        return amounts_of(reading.question) if self._may_ask_on(reading) else None

    def order(self, reading: Reading) -> Order | None:
        """Take a question apart that asks which of two events came first; None for any other and a follow-up."""
        return order_of(reading.question) if self._may_ask_on(reading) else None

    def _may_ask_on(self, reading: Reading) -> bool:
        """Tell whether a question may lead to others: it stands for itself, and something can answer them."""
        return reading.previous is None and self.llm is not None

    def _may_try(self, reading: Reading, decision: GateDecision) -> bool:
        """Tell whether a question that the gate leaves open is to be written on: its draft is looked at again."""
        looks_again = self.reader is not None and self.gate.doubts_drafts
        return looks_again and decision.open and self.writes(reading) and difference_of(reading.question) is None

    def _provisional(self, answer: Answer, reading: Reading) -> Answer:
        """Give the best quotation at once, unless it is plain already that it answers nothing."""
        if self.llm is None or not reading.evidence or reading.topic is not None:
            return answer
        if not self.gate.decide(
            features_of(reading.question, reading.passages, reading.evidence, None)
        ).answerable:
            return answer
        quoted = self.grounder(reading).quote("provisional")
        if quoted is None:
            return answer
        return replace(checked(answer, quoted), stage=Stage.READING, provisional=True)

    def _decided(self, reading: Reading, cited: Sequence[Evidence]) -> Grounded | None:
        """Answer what code decides: lists of quotations, yes or no, one name; None for the rest.

        The text is empty where only code could decide, and does not.
        """
        grounder = self.grounder(reading, cited)
        if reading.topic is not None:
            return grounder.quotations(reading.evidence)
        order = order_of_reports(reading.question, reading.parts, reading.evidence)
        if order is not None:
            return grounder.verdict(*order)
        if (decided := self.compared(reading, grounder)) is not None:
            return decided
        if (spoken := who_said(reading.question, reading.evidence)) is not None:
            return grounder.name(spoken[0], [spoken[1]], "who says it where it is quoted")
        if self.llm is not None and may_be_yes_no(reading.question):
            # Asked which of two figures is more, the model is right half of the time.
            return _UNDECIDED if _compares(reading) else self._verdict(reading, self.llm, grounder)
        if reading.asks_one_name:
            found = common_name(reading.question, reading.parts, reading.evidence)
            return grounder.name(found.name, found.evidence) if found else None
        return None

    def compared(self, reading: Reading, grounder: Grounder) -> Grounded | None:
        """Answer which of two figures is more, or by how much; None for any other question and a follow-up."""
        if reading.previous is not None:
            return None

        def sentences_on(half: str) -> list[Evidence]:
            return self._sentences_on(half, reading.scope)

        if (difference := difference_of(reading.question)) is not None:
            worked = worked_out(difference, sentences_on, self.reader)
            return grounder.worked_out(*worked) if worked else None
        asked = comparison_of(reading.question)
        if asked is None:
            return None
        found = compared(asked, sentences_on, self.reader)
        if found is None:
            return None
        holds, shown = found
        return grounder.name(asked.names[not holds], shown) if asked.names else grounder.verdict(holds, shown)

    def _sentences_on(self, half: str, scope: Scope) -> list[Evidence]:
        return rank_sentences(half, self.retriever.retrieve(half, scope), self.embeddings)

    def _verdict(self, reading: Reading, llm: LanguageModel, grounder: Grounder) -> Grounded | None:
        """Decide a yes or no question claim by claim; None for a model that it is not fitted for."""
        threshold = self.gate.yes_threshold
        if threshold is None:
            return None
        checks = check_claims(reading.parts, reading.evidence, llm, reading.previous)
        if checks is None:
            return None
        by_figure = figure_checked(reading.question, reading.evidence)
        yes = weakest(checks) >= threshold if by_figure is None else by_figure
        return grounder.verdict(yes, shown_evidence(checks))

    def _write(
        self,
        answer: Answer,
        reading: Reading,
        llm: LanguageModel,
        cited: Sequence[Evidence],
        decision: GateDecision,
    ) -> Iterator[Answer]:
        grounder = self.grounder(reading, cited)
        draft = yield from self._draft(answer, reading, llm, grounder)
        if _answers_nothing(draft, reading.question):
            yield abstention(answer)
            return
        grounded: Grounded | None = grounder.check(draft)
        if grounded and not grounded.text:
            # A model that has to guess or invent has not found the answer: a quotation would not be one either.
            guessed = grounded.invented or not decision.confident or not draft.short
            grounded = None if guessed else grounder.quote(grounded.support[0].reason, draft.short)
        believed = grounded is not None and self.believes(reading, draft, grounded, decision)
        yield (
            self._with_others(answer, reading, grounder, grounded) if grounded and believed else abstention(answer)
        )

    def _with_others(self, answer: Answer, reading: Reading, grounder: Grounder, grounded: Grounded) -> Answer:
        answers = answers_found(reading.passages, reading.spans)
        return checked(answer, grounder.with_other_reports(grounded, answers))

    def writes(self, reading: Reading) -> bool:
        """Tell whether the language model writes the answer to a question, not code."""
        decided = (
            reading.topic is not None
            or may_be_yes_no(reading.question)
            or reading.asks_one_name
            or len(self.questions_in(reading.question)) > 1
        )
        return bool(reading.evidence) and not decided

    def believes(self, reading: Reading, draft: Draft, grounded: Grounded, decision: GateDecision) -> bool:
        """Tell whether a draft that stands is to be given.

        What the reader found in its passages counts; without a reader, the language model's own hesitation where
        the gate was in doubt.
        """
        features = self.doubts(reading, draft, grounded, decision) if self.gate.doubts_drafts else None
        if features is None:
            sure = decision.confident or not self.gate.hesitant(draft.least_sure)
            return decision.answerable and sure
        return self.gate.believes(features)

    def doubts(
        self, reading: Reading, draft: Draft, grounded: Grounded, decision: GateDecision
    ) -> DraftFeatures | None:
        """Give what tells a right draft from a wrong one; None without a reader."""
        look = look_again(reading.passages, reading.spans, draft.short or draft.text, grounded.citations)
        if look is None:
            return None
        return DraftFeatures(log_odds(decision.probability), draft.least_sure, look.log_odds, float(look.agrees))

    def draft(self, reading: Reading) -> Draft:
        """Let the language model write an answer; it is not checked yet.

        Raises:
            LLMError: the language model failed, or there is none.
        """
        if self.llm is None:
            raise LLMError("there is no language model to write an answer: set NEWSDESK_LLM")
        grounder = self.grounder(reading)
        growing = self._draft(Answer(reading.question, reading.query), reading, self.llm, grounder)
        while True:
            try:
                next(growing)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    def _draft(
        self, answer: Answer, reading: Reading, llm: LanguageModel, grounder: Grounder
    ) -> Generator[Answer, None, Draft]:
        """Let the model write, showing what may be shown."""
        draft = ""
        shown = ""
        least_sure = 0.0
        messages = answer_messages(reading.question, reading.evidence, reading.previous)
        with contextlib.closing(llm.stream(messages, self.settings.max_answer_tokens)) as pieces:
            for piece in pieces:
                draft += piece.text
                if SHORT_LABEL[:-1] not in draft:  # the colon is a token of its own
                    least_sure = min(least_sure, piece.log_probability or 0.0)
                safe = grounder.preview(draft)
                if safe is None:
                    break  # the rest of a draft with an invented claim is not worth its time
                if safe != shown:
                    shown = safe
                    yield replace(answer, text=shown, stage=Stage.WRITING)
        return parse_draft(draft, least_sure)


def _meanwhile(shown: Answer, growing: Iterator[Answer]) -> Generator[Answer, None, Answer]:
    """Show one answer, unchanged, while another grows, so that it can be stopped; give the other at its end."""
    last = shown
    for last in growing:  # noqa: B007  the last one is what is wanted
        yield shown
    return last


def _compares(reading: Reading) -> bool:
    """Tell whether a question compares two figures, each with words of its own."""
    return reading.previous is None and comparison_of(reading.question) is not None


def _claimed(question: str) -> str:
    """Give a question without a figure that it only compares with, which the articles need not hold."""
    asked = comparison_of(question)
    return asked.left if asked is not None and asked.given else question


def _answers_nothing(draft: Draft, question: str) -> bool:
    """Tell whether a draft says that the evidence does not answer, or evades a question for a figure."""
    return draft.declines or _misses_figure(question, draft)


def _misses_figure(question: str, draft: Draft) -> bool:
    """Tell whether a draft evades a question for a figure, or measures something else: the evidence lacks it."""
    said = f"{draft.text}\n{draft.short}"
    return asks_figure(question) and (not gives_figure(said, question) or measures_otherwise(question, draft.text))
