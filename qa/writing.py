"""Writing: the language model's draft of an answer, its check, and whether it is believed."""

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from qa.answer_type import asks_figure, gives_figure, is_no_name, may_be_yes_no, names_otherwise
from qa.answers import abstention, checked, evidence_of
from qa.claims import missing_claims, name_words
from qa.comparison import comparison_of
from qa.config import Settings
from qa.differing import FoundAnswer
from qa.errors import LLMError
from qa.evidence import by_coverage, within_budget
from qa.finding import Reading
from qa.follow_up import is_faithful, put_by_rule
from qa.gate import DraftFeatures, Gate, GateDecision, features_of, log_odds
from qa.grounding import Draft, Grounded, Grounder, parse_draft
from qa.llm import LanguageModel
from qa.measures import measures_otherwise
from qa.models import Answer, Evidence, Stage, SupportStatus, Turn
from qa.newstime import DATE_WORDS
from qa.ordinals import speaks_of_another
from qa.prompts import SHORT_LABEL, answer_messages, complete_messages, probe_messages, verify_messages
from qa.rewrite import without_markers
from qa.second_look import answers_found, look_again
from qa.statement import statement_of
from qa.text import sentence_spans, squeeze, words

_LONGEST_QUESTION = 40  # tokens of a follow-up that is put as a question of its own


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the model wrote on one reading.

    Attributes:
        reading: that it read.
        grounder: that checked it.
        draft: as it wrote it.
        grounded: what of it stands, or the quotation in its place; None: nothing.
        features: what tells a right draft from a wrong one; None where nothing stands, or nothing was read.
        decision: of the gate, before it was written.
        found: whether it is what the reader found, and no draft: a second look would find the same.
    """

    reading: Reading
    grounder: Grounder
    draft: Draft
    grounded: Grounded | None
    features: DraftFeatures | None
    decision: GateDecision
    found: bool = False


class Writer:
    """Lets the language model write, and checks what it writes.

    Args:
        llm: writes; None: nothing is written.
        gate: decides whether there is an answer, and which drafts are believed.
        settings: budgets and limits.
    """

    # The steps that `eval.ablation` leaves out: `judge` with `believes`, `grounder`, and `complete`.

    def __init__(self, llm: LanguageModel | None, gate: Gate, settings: Settings) -> None:
        self.llm = llm
        self.gate = gate
        self.settings = settings

    def grounder(
        self, reading: Reading, cited: Sequence[Evidence] = (), *, vouched: Evidence | None = None
    ) -> Grounder:
        """Give the check of what the model writes about a reading; arguments as of `Grounder`."""
        return Grounder(reading.question, reading.evidence, cited, vouched=vouched)

    def complete(
        self, answer: Answer, question: str, history: Sequence[Turn]
    ) -> Generator[Answer, None, str | None]:
        """Put a follow-up as a question that stands for itself.

        Args:
            answer: shown meanwhile, so that it can be stopped.
            question: as typed.
            history: the conversation before it, on which it leans.

        Returns:
            None where neither the model, if there is one, nor a rule finds such a question.

        Raises:
            LLMError: the language model failed.
        """
        turns = [without_markers(turn) for turn in history]
        if self.llm is None:
            return put_by_rule(question, turns)
        put = ""
        messages = complete_messages(question, turns)
        with contextlib.closing(self.llm.stream(messages, _LONGEST_QUESTION)) as pieces:
            for piece in pieces:
                put += piece.text
                yield answer
        put = put.strip()
        return put if is_faithful(put, question, turns) else put_by_rule(question, turns)

    def probe(self, reading: Reading, *, verified: bool = False) -> float | None:
        """Ask the language model whether the evidence answers; None where it cannot tell.

        Args:
            reading: with the evidence.
            verified: whether its adapter is asked.
        """
        if self.llm is None or not reading.evidence:
            return None
        if reading.whole:  # it is surer of one passage
            read = [item for item in reading.evidence if item.passage == reading.evidence[0].passage]
        else:
            read = within_budget(reading.evidence, self.settings.evidence_tokens)
        messages = probe_messages(reading.question, read, reading.previous, whole=reading.whole, verified=verified)
        return self.llm.yes_probability(messages)

    @property
    def verifies(self) -> bool:
        """Whether the language model has an adapter that verifies, and its word a meaning that was measured."""
        return self.llm is not None and self.llm.verifies and self.gate.verifies

    def answered(self, reading: Reading) -> float | None:
        """Give the log-odds that the evidence answers, by a model that verifies; None where it does not know.

        It was trained on questions of one part that stand for themselves and ask for more than yes or no.
        """
        plain = len(reading.parts) <= 1 and reading.previous is None and not may_be_yes_no(reading.question)
        yes = self.probe(reading, verified=True) if self.verifies and plain else None
        return None if yes is None else log_odds(yes)

    def verify(self, reading: Reading, draft: Draft, cited: Sequence[Evidence]) -> float | None:
        """Give the log-odds that evidence bears a draft out, by a model that verifies; None without one."""
        if self.llm is None or not self.verifies:
            return None
        right = self.llm.yes_probability(verify_messages(reading.question, cited, draft.text, reading.previous))
        return None if right is None else log_odds(right)

    def borne_out(self, reading: Reading, shown: Sequence[Evidence]) -> float | None:
        """Give the log-odds that what is shown bears out what a yes or no question asks, put as a statement.

        By a model that verifies; None without one, and for a follow-up, on which it was not measured. On all of
        the evidence it tells less (`docs/quality.md`).
        """
        if reading.previous is not None:
            return None
        said = statement_of(reading.question) or reading.question
        return self.verify(reading, Draft(said, ""), shown)

    def judge(self, reading: Reading) -> GateDecision:
        """Decide whether the evidence answers."""
        asked = self.gate.uses_probe and _may_be_probed(reading)
        yes = self.probe(reading) if asked else None
        features = features_of(_claimed(reading.question), reading.passages, reading.evidence, yes)
        return self.gate.decide(features, follow_up=reading.previous is not None)

    def check(
        self, grounder: Grounder, reading: Reading, draft: Draft, cited: Sequence[Evidence] = ()
    ) -> tuple[Grounder, Grounded]:
        """Check a draft by rule; for one sentence that fell, not by its facts, a model that verifies may vouch.

        Args:
            grounder: of the reading, for which nobody has vouched.
            reading: with the evidence.
            draft: written on it.
            cited: what an answer before this one cites.

        Returns:
            The check that counts, and what it found.
        """
        grounded = grounder.check(draft)
        if grounded.text or grounded.invented_facts or len(sentence_spans(draft.text)) != 1:
            return grounder, grounded
        best = next(iter(by_coverage(f"{reading.question} {draft.text}", reading.evidence)), None)
        if best is None or not self._vouches(reading, draft, best):
            return grounder, grounded
        vouched = self.grounder(reading, cited, vouched=best)
        again = vouched.check(draft)
        return (vouched, again) if again.text else (grounder, grounded)

    def _vouches(self, reading: Reading, draft: Draft, best: Evidence) -> bool:
        """Tell whether a model that verifies vouches for a draft on all evidence, or on the best piece of it."""
        if self.gate.vouches(self.verify(reading, draft, reading.evidence)):
            return True
        answered = self.answered(replace(reading, evidence=(best,), whole=False))
        return answered is not None and self.gate.vouches(self.verify(reading, draft, [best]), answered)

    def attempt(
        self,
        answer: Answer,
        reading: Reading,
        cited: Sequence[Evidence],
        decision: GateDecision,
    ) -> Generator[Answer, None, Attempt]:
        """Let the model write, showing what may be shown, and check it.

        Args:
            answer: as far as it is known.
            reading: that the model reads.
            cited: what an answer before this one cites.
            decision: of the gate on the reading.

        Raises:
            LLMError: the language model failed, or there is none.
        """
        grounder = self.grounder(reading, cited)
        written = yield from self._draft(answer, reading, grounder)
        draft = grounder.mended(written)
        nothing = Attempt(reading, grounder, draft, None, None, decision)
        if _answers_nothing(draft, reading.question):
            return nothing
        grounder, checked_draft = self.check(grounder, reading, draft, cited)
        grounded = _standing(grounder, checked_draft, draft, decision)
        if grounded is None:
            return nothing
        features = self.doubts(reading, draft, grounded, decision)
        return self._verified(Attempt(reading, grounder, draft, grounded, features, decision))

    def quoted(
        self,
        answer: Answer,
        reading: Reading,
        found: FoundAnswer,
        cited: Sequence[Evidence],
        decision: GateDecision,
    ) -> Answer:
        """Quote the sentence in which the reader found an answer, where a model that verifies trusts it twice.

        Args:
            answer: as far as it is known.
            reading: that was not answered.
            found: by the reader in its passages.
            cited: what an answer before this one cites.
            decision: of the gate on the reading.
        """
        draft = Draft(found.text, found.text)
        alone = replace(reading, evidence=(found.item,), whole=False)
        answered = None if _answers_nothing(draft, reading.question) else self.answered(alone)
        if not self.gate.trusts_found(answered):
            return abstention(answer)
        # Other reports are looked for in all of the evidence.
        others = tuple(item for item in reading.evidence if item.place != found.item.place)
        grounder = self.grounder(replace(reading, evidence=(found.item, *others)), cited)
        quotation = grounder.quote("the reader found the answer in it", found.text)
        if quotation is None or quotation.support[0].sentence != squeeze(found.item.text):
            return abstention(answer)
        if not self.gate.trusts_found(answered, self.verify(alone, draft, alone.evidence)):
            return abstention(answer)
        return self.given(answer, Attempt(reading, grounder, draft, quotation, None, decision, found=True))

    def _verified(self, attempt: Attempt) -> Attempt:
        """Ask a model that verifies about a draft, unless nothing that it could say would make it believed.

        Returns:
            The attempt with what it says; nothing stands of it where it doubts the draft.
        """
        grounded, features = attempt.grounded, attempt.features
        if grounded is None or not self._may_be_believed(attempt):
            return attempt
        behind = evidence_behind(grounded)
        if features is not None:
            answered = self.answered(replace(attempt.reading, evidence=behind, whole=False))
            features = replace(features, answered=answered)
            attempt = replace(attempt, features=features)
        if _is_quoted(grounded) or not self._may_be_believed(attempt):
            return attempt
        verified = self.verify(attempt.reading, attempt.draft, behind)
        if self.gate.doubts(verified):
            return replace(attempt, grounded=None, features=None)
        if features is not None and features.answered is None and verified is not None:
            attempt = replace(attempt, features=replace(features, answered=max(0.0, verified)))
        return attempt

    def _may_be_believed(self, attempt: Attempt) -> bool:
        """Tell whether an attempt is believed, or would be if a model that verifies spoke for it."""
        features = attempt.features
        if (
            features is not None
            and features.answered is None
            and self.verifies
            and self.gate.may_believe(features)
        ):
            return True
        return self.believes(attempt)

    def believes(self, attempt: Attempt) -> bool:
        """Tell whether what stands of an attempt is to be given.

        What the reader found in its passages counts; without a reader, the language model's own hesitation where
        the gate was in doubt.
        """
        if attempt.grounded is None:
            return False
        if attempt.found:
            return True
        if attempt.features is None or not self.gate.doubts_drafts:
            decision = attempt.decision
            sure = decision.confident or not self.gate.hesitant(attempt.draft.least_sure)
            return decision.answerable and sure
        return self.gate.believes(attempt.features)

    def doubts(
        self, reading: Reading, draft: Draft, grounded: Grounded, decision: GateDecision
    ) -> DraftFeatures | None:
        """Give what tells a right draft from a wrong one; None without a reader."""
        look = look_again(reading.passages, reading.spans, draft.short or draft.text, grounded.citations)
        if look is None:
            return None
        return DraftFeatures(
            gate_log_odds=log_odds(decision.probability),
            least_sure=draft.least_sure,
            reader_log_odds=look.log_odds,
            reader_agrees=float(look.agrees),
            quoted=float(_is_quoted(grounded)),
            read_again=float(reading.whole),
        )

    def given(self, answer: Answer, attempt: Attempt) -> Answer:
        """Give what stands of an attempt, with what other reports say of it; abstain where it is not believed."""
        answer = replace(answer, confidence=self._confidence(attempt))
        if attempt.grounded is None or not self.believes(attempt):
            return abstention(answer)
        reading = attempt.reading
        answers = answers_found(reading.passages, reading.spans)
        confirmed = self._confirmed(attempt, attempt.grounded, answers)
        said = attempt.grounder.with_other_reports(attempt.grounded, answers, confirmed)
        return checked(answer, said)

    def _confidence(self, attempt: Attempt) -> float:
        """Give how likely what stands of an attempt is to be right, 0 to 1; 0 where nothing stands."""
        if attempt.grounded is None:
            return 0.0
        if attempt.features is None or not self.gate.doubts_drafts:
            return attempt.decision.probability
        return self.gate.confidence(attempt.features)

    def _confirmed(
        self, attempt: Attempt, grounded: Grounded, answers: Sequence[FoundAnswer]
    ) -> list[FoundAnswer]:
        """Give what a model that verifies takes for another answer of what the reader found elsewhere."""
        return [
            answer
            for answer in attempt.grounder.may_differ(grounded, answers)
            if self.gate.confirms(self.verify(attempt.reading, Draft(answer.text, ""), [answer.item]))
        ]

    def attempted(self, reading: Reading) -> Attempt:
        """Judge a reading, let the model write, and check it, with nobody watching.

        Raises:
            LLMError: the language model failed, or there is none.
        """
        growing = self.attempt(Answer(reading.question, reading.query), reading, (), self.judge(reading))
        while True:
            try:
                next(growing)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    def _draft(self, answer: Answer, reading: Reading, grounder: Grounder) -> Generator[Answer, None, Draft]:
        """Let the model write, showing what may be shown."""
        if self.llm is None:
            raise LLMError("there is no language model to write an answer: set NEWSDESK_LLM")
        draft = ""
        shown = ""
        least_sure = 0.0
        messages = answer_messages(reading.question, reading.evidence, reading.previous, whole=reading.whole)
        with contextlib.closing(self.llm.stream(messages, self.settings.max_answer_tokens)) as pieces:
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


def _standing(grounder: Grounder, grounded: Grounded, draft: Draft, decision: GateDecision) -> Grounded | None:
    """Give what of a draft stood its check, else the quotation that holds its bare answer; None: neither.

    Nor anything of a draft whose two halves differ.
    """
    if grounded.text:
        return None if _is_at_odds(grounded.short, draft.text) else grounded
    # A model that has to guess or invent has not found the answer: a quotation would not be one either.
    guessed = grounded.invented or not decision.confident or not draft.short
    return None if guessed else grounder.quote(grounded.support[0].reason, draft.short)


def _is_at_odds(short: str, text: str) -> bool:
    """Tell whether an answer is "Duke William" in short and says "The dukes ruled": the model knows neither.

    Only names tell: a day may be a date in short, two years 24 months, and an acronym stands for its words.
    """
    named = [name for name in name_words(short) if not name.isupper() and name.lower() not in DATE_WORDS]
    missing = set(missing_claims(short, [text])) & set(named)
    shared = {word for word in words(short) if not word[:1].islower()} & set(words(text))  # "Donald J. Trump"
    return bool(missing) and len(missing) >= len(named) / 2 and not shared


def evidence_behind(grounded: Grounded) -> tuple[Evidence, ...]:
    """Give the evidence that what stands of a draft is cited for."""
    used = {number for support in grounded.support for number in support.citations}
    return tuple(evidence_of(citation) for citation in grounded.citations if citation.number in used)


def _is_quoted(grounded: Grounded) -> bool:
    return all(support.status is SupportStatus.QUOTED for support in grounded.support)


def _may_be_probed(reading: Reading) -> bool:
    """Tell whether it says something that a model finds a question answered, or not answered, by its evidence.

    It does not of yes or no and of names over several parts, where the other features tell better without it
    (`docs/quality.md`), and never of whether reports agree, which stands in none of them.
    """
    if reading.topic is not None or reading.agreement is not None:
        return False
    return len(reading.parts) < 2 or not (may_be_yes_no(reading.question) or reading.asks_one_name)


def _claimed(question: str) -> str:
    """Give a question without a figure that it only compares with, which the articles need not hold."""
    asked = comparison_of(question)
    return asked.left if asked is not None and asked.given else question


def _answers_nothing(draft: Draft, question: str) -> bool:
    """Tell whether a draft says that the evidence does not answer, or evades what is asked for."""
    said = f"{draft.text}\n{draft.short}"
    misses = _misses_figure(question, draft) or is_no_name(question, draft.short)
    return draft.declines or misses or names_otherwise(question, said) or speaks_of_another(question, draft.text)


def _misses_figure(question: str, draft: Draft) -> bool:
    """Tell whether a draft evades a question for a figure, or measures something else: the evidence lacks it."""
    said = f"{draft.text}\n{draft.short}"
    return asks_figure(question) and (not gives_figure(said, question) or measures_otherwise(question, draft.text))
