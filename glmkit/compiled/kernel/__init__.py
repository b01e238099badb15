"""The source of the compiled pass."""
