import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from ensembles import big  # noqa: E402, F401
from running import commands, unbroken  # noqa: E402, F401
from tagged import pictures  # noqa: E402, F401
