"""Looks at a set of images before anyone trains on it.

  python -m tfgan_transfer.check --data=folder:photos
  python -m tfgan_transfer.check --data=folder:photos --out=photos.html
  python -m tfgan_transfer.check --data=zip:photos.zip --json

Finds files that cannot be read, pictures that occur twice (copied, mirrored,
rescaled, re-encoded), blank and foreign pictures, grey ones among coloured,
what the crop cuts off, and uneven labels; says what to do about each. --out
writes a page with the pictures. The exit code is 0 if there is nothing to
mend, 1 if something was found, and 2 if the set cannot be read.
"""

import json
import pathlib

from tfgan_transfer.commands import app, flags, pages
from tfgan_transfer.errors import UserError

flags.define("check")


def main() -> int:
    """Surveys the set, prints what was found, writes the page."""
    given = flags.given()
    if not given.get("data"):
        raise UserError(
            "--data: expected the images to look at, received none; give "
            "--data=folder:PATH or --data=zip:PATH"
        )
    out = pathlib.Path(given.get("out") or "check.html")
    if out.suffix.lower() not in (".html", ".htm"):
        raise UserError(
            f"--out: expected the name of a page, such as check.html, received "
            f"{str(out)!r}"
        )

    if given.get("out"):
        pages.prepare(out)

    from tfgan_transfer.data import subset
    from tfgan_transfer.inspection import findings, page, summary, survey
    from tfgan_transfer.settings.sizes import parse_size

    seen = survey.take(
        given["data"],
        parse_size(given["size"]) if given.get("size") else None,
        given.get("fit", "crop"),
        subset.names(given.get("classes")),
        given.get("max_value"),
    )
    found = findings.of(seen)
    if given.get("json"):
        print(json.dumps(summary.record(seen, found), indent=1))
    else:
        print(*summary.lines(seen, found), sep="\n")
    if given.get("out"):
        out.write_text(page.render(seen, found), encoding="utf-8")
        if not given.get("json"):
            print(out)
    return 1 if found else 0


if __name__ == "__main__":
    app.run(main)
