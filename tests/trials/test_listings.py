"""The quotations in book/_data/listings are what the articles print, character for character."""

import pytest

from labkit.authoring import trial

IDS = sorted(path.stem for path in trial.LISTINGS.glob("*.py"))


@pytest.mark.parametrize("id", IDS)
def test_listing_is_the_printed_one(id, article):
    quoted = trial.listing(id)
    fences = article(quoted.document).fences
    assert (quoted.section, quoted.text) in fences


def test_there_are_listings():
    assert IDS
