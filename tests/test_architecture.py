"""Import rules, budgets and names of DESIGN: read off the syntax trees."""

import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PACKAGE = ROOT / "tfgan_transfer"
FILES = sorted(PACKAGE.rglob("*.py"))

# Who may import whom inside the package, by first path segment. Everybody
# may import itself and `errors`. Imports point downwards.
LEAVES = {
    "images",
    "pixels",
    "provenance",
    "markup",
    "losses",
    "class_losses",
    "augment",
}
LEAVES |= {"translation_losses", "spectrum", "feature_matching"}
ROOMS = {
    "ops": set(),
    "layers": {"ops"},
    "networks": {"layers", "ops", "settings"},
    "gans": {"losses", "class_losses", "translation_losses", "augment"}
    | {"spectrum", "feature_matching", "ops"},
    "data": set(),
    "metrics": set(),
    "transfer": set(),
    "serving": set(),
    "settings": set(),
    "training": {"settings", "layers", "images", "ops"},
    "trained": {"training", "settings", "networks", "layers", "data"}
    | {"images", "serving"},
    "evaluations": {"trained", "training", "settings", "data", "metrics"}
    | {"images", "networks"},
    "inspection": {"data", "networks", "settings", "markup"},
}
ROOMS["families"] = {*ROOMS, *LEAVES}
ROOMS["library"] = {*ROOMS["families"], "families"}
ROOMS["reports"] = {*ROOMS["families"], "families"}
ROOMS["sessions"] = {*ROOMS["families"], "families"}
ROOMS["planning"] = {*ROOMS["sessions"], "sessions", "reports"}
ROOMS["studies"] = {*ROOMS["sessions"], "sessions", "commands"}
ROOMS["commands"] = {"settings"}
ALLOWED = {**ROOMS, **{leaf: set() for leaf in LEAVES}}
ALLOWED["translation_losses"] = {"losses"}
ALLOWED["augment"] = {"ops"}
ENTRY_POINTS = {p.stem for p in PACKAGE.glob("*.py")} - set(ALLOWED)
GANS = FAMILIES = {"wgan_gp", "acgan", "stack_gan", "cyclegan"}


def name(path):
    return str(path.relative_to(ROOT))


def segment(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path):
    """Modules of the package that a file imports, as dotted paths."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{a.name}" for a in node.names)


def ours(path):
    for module in imported(path):
        parts = module.split(".")
        if parts[0] == "tfgan_transfer" and len(parts) > 1:
            yield parts[1:]


def module(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(files):
    """Module -> modules of ours that it imports anywhere, also in functions.

    `from room import file` asks for the file, not for all that the room has.
    """
    known = {module(path): path for path in files}

    def asked(path):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    yield full if full in known else node.module

    return {
        here: ({*asked(path)} & known.keys()) - {here}
        for here, path in known.items()
    }


def test_there_is_no_import_circle():
    graph, done = imports(FILES), set()

    def visit(here, way):
        if here in way:
            circle = [*way[way.index(here) :], here]
            pytest.fail(f"a circle: {' -> '.join(circle)}")
        if here not in done:
            for there in sorted(graph[here]):
                visit(there, [*way, here])
            done.add(here)

    for start in sorted(graph):
        visit(start, [])


@pytest.mark.parametrize("path", FILES, ids=name)
def test_import_rules(path):
    here = segment(path)
    if here in ENTRY_POINTS:
        return
    for parts in ours(path):
        may = ALLOWED[here] | {here, "errors", "pixels", "provenance"}
        if path.name == "rank.py":
            may |= {"metrics"}
        assert parts[0] in may, f"{name(path)} imports {'.'.join(parts)}"


def test_gans_do_not_import_one_another():
    for path in PACKAGE.glob("gans/*.py"):
        if path.stem == "__init__":
            continue
        others = {p[1] for p in ours(path) if p[0] == "gans" and len(p) > 1}
        assert not others & GANS, f"{name(path)} imports {others & GANS}"


def test_wings_of_serving_do_not_import_one_another():
    wings = {"export", "checking", "server"}
    for path in PACKAGE.glob("serving/*/*.py"):
        others = wings - {path.parent.name}
        met = {p[1] for p in ours(path) if p[0] == "serving" and len(p) > 1}
        assert not met & others, f"{name(path)} imports {met & others}"


def test_networks_and_gans_meet_in_families_only():
    for path in FILES:
        meets = {"networks", "gans"} <= {parts[0] for parts in ours(path)}
        assert not meets or segment(path) == "families", name(path)


def test_no_family_is_named_outside_its_rooms():
    """A comparison with a family's name is a fork that `Family` is for."""
    for path in FILES:
        if segment(path) in ("families", "settings"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                named = {s.value for s in sides if isinstance(s, ast.Constant)}
                assert not named & FAMILIES, f"{name(path)}:{node.lineno}"


def test_flags_live_in_commands_only():
    for path in FILES:
        if segment(path) != "commands":
            assert "absl" not in {m.split(".")[0] for m in imported(path)}


def test_only_one_file_knows_tfgan():
    knowing = {
        path.name
        for path in FILES
        if any(m.startswith("tensorflow_gan") for m in imported(path))
    }
    assert knowing <= {"inception.py"}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_budgets(path):
    text = path.read_text()
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            size = node.end_lineno - body[0].lineno + 1 if body else 0
            limit = 40 if node.name == "train_step" else 50
            assert size <= limit, f"{node.name} has {size} lines of code"
    if segment(path) in ENTRY_POINTS:
        assert text.count("\n") <= 80


def test_inheritance_is_shallow():
    """Two levels below a class of Keras in gans, one everywhere else."""
    classes, deep = {}, set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                bases = [ast.unparse(b).split(".")[-1] for b in node.bases]
                classes[node.name] = bases
                deep |= {node.name} if segment(path) == "gans" else set()

    def depth(name):
        return 1 + max(map(depth, classes.get(name, [])), default=-1)

    for child in classes:
        limit = 2 if child in deep else 1
        assert depth(child) <= limit, f"{child} is {depth(child)} levels deep"


def test_names_and_markers():
    vague = re.compile(r"(utils?|helpers?|misc|common)\.py$")
    marker = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    for path in FILES:
        assert not vague.search(path.name)
        assert not marker.search(path.read_text()), name(path)
