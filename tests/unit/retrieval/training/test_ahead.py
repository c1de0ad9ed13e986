import threading

import pytest

from retrieval.training.ahead import one_ahead


def test_items_come_in_order():
    assert list(one_ahead(iter(range(50)))) == list(range(50))
    assert list(one_ahead(iter([]))) == []


def test_the_next_item_is_made_while_the_present_one_is_used():
    made = threading.Semaphore(0)

    def items():
        for number in range(3):
            made.release()
            yield number

    coming = one_ahead(items())
    assert next(coming) == 0
    # Nobody asked for the second item yet; it is made all the same.
    assert made.acquire(timeout=10)
    assert made.acquire(timeout=10)
    assert list(coming) == [1, 2]


def test_what_goes_wrong_is_raised_where_the_item_would_have_come():
    def items():
        yield 1
        raise KeyError("gone")

    coming = one_ahead(items())
    assert next(coming) == 1
    with pytest.raises(KeyError, match="gone"):
        next(coming)


def test_leaving_early_leaves_no_thread():
    before = threading.active_count()
    coming = one_ahead(iter(range(10)))
    next(coming)
    coming.close()
    assert threading.active_count() == before
