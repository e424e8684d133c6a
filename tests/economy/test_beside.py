"""Work beside the drawing keeps the order and never runs far ahead."""

from collections.abc import Iterator

from commonmode.economy.beside import beside


def test_order_is_kept() -> None:
    assert list(beside(lambda n: n * n, range(50))) == [n * n for n in range(50)]


def test_no_more_than_a_few_chunks_are_drawn_ahead_of_the_reader() -> None:
    drawn: list[int] = []

    def chunks() -> Iterator[int]:
        for n in range(100):
            drawn.append(n)
            yield n

    reading = beside(str, chunks())
    next(reading)

    assert len(drawn) <= 4
