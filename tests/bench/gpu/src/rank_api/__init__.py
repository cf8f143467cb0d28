"""A search service in two parts: the API, and the ML service that it asks."""
