import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))

from families import families  # noqa: E402, F401
from hand_made import model_base, server  # noqa: E402, F401

from tests.support.ensembles import big  # noqa: E402, F401
from tests.support.running import commands, unbroken  # noqa: E402, F401
