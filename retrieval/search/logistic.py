"""Logistic regression of a few features, by Newton's method."""

import numpy as np

from retrieval.search.background import Floats

#: Pulls coefficients towards nothing, in standardised units, so that few queries do no harm.
RIDGE = 1e-3
NEWTON_STEPS = 50
STEP_TOLERANCE = 1e-9
LONGEST_STEP = 3.0


def logistic(
    features: Floats, outcomes: Floats, shares: Floats | None = None
) -> tuple[float, Floats]:
    """Intercept and (F,) weights under which the outcomes are likeliest.

    Args:
        features: (N, F).
        outcomes: (N,) 0 or 1.
        shares: (N,) how much each counts, as against the others; None for all alike.
    """
    counted = np.ones(len(features)) if shares is None else shares * (len(shares) / shares.sum())
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    design = np.hstack([np.ones((len(features), 1)), (features - mean) / scale])  # (N, 1 + F)
    penalty = RIDGE * len(features) * np.diag([0.0, *[1.0] * features.shape[1]])
    weights = np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        chances = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))  # (N,)
        slope = design.T @ (counted * (chances - outcomes)) + penalty @ weights
        curve = (design * (counted * chances * (1 - chances))[:, None]).T @ design + penalty
        step = np.linalg.solve(curve + 1e-9 * np.eye(len(weights)), slope)
        # Where a feature parts the two outcomes, a whole step may overshoot.
        weights -= step * (LONGEST_STEP / max(float(np.abs(step).max()), LONGEST_STEP))
        if float(np.abs(step).max()) < STEP_TOLERANCE:
            break
    plain: Floats = weights[1:] / scale
    return float(weights[0] - plain @ mean), plain
