"""The ML service. Only its image holds the extra `ml`."""
