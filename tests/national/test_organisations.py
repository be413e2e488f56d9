"""Numbers of organisations: every verified value is right in its raw form, and a digit, a space or a prefix more is wrong."""

from __future__ import annotations

import pytest

from harness.national import UnsureError
from harness.national.organisations import schemes, wrong

RIGHT = [
    ("NIP", "8567346215"),
    ("NIP", "5265877635"),
    ("REGON", "123456785"),
    ("REGON", "192598184"),
    ("REGON", "12345678512347"),
    ("KRS", "0000123456"),
    ("JAR", "188600177"),
    ("JAR", "304151376"),
    ("PVM", "119511515"),
    ("PVM", "100001919017"),
    ("PVM", "100004801610"),
    ("VAT", "PL8567346215"),
    ("VAT", "LT119511515"),
    ("EUID", "PLKRS.0000123456"),
    ("EUID", "LTJAR.188600177"),
    ("EUID", "DEK1101R.HRB116737"),
    ("LEI", "213800KUD8LAJWSQ9D15"),
]
WRONG = [
    ("NIP", "8567346216"),
    ("NIP", "0000000000"),
    ("NIP", "856-734-62-15"),
    ("NIP", "PL8567346215"),
    ("NIP", "８５６７３４６２１５"),
    ("REGON", "192598183"),
    ("REGON", "000000000"),
    ("REGON", "12345678612342"),
    ("REGON", "12345678512348"),
    ("KRS", "123456"),
    ("KRS", "0000000000"),
    ("JAR", "188600178"),
    ("JAR", "000000000"),
    ("JAR", "LT188600177"),
    ("PVM", "100001919018"),
    ("PVM", "LT119511515"),
    ("VAT", "8567346215"),
    ("VAT", "PL8567346216"),
    ("VAT", "PL0000000000"),
    ("VAT", "LT 119511515"),
    ("EUID", "PLKRS0000123456"),
    ("EUID", "PLKRS.123456"),
    ("EUID", "LTJAR.188600178"),
    ("LEI", "213800KUD8LAJWSQ9D16"),
    ("LEI", "213800kud8lajwsq9d15"),
]


@pytest.mark.parametrize(("scheme", "value"), RIGHT)
def test_right(scheme: str, value: str) -> None:
    assert wrong(scheme, value) is None


@pytest.mark.parametrize(("scheme", "value"), WRONG)
def test_wrong(scheme: str, value: str) -> None:
    assert wrong(scheme, value)


def test_a_lithuanian_code_whose_rule_is_not_known() -> None:
    """Its weighed sum leaves 10."""
    with pytest.raises(UnsureError):
        wrong("JAR", "300000050")


def test_schemes_are_those_of_the_countries_and_of_the_union() -> None:
    assert set(schemes()) == {"NIP", "REGON", "KRS", "JAR", "PVM", "VAT", "EUID", "LEI"}
    with pytest.raises(KeyError):
        wrong("SIREN", "732829320")
