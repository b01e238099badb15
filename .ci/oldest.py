"""Print the lower bounds of pyproject.toml as constraints for pip: python .ci/oldest.py pyproject.toml."""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["project"]
requirements = [*project["dependencies"], *project["optional-dependencies"]["test"]]
bounds = dict(re.fullmatch(r"([\w-]+)>=([\d.]+)(?:,<[\d.]+)?", line).groups() for line in requirements)
print("\n".join(f"{name}=={version}" for name, version in bounds.items()))
