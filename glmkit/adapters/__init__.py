"""Fits for other people's packages; each adapter imports its package when it is called."""
