from tests.support.ensembles import big  # noqa: F401
from tests.support.exportable import families  # noqa: F401
from tests.support.hand_made import model_base, server  # noqa: F401
