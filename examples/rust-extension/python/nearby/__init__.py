"""Finds the nearest places. The search is Rust (`nearby._native`), the service is Python."""
