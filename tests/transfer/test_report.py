"""The printed and the recorded mapping."""

import json

from tfgan_transfer.transfer import report
from tfgan_transfer.transfer.report import Row

ROWS = (
    Row("generator", "input/kernel", "copied", "", 1500),
    Row("generator", "output/kernel", "copied", "", 300),
    Row("generator", "up1_norm/gamma", "adapted", "tile over 5 labels", 200),
    Row("generator", "up2/kernel", "dropped", "smaller image", 4000),
    Row("critic", "score/kernel", "copied", "", 75),
    Row("critic", "class_logits/kernel", "fresh", "class head", 25),
)


def test_table():
    assert report.table(ROWS).split("\n") == [
        "generator  copied    2 weights 90.0 % of 2,000 parameters",
        "generator  adapted   1 weight  10.0 % of 2,000 parameters",
        "generator  dropped   1 weight  4,000 parameters",
        "  adapted  up1_norm/gamma: tile over 5 labels",
        "  dropped  up2/kernel: smaller image",
        "critic     copied    1 weight  75.0 % of 100 parameters",
        "critic     fresh     1 weight  25.0 % of 100 parameters",
        "  fresh    class_logits/kernel: class head",
    ]


def test_record_is_json_in_the_same_order():
    recorded = json.loads(json.dumps(report.record(ROWS)))
    assert recorded[2] == {
        "network": "generator",
        "path": "up1_norm/gamma",
        "kind": "adapted",
        "note": "tile over 5 labels",
        "size": 200,
    }
    assert [Row(**row) for row in recorded] == list(ROWS)
