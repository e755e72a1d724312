"""latency and cost: what an answer took."""

from __future__ import annotations

from evals.scorers.base import Answer, Expectation, NotScorable, Score, number_param, passed


def latency(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that the answer took more than ``max_ms`` milliseconds.

    Of the try that was answered: waiting for a provider's rate limit does not count.
    """
    most = number_param(expectation, "max_ms", lowest=1)
    said = f"{answer.latency_ms:,.0f} ms"
    return passed(answer.latency_ms <= most, f"{said}.", f"{said}, more than {most:,.0f}.")


def cost(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that the call cost more than ``max_usd`` US dollars.

    By the model's listed prices; raises NotScorable where it has none.
    """
    most = number_param(expectation, "max_usd")
    if answer.cost is None:
        raise NotScorable("The model has no listed prices, so its cost is not known.")
    said = f"{answer.cost:.6f} USD"
    return passed(answer.cost <= most, f"{said}.", f"{said}, more than {most:g}.")
