"""Logistic regression in which each coefficient is held to the sign it must have."""

from collections.abc import Sequence
from typing import Any

import numpy as np

_RIDGE = 1.0  # strength of the quadratic penalty on the coefficients


def fit_logistic(
    values: Sequence[Sequence[float]],
    truth: Sequence[bool],
    signs: Sequence[int],
    weights: Sequence[float] | None = None,
) -> dict[str, Any]:
    """Fit the probability of the truth to some features.

    Args:
        values: of the features, a row for each example.
        truth: of each example.
        signs: +1 for a feature that may only speak for it, -1 for one that may only speak against it.
        weights: of the examples; None: all alike.

    Returns:
        `mean` and `scale` of the features, by which they are standardised, `coefficients` and `intercept`.
    """
    from scipy.optimize import minimize

    x = np.array(values)
    target = np.where(np.array(truth), 1.0, -1.0)
    weight = np.ones(len(target)) if weights is None else np.array(weights)
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale == 0] = 1.0
    z = (x - mean) / scale

    def loss(b: Any) -> float:
        margin = target * (z @ b[:-1] + b[-1])
        return float((weight * np.logaddexp(0, -margin)).sum() + 0.5 * _RIDGE * (b[:-1] ** 2).sum())

    bounds = [(0, None) if sign > 0 else (None, 0) for sign in signs]
    b = minimize(loss, np.zeros(len(signs) + 1), method="L-BFGS-B", bounds=[*bounds, (None, None)]).x
    return {
        "mean": [round(float(v), 6) for v in mean],
        "scale": [round(float(v), 6) for v in scale],
        "coefficients": [round(float(v), 6) for v in b[:-1]],
        "intercept": round(float(b[-1]), 6),
    }
