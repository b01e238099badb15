"""Data that are too large for one frame: where their chunks come from."""
