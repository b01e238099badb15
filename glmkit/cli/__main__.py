"""Run the command line with ``python -m glmkit.cli``."""

from __future__ import annotations

import sys

from glmkit.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
