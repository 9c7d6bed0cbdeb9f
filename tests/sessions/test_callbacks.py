"""What the callbacks of a session know of one another."""

import types

from tfgan_transfer.sessions import callbacks
from tfgan_transfer.settings import config
from tfgan_transfer.training.calls import Calls
from tfgan_transfer.training.deadline import Deadline


def test_calls_end_where_anything_is_due(tmp_path):
    flags = {"checkpoint_every": 70, "sample_every": 0, "log_every": 50}
    flags |= {"steps_per_call": 40, "eval_every": 110, "steps": 200}
    settings = config.resolve(flags, None, side=8, count=40)
    steering = types.SimpleNamespace(every=16)
    chain = callbacks.around(
        [],
        settings,
        tmp_path,
        None,
        Deadline(None),
        start=3,
        end=150,
        manifest={},
        workers=1,
        steering=[steering],
    )
    (calls,) = [one for one in chain if isinstance(one, Calls)]
    assert (calls.longest, calls.start, calls.end) == (40, 3, 150)
    assert sorted(calls.cadences) == [0, 16, 50, 70, 110]
