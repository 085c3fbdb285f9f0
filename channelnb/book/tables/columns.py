"""Short ways to write a column down: its kind follows from its name unless it is given."""

from __future__ import annotations

from channelnb.book import contract
from channelnb.book.contract import Column

_REFERS = {
    "partner_id": "partners",
    "parent_id": "partners",
    "distributor_id": "partners",
    "merged_into": "partners",
    "manager_id": "managers",
    "salesperson_id": "salespeople",
    "product_id": "products",
    "customer_id": "customers",
    "opportunity_id": "opportunities",
    "campaign_id": "campaigns",
    "activity_id": "activities",
}
_BY_NAME = {"month": contract.MONTH, "year": contract.YEAR, "quarter": contract.QUARTER, "merged_into": contract.ID}
_BY_ENDING = {"_id": contract.ID, "_on": contract.DATE, "_at": contract.TIMESTAMP}


def column(name: str, about: str, kind: str = "", choices: tuple[str, ...] = ()) -> Column:
    """A column of the contract; a name that ends in ``*`` is a required one.

    >>> column("sold_on*", "day of the sale").kind
    'date'
    """
    required, name = name.endswith("*"), name.removesuffix("*")
    by_ending = next((k for ending, k in _BY_ENDING.items() if name.endswith(ending)), contract.TEXT)
    kind = kind or _BY_NAME.get(name, by_ending)
    return Column(name, kind, about, required, choices, _REFERS.get(name, ""))


def one_of(name: str, choices: str, about: str) -> Column:
    """A text column that holds one of a few words.

    >>> one_of("basis", "sell_in sell_through", "how it was sold").choices
    ('sell_in', 'sell_through')
    """
    return column(name, about, contract.TEXT, tuple(choice.replace("+", " ") for choice in choices.split()))


def money(name: str, about: str) -> Column:
    """An amount in the row's currency, exact to six decimals.

    >>> money("cost", "what it cost the vendor").sql_type
    'DECIMAL(38,6)'
    """
    return column(name, about, contract.MONEY)


def number(name: str, about: str) -> Column:
    """A measured number, not money.

    >>> number("units", "how many were sold").sql_type
    'DOUBLE'
    """
    return column(name, about, contract.NUMBER)


def count(name: str, about: str) -> Column:
    """A whole number.

    >>> count("employees", "how many people work there").sql_type
    'BIGINT'
    """
    return column(name, about, contract.INTEGER)


def flag(name: str, about: str) -> Column:
    """True or false.

    >>> flag("strategic", "does the vendor bet on it?").sql_type
    'BOOLEAN'
    """
    return column(name, about, contract.FLAG)


CURRENCY = column("currency", "three-letter code of the row's amounts; the vendor's own when absent")
