"""Saved models: JSON of a closed vocabulary, read without running anything."""
