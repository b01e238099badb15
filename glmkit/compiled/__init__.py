"""Passes over many rows as compiled code, where the extra "fast" is installed."""
