"""The products, read from the YAML file that ships inside the package."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

from money import Money


class UnknownProduct(LookupError):
    """No product has this code."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something that the shop sells."""

    code: str
    name: str
    price: Money


@cache
def all_products() -> Mapping[str, Product]:
    """Return every product by its code. The file is read once."""
    written = yaml.safe_load((files("catalog") / "products.yaml").read_text("utf-8"))
    return MappingProxyType(
        {
            code: Product(code, entry["name"], Money.parse(entry["price"], written["currency"]))
            for code, entry in written["products"].items()
        }
    )


def find(code: str) -> Product:
    """Return the product with this code, or raise `UnknownProduct`."""
    try:
        return all_products()[code]
    except KeyError:
        raise UnknownProduct(f"no product `{code}`") from None
