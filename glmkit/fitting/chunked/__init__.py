"""Fits whose rows come in pieces: passes over a stream, each a sum of per-piece statistics."""
