"""The extension, as Python sees it."""

import pytest

from nearby._native import Index


def test_the_nearest_comes_first() -> None:
    """Each answer names its place in the list and its distance."""
    index = Index([(0.0, 90.0), (0.0, 1.0), (0.0, 0.0)])
    found = index.nearest(0.0, 0.0, 2)
    assert found == [(2, 0.0), (1, pytest.approx(111.195, abs=0.001))]


def test_there_may_be_fewer_than_asked_for() -> None:
    """The list is all there is."""
    assert len(Index([(0.0, 0.0)])) == 1
    assert len(Index([(0.0, 0.0)]).nearest(0.0, 0.0, 10)) == 1
    assert Index([]).nearest(0.0, 0.0, 10) == []


@pytest.mark.parametrize("position", [(90.1, 0.0), (0.0, -180.1), (float("nan"), 0.0)])
def test_a_position_off_the_earth_is_refused(position: tuple[float, float]) -> None:
    """In the list as in the question."""
    with pytest.raises(ValueError, match="is not on Earth"):
        Index([position])
    with pytest.raises(ValueError, match="is not on Earth"):
        Index([]).nearest(*position, 1)
