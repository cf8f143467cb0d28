"""What the shop sells, and for how much."""

from catalog.products import Product, UnknownProduct, all_products, find

__all__ = ["Product", "UnknownProduct", "all_products", "find"]
