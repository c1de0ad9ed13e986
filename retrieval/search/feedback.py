"""A query after somebody said of tracks "yes, like this".

It is Rocchio's rule without its other half: a "no" moves nothing. Strangers who are judged not to
fit mostly wear what was asked for, so what points away from them points away from the person who
is wanted too: measured, a slight push gained no more than chance, a stronger one cost (RESULTS.md).
Those judged not to fit are left out of the answer, and everybody else keeps their order.
"""

import numpy as np

from retrieval.search.likeness import in_one_order, unit
from retrieval.types import Vector, Vectors

#: How far the mean of those judged to fit moves a query of length 1; chosen on people of the
#: validation split and measured on those of the test split (`search_by_picture.py`).
TOWARDS = 0.5


def moved_towards(query: Vector, fitting: Vectors, *, towards: float = TOWARDS) -> Vector:
    """(D,) length 1: the query after judgements; without any, the query itself.

    The order of judgements does not matter.

    Args:
        query: (D,) length 1.
        fitting: (N, D) length 1, one for each track that was judged to fit.
        towards: how far their mean moves the query.
    """
    if not len(fitting):
        return query
    mean = in_one_order(fitting).mean(axis=0)
    return unit(query.astype(np.float64) + towards * mean, otherwise=query)
