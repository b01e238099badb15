"""R's glm and the ecosystem around it, in Python."""

__version__ = "0.1.0"
