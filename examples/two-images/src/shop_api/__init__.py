"""A small shop: a light API (`shop_api.main`) and an ML service (`shop_api.ml.main`)."""
