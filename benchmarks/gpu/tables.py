"""Markdown of what `evidence.py` has found: python benchmarks/gpu/tables.py OUT

One table for each job, under what it finds out; with the card's name.
"""

import pathlib
import sys

import results


def flat(row: dict) -> dict:
    """A row with one value per column: metrics by their names."""
    found = {}
    for key, value in row.items():
        if key == "evaluation":
            found |= {metric["name"]: metric["value"] for metric in value}
        elif not isinstance(value, dict | list):
            found[key] = value
    return found


def shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 100 else f"{value:,.0f}"
    return "" if value is None else str(value)


def table(rows: list[dict]) -> list[str]:
    """Lines of a table with the columns of all rows, in their order."""
    rows = [flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for row in rows:
        cells = " | ".join(shown(row.get(name)) for name in names)
        lines.append(f"| {cells} |")
    return lines


def section(name: str, job: dict) -> list[str]:
    lines = [f"## {name}", "", job["about"]]
    if job["state"] != "done":
        lines[-1] += f" ({job['state']})"
    return [*lines, "", *(table(job["rows"]) if job["rows"] else ["No rows."])]


def markdown(found: dict) -> str:
    """The whole page."""
    machine = found["machine"]
    card = ", ".join(machine.get("cards", ())) or "no GPU"
    about = f"{card}; driver and memory: {machine.get('driver') or 'none'}; "
    about += f"TensorFlow {machine.get('tensorflow')}, Python "
    about += f"{machine.get('python')}, {machine.get('processors')} processors."
    lines = ["# Evidence", "", about]
    for name, job in found["jobs"].items():
        lines += ["", *section(name, job)]
    return "\n".join(lines) + "\n"


def main():
    if len(sys.argv) != 2:
        sys.exit("error: expected one folder of results; see --out of evidence")
    print(markdown(results.read(pathlib.Path(sys.argv[1]))), end="")


if __name__ == "__main__":
    main()
