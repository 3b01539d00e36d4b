"""The pipeline: from a question to an answer with its citations. Every front end goes through it.

question -> query -> passages -> evidence -> gate -> draft, streamed -> checked answer
"""

import contextlib
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from qa.answer_type import asks_figure, gives_figure, may_be_yes_no
from qa.config import Settings
from qa.embeddings import EmbeddingModel
from qa.errors import QuestionError
from qa.evidence import select_evidence
from qa.gate import Gate, GateDecision, features_of
from qa.grounding import Draft, Grounded, Grounder, parse_draft
from qa.llm import LanguageModel
from qa.models import Answer, Evidence, Passage, Stage, Timings, Turn
from qa.prompts import answer_messages, probe_messages
from qa.question import Part, parts_of
from qa.retriever import HybridRetriever
from qa.rewrite import previous_turn, standalone_query
from qa.text import squeeze
from qa.verdict import check_claims, shown_evidence, weakest

ABSTENTION = "The articles don't say."
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


class Pipeline:
    """Answers questions from an index.

    Args:
        retriever: finds passages.
        embeddings: the index's embedding model.
        llm: writes; None answers with quotations.
        gate: decides whether there is an answer.
        settings: budgets and limits.
    """

    def __init__(
        self,
        retriever: HybridRetriever,
        embeddings: EmbeddingModel,
        llm: LanguageModel | None,
        gate: Gate,
        settings: Settings,
    ) -> None:
        self.retriever = retriever
        self.embeddings = embeddings
        self.llm = llm
        self.gate = gate
        self.settings = settings

    def answer(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Give the final answer; raises as `stream`."""
        final = None
        for growing in self.stream(question, history):
            final = growing
        if final is None:  # stream always yields; this tells the type checker
            raise AssertionError("the stream ended without an answer")
        return final

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Generator[Answer, None, None]:
        """Give the answer as it grows; the last one is final, its stage DONE.

        Text that was shown may be taken back in a later answer, never the other way round: every number,
        name and quotation is checked before it is shown. Closing the iterator stops the model.

        Args:
            question: what was typed.
            history: the conversation before it, oldest first.

        Raises:
            QuestionError: the question is empty or too long.
            StoreError: the index cannot be used.
            LLMError: the language model failed.
        """
        started = time.perf_counter()
        first_token: float | None = None
        for growing in self._grow(self._checked(question), history):
            now = time.perf_counter() - started
            if first_token is None and growing.text:
                first_token = now
            yield replace(growing, timings=Timings(first_token, now))

    def read(self, question: str, history: Sequence[Turn] = ()) -> Reading:
        """Find the passages and the evidence for a question."""
        query = standalone_query(question, history)
        passages = self.retriever.retrieve(query)
        parts = parts_of(query, self.retriever.store.catalog.sources())
        evidence = select_evidence(
            query, passages, self.embeddings, self.settings.evidence_tokens, parts, question
        )
        previous = previous_turn(question, history)
        return Reading(question, query, previous, tuple(parts), tuple(passages), tuple(evidence))

    def probe(self, reading: Reading) -> float | None:
        """Ask the language model whether the evidence answers; None where it cannot tell."""
        if self.llm is None or not reading.evidence:
            return None
        return self.llm.yes_probability(probe_messages(reading.question, reading.evidence, reading.previous))

    def judge(self, reading: Reading) -> GateDecision:
        """Decide whether the evidence answers."""
        yes = self.probe(reading) if self.gate.uses_probe else None
        return self.gate.decide(features_of(reading.question, reading.passages, reading.evidence, yes))

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

    def _grow(self, question: str, history: Sequence[Turn]) -> Iterator[Answer]:
        model = self.llm.name if self.llm else QUOTATIONS_ONLY
        answer = Answer(question, question, model=model)
        yield answer
        reading = self.read(question, history)
        answer = replace(answer, query=reading.query, passages=reading.passages, stage=Stage.READING)
        yield answer
        decision = self.judge(reading) if reading.evidence else None
        answer = replace(answer, confidence=decision.probability if decision else 0.0)
        if decision is None or not decision.answerable:
            yield _abstained(answer)
        elif self.llm is None:
            yield _quoted(answer, Grounder(question, reading.evidence).quote("quotations only"))
        elif (verdict := self._verdict(reading, self.llm)) is not None:
            yield _grounded(answer, verdict)
        else:
            yield from self._write(answer, reading, self.llm, may_quote=decision.confident)

    def _verdict(self, reading: Reading, llm: LanguageModel) -> Grounded | None:
        """Decide a yes or no question by code; None for others, and for a model it is not fitted for."""
        threshold = self.gate.yes_threshold
        if threshold is None or not may_be_yes_no(reading.question):
            return None
        checks = check_claims(reading.parts, reading.evidence, llm, reading.previous)
        if checks is None:
            return None
        grounder = Grounder(reading.question, reading.evidence)
        return grounder.verdict(weakest(checks) >= threshold, shown_evidence(checks))

    def _write(self, answer: Answer, reading: Reading, llm: LanguageModel, *, may_quote: bool) -> Iterator[Answer]:
        draft = ""
        shown = ""
        grounder = Grounder(reading.question, reading.evidence)
        messages = answer_messages(reading.question, reading.evidence, reading.previous)
        with contextlib.closing(llm.stream(messages, self.settings.max_answer_tokens)) as pieces:
            for piece in pieces:
                draft += piece
                safe = grounder.preview(draft)
                if safe is None:
                    break  # the rest of a draft with an invented claim is not worth its time
                if safe != shown:
                    shown = safe
                    yield replace(answer, text=shown, stage=Stage.WRITING)
        parsed = parse_draft(draft)
        if parsed.declines or _misses_figure(reading.question, parsed):
            yield _abstained(answer)
            return
        grounded = grounder.check(parsed)
        if grounded.text:
            yield _grounded(answer, grounded)
        elif grounded.invented or not may_quote or not parsed.short:
            # A model that has to invent has not found the answer: a quotation would not be one either.
            yield _abstained(answer)
        else:
            yield _quoted(answer, grounder.quote(grounded.support[0].reason, parsed.short))


def _misses_figure(question: str, draft: Draft) -> bool:
    """Tell whether a draft evades a question for a figure: then the evidence does not hold it."""
    return asks_figure(question) and not gives_figure(f"{draft.text}\n{draft.short}", question)


def _abstained(answer: Answer) -> Answer:
    return replace(answer, text=ABSTENTION, short="", citations=(), support=(), abstained=True, stage=Stage.DONE)


def _quoted(answer: Answer, grounded: Grounded | None) -> Answer:
    return _grounded(answer, grounded) if grounded is not None else _abstained(answer)


def _grounded(answer: Answer, grounded: Grounded) -> Answer:
    dates = [c.passage.article.published_at for c in grounded.citations if c.passage.article.published_at]
    return replace(
        answer,
        text=grounded.text,
        short=grounded.short,
        citations=grounded.citations,
        support=grounded.support,
        as_of=max(dates) if dates else None,
        stage=Stage.DONE,
    )
