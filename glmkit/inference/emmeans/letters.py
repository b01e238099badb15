"""Compact letter displays.

References
----------
Piepho, H.-P. (2004). An algorithm for a letter-based representation of all-pairwise
comparisons. J. Computational and Graphical Statistics 13, 456-466.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from glmkit._typing import Array

__all__ = ["letters_of"]

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def letters_of(values: Array, p_value: Array, level: float) -> list[str]:
    """Return the letters of k means, the smallest mean with the first.

    Parameters
    ----------
    values : (k,) array
    p_value : (k (k - 1) / 2,) array
        Of the pairs (0, 1), (0, 2), ..., (1, 2), ...
    level : float

    Examples
    --------
    >>> import numpy as np
    >>> letters_of(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.01, 0.5]), 0.05)
    ['a', 'ab', 'b']
    """
    groups = [frozenset(range(len(values)))]
    for (i, j), p in zip(combinations(range(len(values)), 2), p_value, strict=True):
        if p < level:
            groups = _absorbed([part for group in groups for part in _split(group, i, j)])
    order = np.argsort(values, kind="stable")
    rank = {int(mean): position for position, mean in enumerate(order)}
    groups = sorted(groups, key=lambda group: sorted(rank[mean] for mean in group))
    texts = [ALPHABET[i] if i < len(ALPHABET) else f"({i + 1})" for i in range(len(groups))]
    return [
        "".join(t for t, group in zip(texts, groups, strict=True) if mean in group)
        for mean in range(len(values))
    ]


def _split(group: frozenset[int], i: int, j: int) -> list[frozenset[int]]:
    """Return the group without i and without j, where it holds both."""
    return [group - {i}, group - {j}] if {i, j} <= group else [group]


def _absorbed(groups: list[frozenset[int]]) -> list[frozenset[int]]:
    """Return the groups that are not inside another."""
    unique = list(dict.fromkeys(groups))
    return [group for group in unique if not any(group < other for other in unique)]
