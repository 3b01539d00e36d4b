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

from qa.claims import missing_claims, name_words, numbers
from qa.evidence import texts_of
from qa.models import Evidence, Passage

FILE_NAME = "gate.json"
WITHOUT_PROBE = "without probe"
WITH_READER = ", with reader"  # ends the names of the weights that use the reader
_PROBABILITY_EDGE = 1e-4  # keeps log-odds finite


@dataclass(frozen=True, slots=True)
class Features:
    """What the gate looks at; what is None was not asked, or could not tell."""

    top_cosine: float  # likeness of query and best passage, -1 to 1
    unknown_share: float  # share of the question's names and numbers that the evidence lacks, 0 to 1
    yes_log_odds: float | None  # the model's own "is the answer written there?"
    reader_log_odds: float | None = None  # the reader's, of the article that answers best


@dataclass(frozen=True, slots=True)
class GateDecision:
    """The calibrated probability that the evidence answers, and the verdict at the fitted threshold.

    `confident` is stricter: half of the answerable questions of the dev sets pass it.
    """

    probability: float
    answerable: bool
    confident: bool
    features: Features


def features_of(
    question: str,
    passages: Sequence[Passage],
    evidence: Sequence[Evidence],
    yes_probability: float | None,
    reader_log_odds: float | None = None,
) -> Features:
    """Compute the features of a question with its evidence.

    Args:
        question: as typed; its names and numbers are looked for.
        passages: as retrieved.
        evidence: as chosen.
        yes_probability: the language model's, 0 to 1, or None.
        reader_log_odds: the reader's for the best article, or None.
    """
    claims = len(numbers(question)) + len(name_words(question))
    log_odds = None
    if yes_probability is not None:
        p = min(max(yes_probability, _PROBABILITY_EDGE), 1 - _PROBABILITY_EDGE)
        log_odds = math.log(p / (1 - p))
    return Features(
        top_cosine=max((p.why.cosine or 0.0 for p in passages), default=0.0),
        unknown_share=len(missing_claims(question, texts_of(evidence))) / claims if claims else 0.0,
        yes_log_odds=log_odds,
        reader_log_odds=reader_log_odds,
    )


class Gate:
    """The fitted gate for one language model.

    Args:
        weights: what `fit_gate` wrote: names of the features, their mean and scale, coefficients,
            intercept, and the thresholds `threshold` and `confident`; one set per language model, and others for
            use without its probe and with the reader.
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

    def _fitting(self, values: Mapping[str, float | None]) -> Mapping[str, Any]:
        """Give the weights that use most of the features that are there."""
        names = [f"{base}{more}" for base in (self._model_name, WITHOUT_PROBE) for more in (WITH_READER, "")]
        known = [self._weights[name] for name in names if name in self._weights]
        return next(w for w in known if all(values[feature] is not None for feature in w["features"]))

    def decide(self, features: Features) -> GateDecision:
        """Decide whether the evidence answers."""
        values = asdict(features)
        weights = self._fitting(values)
        score = float(weights["intercept"])
        for name, mean, scale, coefficient in zip(
            weights["features"], weights["mean"], weights["scale"], weights["coefficients"], strict=True
        ):
            score += coefficient * (values[name] - mean) / scale
        probability = 1 / (1 + math.exp(-score))
        answerable, confident = probability >= weights["threshold"], probability >= weights["confident"]
        return GateDecision(probability, answerable, confident, features)
