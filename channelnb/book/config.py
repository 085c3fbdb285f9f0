"""What is true of a vendor: its name, fiscal year, currency, and where its raw files lie."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from channelnb.errors import BadSource
from channelnb.settings import load_settings

SETTINGS = "source.yaml"
RAW_VARIABLE = "CHANNELNB_RAW"

SellIn = Literal["gross", "net"]


class Vendor(BaseModel):
    """What `source.yaml` says of a vendor.

    `raw` is the folder of the vendor's own files, which the `.sql` mappings read. `distributor_sell_in` is
    ``gross`` where what a distributor bought includes what its resellers report, ``net`` where it does not.
    A customer is new who has not bought for `new_customer_months`; marketing is set against what is sold
    `sales_cycle_months` later.

    >>> Vendor(name="Acme", first_month=4).currency
    'USD'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    first_month: Annotated[int, Field(ge=1, le=12)] = 1
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    raw: Path = Path()
    distributor_sell_in: SellIn = "gross"
    new_customer_months: Literal[12, 24] = 24
    sales_cycle_months: Annotated[int, Field(ge=0, le=36)] = 3


class _Written(BaseModel):
    """`source.yaml` as it may be written: all but the name may be left out."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    first_month: Annotated[int, Field(ge=1, le=12)] = 1
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    raw: str | None = None
    distributor_sell_in: SellIn = "gross"
    new_customer_months: Literal[12, 24] = 24
    sales_cycle_months: Annotated[int, Field(ge=0, le=36)] = 3


@dataclass(frozen=True)
class Source:
    """A source folder: its vendor, and who said where the raw files lie."""

    folder: Path
    vendor: Vendor
    raw_from: str

    @property
    def raw(self) -> Path:
        """The folder of raw files; raises BadSource where there is none."""
        if not self.vendor.raw.is_dir():
            raise BadSource(
                f"the raw files of {self.vendor.name} are not there: {self.vendor.raw} (from {self.raw_from}) is not "
                f"a folder; set `raw` in {self.folder / SETTINGS}, or {RAW_VARIABLE}, to the folder that holds them."
            )
        return self.vendor.raw


def read_source(folder: Path, *, raw: str | Path | None = None) -> Source:
    """What a source folder says of its vendor.

    Without `source.yaml` the vendor has the folder's name, calendar years, US dollars, and its raw
    files in the folder itself. `raw` wins over CHANNELNB_RAW, which wins over `source.yaml`; a
    relative `raw` in `source.yaml` is relative to the folder. CHANNELNB_RAW names the folder of raw
    files, or one that holds it. Raises BadParameters for a fault in `source.yaml`.

    >>> read_source(Path("acme"), raw="/exports").vendor.name
    'acme'
    """
    path = folder / SETTINGS
    written = load_settings(path, _Written) if path.is_file() else _Written(name=folder.name)
    chosen, said_by = folder / (written.raw or "."), str(path) if written.raw else "the source folder itself"
    if os.environ.get(RAW_VARIABLE):
        said = Path(os.environ[RAW_VARIABLE])
        # One setting can serve several sources: their raw folders may lie within it, each by its name.
        within = said / chosen.resolve().name
        chosen, said_by = within if within.is_dir() else said, RAW_VARIABLE
    if raw is not None:
        chosen, said_by = Path(raw), "raw="
    vendor = Vendor(
        name=written.name,
        first_month=written.first_month,
        currency=written.currency,
        raw=chosen.expanduser().resolve(),
        distributor_sell_in=written.distributor_sell_in,
        new_customer_months=written.new_customer_months,
        sales_cycle_months=written.sales_cycle_months,
    )
    return Source(folder, vendor, said_by)


def find_folder(source: str | Path) -> Path:
    """The folder of a source; a relative one is looked for here, then in each parent.

    Raises BadSource where it is nowhere.

    >>> find_folder("no/such/source")
    Traceback (most recent call last):
    ...
    channelnb.errors.BadSource: there is no source folder 'no/such/source' in the working directory or a parent of it.
    """
    wanted = Path(source).expanduser()
    here = Path.cwd()
    for start in (here, *here.parents):
        if (start / wanted).is_dir():
            return (start / wanted).resolve()
    if wanted.is_absolute():
        raise BadSource(f"there is no source folder {str(source)!r}.")
    raise BadSource(f"there is no source folder {str(source)!r} in the working directory or a parent of it.")
