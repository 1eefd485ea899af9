"""Sizes of real inference requests: quantiles of the Azure LLM inference trace 2023.

Source: github.com/Azure/AzurePublicDataset, ``AzureLLMInferenceTrace_code.csv`` (8,819 requests) and
``AzureLLMInferenceTrace_conv.csv`` (19,366 requests), CC BY 4.0; Patel et al., "Splitwise", ISCA 2024. Only
the quantiles below are kept (inverted empirical distribution). Input and output lengths are nearly
uncorrelated in both (Spearman -0.02 and 0.07), so they are drawn on their own.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["TRACES", "Sizes"]


class Sizes(NamedTuple):
    """Tokens at the 10th, 30th, 50th, 70th and 90th percentile: middles of five equal bins."""

    context_tokens: tuple[int, int, int, int, int]
    generated_tokens: tuple[int, int, int, int, int]


TRACES: Final = {
    "code": Sizes((147, 770, 1_469, 2_433, 5_194), (7, 9, 13, 20, 55)),
    "conversation": Sizes((207, 403, 1_020, 1_130, 2_735), (54, 91, 129, 384, 424)),
}
