"""AWS's public prices: the examples of its price list, and what is not billed."""

from __future__ import annotations

import pytest

from lambda_tui.history.pricing import price
from lambda_tui.project.function import Architecture
from lambda_tui.wording import dollars

REQUEST = 0.0000002


@pytest.mark.rule("9.20")
@pytest.mark.parametrize(
    ("architecture", "memory_mb", "per_ms"),
    [
        # The table of prices per millisecond on AWS's page.
        ("x86_64", 128, 0.0000000021),
        ("x86_64", 1024, 0.0000000167),
        ("x86_64", 10240, 0.0000001667),
        ("arm64", 128, 0.0000000017),
        ("arm64", 1024, 0.0000000133),
        ("arm64", 10240, 0.0000001333),
    ],
)
def test_a_millisecond_costs_what_the_price_list_says(
    architecture: Architecture, memory_mb: int, per_ms: float
) -> None:
    one = price(1, memory_mb, architecture=architecture) - REQUEST

    assert round(one, 10) == per_ms


@pytest.mark.rule("9.20")
def test_what_is_asked_for_costs_something_even_when_it_takes_no_time() -> None:
    assert price(0, 10_240, architecture="arm64") == pytest.approx(REQUEST)


@pytest.mark.rule("9.20")
def test_tmp_costs_from_512_mb_on() -> None:
    # 10,240 MB for 100 s: 9.5 GB beyond what is free.
    free = price(100_000, 128, architecture="x86_64", storage_mb=512)
    most = price(100_000, 128, architecture="x86_64", storage_mb=10_240)

    assert most - free == pytest.approx(9.5 * 100 * 0.0000000309)


def test_environments_ahead_have_another_price_and_restores_one_of_their_own() -> None:
    usual = price(1_000, 1_024, architecture="x86_64")
    ahead = price(1_000, 1_024, architecture="x86_64", is_provisioned=True)
    restored = price(1_000, 1_024, architecture="x86_64", is_restored=True)

    assert usual - REQUEST == pytest.approx(0.0000166667)
    assert ahead - REQUEST == pytest.approx(0.0000097222)
    assert restored - usual == pytest.approx(0.0001397998)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0"),
        (0.0000000021, "$0.00000000210"),
        (0.0000125, "$0.0000125"),
        (0.00021249, "$0.000212"),
        (0.00099996, "$0.00100"),
        (0.99996, "$1.00"),
        (12.4, "$12.40"),
        (1234.5, "$1,234.50"),
    ],
)
def test_a_price_has_every_digit_that_tells_how_much_it_is(amount: float, text: str) -> None:
    assert dollars(amount) == text
