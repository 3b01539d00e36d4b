"""The gate: whether the articles answer the question, decided before anything is written.

A logistic regression over a handful of features, fitted on development data by `newsdesk eval fit` and
shipped as `gate.json`, one set of weights per language model and one for models without probabilities.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from qa.claims import countries_meant, missing_claims, name_words, numbers
from qa.evidence import texts_of
from qa.full_names import CompletedNames
from qa.models import Evidence, Passage

FILE_NAME = "gate.json"
WITHOUT_PROBE = "without probe"
_PROBABILITY_EDGE = 1e-4  # keeps log-odds finite


@dataclass(frozen=True, slots=True)
class Features:
    """What the gate looks at; `yes_log_odds` is None for a model that gives no probabilities."""

    top_cosine: float  # likeness of query and best passage, -1 to 1
    unknown_share: float  # share of the question's names and numbers that the evidence lacks, 0 to 1
    yes_log_odds: float | None  # the model's own "is the answer written there?"


@dataclass(frozen=True, slots=True)
class DraftFeatures:
    """What tells a draft that stands in its evidence and is right from one that is not."""

    gate_log_odds: float  # that the evidence answers, as the gate saw it before anything was written
    least_sure: float  # log-probability of the token of its sentences that the model was least sure of
    reader_log_odds: float  # that the passages that it cites answer, as the reader sees it
    reader_agrees: float  # 1: the reader finds the same answer in the passages, 0: another
    quoted: float  # 1: what stands is a quotation in place of what was written, 0: that itself
    read_again: float  # 1: written on whole passages, as nothing written on chosen sentences was believed
    # log-odds that what it cites answers, by a model that verifies; where it cannot tell, what in its word on the
    # draft speaks for it; None: it was not asked
    answered: float | None = None


@dataclass(frozen=True, slots=True)
class GateDecision:
    """The calibrated probability that the evidence answers, and the verdict at the fitted threshold.

    `confident` is stricter: half of the answerable questions of the dev sets pass it. `open` is looser, for what
    is looked at again once it is written, and where it is `hopeless`, whole passages are not read either.
    """

    probability: float
    answerable: bool
    confident: bool
    open: bool
    hopeless: bool
    features: Features


def features_of(
    question: str,
    passages: Sequence[Passage],
    evidence: Sequence[Evidence],
    yes_probability: float | None,
) -> Features:
    """Compute the features of a question with its evidence.

    Args:
        question: as typed; its names and numbers are looked for.
        passages: as retrieved.
        evidence: as chosen.
        yes_probability: the language model's, 0 to 1, or None.
    """
    claims = len(numbers(question)) + len(name_words(question))
    return Features(
        top_cosine=max((p.why.cosine or 0.0 for p in passages), default=0.0),
        unknown_share=len(_unknown(question, evidence)) / claims if claims else 0.0,
        yes_log_odds=None if yes_probability is None else log_odds(yes_probability),
    )


def log_odds(probability: float) -> float:
    """Give the natural log-odds of a probability, kept finite."""
    p = min(max(probability, _PROBABILITY_EDGE), 1 - _PROBABILITY_EDGE)
    return math.log(p / (1 - p))


def _unknown(question: str, evidence: Sequence[Evidence]) -> list[str]:
    """List the names and numbers of a question that no evidence holds."""
    texts = texts_of(evidence)
    missing = CompletedNames.of(question, evidence).without(missing_claims(question, texts), texts)
    meant = countries_meant(missing, texts)
    return [claim for claim in missing if claim not in meant]


class Gate:
    """The fitted gate for one language model.

    Args:
        weights: what `fit_gate` wrote: names of the features, their mean and scale, coefficients,
            intercept, and the thresholds `threshold` and `confident`.
    """

    def __init__(self, weights: Mapping[str, Mapping[str, Any]], model_name: str) -> None:
        self._weights = weights
        self._model_name = model_name

    @classmethod
    def load(cls, model_name: str) -> "Gate":
        """Load the shipped weights for a language model; an unknown one gets those without the probe."""
        content = json.loads(files("qa").joinpath(FILE_NAME).read_text(encoding="utf-8"))
        return cls(content["models"], model_name)

    @property
    def uses_probe(self) -> bool:
        """Whether weights with the model's own yes or no are there: if not, it need not be asked."""
        return self._model_name in self._weights

    @property
    def yes_threshold(self) -> float | None:
        """Log-odds of the weakest claim from which a yes or no question is answered yes; None: not fitted."""
        value = self._weights.get(self._model_name, {}).get("yes_threshold")
        return float(value) if value is not None else None

    def hesitant(self, least_sure: float) -> bool:
        """Tell whether the model was too unsure of a word of its answer for it to be believed.

        Args:
            least_sure: the least log-probability of a token of the answer's sentences.
        """
        limit = self._weights.get(self._model_name, {}).get("least_sure")
        return limit is not None and least_sure < limit

    @property
    def doubts_drafts(self) -> bool:
        """Whether weights are there that tell a right draft from a wrong one."""
        return self._drafts is not None

    def believes(self, features: DraftFeatures) -> bool:
        """Tell whether a draft that stands in its evidence is likely enough to be right to be given.

        Where a model that verifies was asked, its log-odds that what is cited answers the question are added.
        """
        weights = self._drafts
        if weights is None:
            return True
        enough = (self._verifier_limits or {}).get("believed")
        if enough is None or features.answered is None:
            return _likely(weights, features) >= log_odds(weights["threshold"])
        return _likely(weights, features) + _heard(features) >= float(enough)

    def confidence(self, features: DraftFeatures) -> float:
        """Give how likely a draft that stands in its evidence is to be right, 0 to 1.

        The sum that `believes` looks at, put on the scale of what was right of 120 drafts of the dev sets (Platt,
        1999: "Probabilistic outputs for support vector machines").
        """
        likely = _likely(self._drafts, features) if self._drafts else 0.0
        scale = (self._verifier_limits or {}).get("confidence", {"slope": 1.0, "intercept": 0.0})
        return probability(scale["slope"] * (likely + _heard(features)) + scale["intercept"])

    def may_believe(self, features: DraftFeatures) -> bool:
        """Tell whether a draft that is not believed would be, if a model that verifies spoke for it."""
        weights, asked = self._drafts, (self._verifier_limits or {}).get("asked", math.inf)
        return weights is not None and not features.quoted and _likely(weights, features) >= asked

    @property
    def _drafts(self) -> Mapping[str, Any] | None:
        return self._weights.get(self._model_name, {}).get("drafts")

    @property
    def _verifier_limits(self) -> Mapping[str, Any] | None:
        return self._weights.get(self._model_name, {}).get("verifier")

    @property
    def verifies(self) -> bool:
        """Whether limits for a model that verifies are there: if not, its adapter is not used."""
        return self._verifier_limits is not None

    def doubts(self, verified: float | None) -> bool:
        """Tell whether what a model that verifies says of a draft is too little for it to be given at all.

        Args:
            verified: log-odds that the cited evidence bears the draft out; None: it was not asked.
        """
        limits = self._verifier_limits
        return limits is not None and verified is not None and verified < limits["doubted"]

    def affirms(self, stated: float, borne_out: float) -> bool | None:
        """Tell whether a yes or no question on one thing is answered yes, or no.

        Args:
            stated: log-odds that the evidence states it, by the language model.
            borne_out: log-odds that what is shown bears it out, by a model that verifies.

        Returns:
            None where neither is likely enough to be said.
        """
        limits = self._verifier_limits or {}
        likely, yes = stated + borne_out, limits.get("affirmed", 0.0)
        if likely >= yes:
            return True
        return False if likely < limits.get("negated", yes) else None

    def confirms(self, verified: float | None) -> bool:
        """Tell whether a model that verifies takes what another report says for an answer too.

        Args:
            verified: log-odds that the report bears it out; None: it was not asked.
        """
        limits = self._verifier_limits
        return limits is not None and verified is not None and verified >= limits.get("confirmed", math.inf)

    @property
    def quotes_found(self) -> bool:
        """Whether a limit is there for what the reader found by itself: if not, it is not quoted."""
        return "found" in (self._verifier_limits or {})

    def trusts_found(self, *verified: float | None) -> bool:
        """Tell whether a model that verifies trusts what the reader found in one sentence.

        Args:
            verified: log-odds that the sentence answers the question, and that it bears out what was found; None:
                it was not asked.
        """
        limit = (self._verifier_limits or {}).get("found", math.inf)
        return all(word is not None and word >= limit for word in verified)

    def dates(self, answered: float | None) -> bool:
        """Tell whether a model that verifies is sure enough that a sentence tells when something happened.

        Args:
            answered: log-odds that it does; None: it was not asked.
        """
        limit = (self._verifier_limits or {}).get("dated", math.inf)
        return answered is not None and answered >= limit

    def vouches(self, verified: float | None, answered: float | None = None) -> bool:
        """Tell whether a model that verifies is so sure of a draft that only facts are an objection to it.

        Args:
            verified: log-odds that evidence bears the draft out; None: it was not asked.
            answered: log-odds that this evidence, one sentence, answers the question; None: the evidence is all.
        """
        limits = self._verifier_limits
        if limits is None or verified is None:
            return False
        if answered is None:
            return bool(verified >= limits["vouched"])
        return verified >= 0 and verified + answered >= limits.get("vouched_answered", math.inf)

    def decide(self, features: Features, *, follow_up: bool = False) -> GateDecision:
        """Decide whether the evidence answers.

        Args:
            features: of the question with its evidence.
            follow_up: whether it leans on an earlier question. It says little by itself ("And in June?"), so the
                model's own yes or no is less sure of it, and has a threshold of its own.
        """
        probed = self.uses_probe and features.yes_log_odds is not None
        weights = self._weights[self._model_name if probed else WITHOUT_PROBE]
        probability = probability_of(weights, asdict(features))
        threshold = weights["threshold"]
        loosest = weights.get("follow_up_threshold", threshold)
        return GateDecision(
            probability,
            answerable=probability >= (loosest if follow_up else threshold),
            confident=probability >= weights["confident"],
            open=probability >= loosest,
            hopeless=probability < weights.get("hopeless", 0.0),
            features=features,
        )


def probability(odds: float) -> float:
    """Give the probability of natural log-odds."""
    return 1 / (1 + math.exp(-odds))


def _heard(features: DraftFeatures) -> float:
    """Give what counts of a model that verifies; 0 where it was not asked."""
    answered = features.answered or 0.0
    # That a quotation answers does not mean that it gives what was written, which fell.
    return min(0.0, answered) if features.quoted else answered


def _likely(weights: Mapping[str, Any], features: DraftFeatures) -> float:
    """Give the log-odds that a draft is right, before a model that verifies is asked."""
    return log_odds(probability_of(weights, asdict(features)))


def probability_of(weights: Mapping[str, Any], values: Mapping[str, float]) -> float:
    """Give the probability of a fitted logistic regression.

    Args:
        weights: `features`, with their `mean`, `scale` and `coefficients`, and the `intercept`.
        values: of the features, by name.
    """
    score = float(weights["intercept"])
    for name, mean, scale, coefficient in zip(
        weights["features"], weights["mean"], weights["scale"], weights["coefficients"], strict=True
    ):
        score += coefficient * (values[name] - mean) / scale
    return probability(score)
