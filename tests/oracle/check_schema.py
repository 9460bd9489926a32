"""Checks the published JSON Schemas with foreign eyes.

    check_schema.py FOLDER    FOLDER is the repository

Every schema of schemas/ must be a valid one (draft 2020-12) and describe each of its fields. The claim file of
aoi/kupiansk, read by python's own TOML reader, must conform, and so must a claim that uses every key; each of them
broken in one place must not. Exit code 77 says that python lacks a package; every other failure is an exception.
"""

import copy
import json
import pathlib
import sys

try:
    import tomllib

    from jsonschema import Draft202012Validator
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

EVERY_KEY = """
[claim]
id = "every-key_1.0"
text = "the words"
source = "who, where"
source_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"
made_at = 2025-11-28
asserts = "did_not_occur"
bbox = [37.5, 49, 37.8, 49.8]
location_error_m = 500
window = [2025-11-20, "2025-11-30"]
kinds = ["burned_fields", "impact_area", "built_damage", "thermal", "fire_position"]
smallest_effect = { burned_fields = 25, impact_area = 1.5, built_damage = "some", thermal = "heavy" }
sides = ["one", "another"]
prior = 0.25
[claim.imagery]
before = ["a..b/2025-11-18.tif"]
after = "2025-12-01.tif"
before_date = 2025-11-18
after_date = "2025-12-01"
bands = ["B04", "B8A"]
scale = 1e-4
offset = -0.1
stack = ["radar"]
hotspots = "firms.csv"
[[claim.imagery.control]]
before = "2024-11-18.tif"
after = ["2024-12-01.tif"]
before_date = 2024-11-18
after_date = 2024-12-01
"""

EVERY_JOB_KEY = """
id = "every-key"
catalogue = "earth-search"
collections = ["sentinel-2-l2a"]
since = 2025-01-01
look_back_days = 21
least_clear = 0.2
per_pass = 50
recipe = "recipe.toml"
set = ["burn.min_area_ha=1"]
out = "watch"
[[area]]
id = "north"
name = "The north"
bbox = [37.5, 49, 37.8, 49.8]
[[area]]
id = "south"
aoi = "south.geojson"
[baseline]
strategy = "median_clear"
scenes = 3
least_clear = 0.6
season_days = 30
[alerts]
false_alerts_per_year = 0.5
states = ["first", "confirmed"]
command = ["notify", "--quiet"]
webhook = { url = "https://example.org/hook", secret_env = "HOOK_SECRET" }
"""

GONE = object()

# Where in the claim, and what stands there instead.
BROKEN = [
    (["id"], "../up"),
    (["id"], GONE),
    (["text"], "  "),
    (["source_sha256"], "abc"),
    (["asserts"], "maybe"),
    (["aoi"], "area.geojson"),
    (["bbox"], [37.5, 49.0, 37.8]),
    (["bbox"], [37.5, 49.0, 370.8, 49.8]),
    (["bbox"], GONE),
    (["location_error_m"], 50001),
    (["window"], ["2025-11-20"]),
    (["window", 0], "20.11.2025"),
    (["kinds"], []),
    (["kinds", 0], "thermal"),
    (["kinds", 0], "shelling"),
    (["smallest_effect", "thermal"], 0),
    (["smallest_effect", "thermal"], "huge"),
    (["smallest_effect", "fire_position"], 1),
    (["prior"], 1),
    (["txet"], "a key that is unknown"),
    (["imagery", "before", 0], "/etc/passwd"),
    (["imagery", "before", 0], "a/../../b"),
    (["imagery", "after"], "https://example.org/x.tif"),
    (["imagery", "after"], "C:x.tif"),
    (["imagery", "stack"], []),
    (["imagery", "control", 0, "befor"], "x.tif"),
]


BROKEN_JOBS = [
    (["id"], "../up"),
    (["catalogue"], " "),
    (["since"], GONE),
    (["since"], "soon"),
    (["area"], []),
    (["area", 0, "id"], "a/b"),
    (["area", 0, "aoi"], "area.geojson"),
    (["area", 1, "aoi"], GONE),
    (["look_back_days"], 13),
    (["least_clear"], 1.5),
    (["per_pass"], 0),
    (["baseline", "strategy"], "best"),
    (["baseline", "scenes"], 0),
    (["alerts", "false_alerts_per_year"], 0),
    (["alerts", "states", 0], "second"),
    (["alerts", "webhook", "url"], "ftp://example.org"),
    (["alerts", "webhook", "secret_env"], GONE),
    (["sinse"], "2025-01-01"),
]


def as_json(text):
    return json.loads(json.dumps(tomllib.loads(text), default=lambda day: day.isoformat()))


def broken(document, path, value):
    document = copy.deepcopy(document)
    holder = document.get("claim", document)
    for step in path[:-1]:
        holder = holder[step]
    if value is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return document


def undescribed(schema, at):
    """Properties without a description of their own or of what they refer to."""
    found = []
    if isinstance(schema, dict):
        for name, field in schema.get("properties", {}).items():
            if isinstance(field, dict) and "description" not in field and "$ref" not in field:
                found.append(f"{at}/{name}")
        for name, inner in schema.items():
            found += undescribed(inner, f"{at}/{name}")
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            found += undescribed(inner, f"{at}/{index}")
    return found


def check(folder):
    schemas = sorted((folder / "schemas").glob("*.schema.json"))
    assert [path.name for path in schemas] == ["claim.schema.json", "verdict.schema.json", "watch.schema.json"], schemas
    for path in schemas:
        schema = json.loads(path.read_text())
        Draft202012Validator.check_schema(schema)
        bare = [at for at in undescribed(schema, "")]
        assert path.name == "verdict.schema.json" or not bare, bare
    claim = Draft202012Validator(json.loads(schemas[0].read_text()))
    for text in [(folder / "aoi/kupiansk/claims.toml").read_text(), EVERY_KEY]:
        errors = [error.message for error in claim.iter_errors(as_json(text))]
        assert not errors, errors
    for path, value in BROKEN:
        assert not claim.is_valid(broken(as_json(EVERY_KEY), path, value)), f"{path} = {value!r} was accepted"
    assert not claim.is_valid({"claim": []}) and not claim.is_valid({})
    job = Draft202012Validator(json.loads(schemas[2].read_text()))
    errors = [error.message for error in job.iter_errors(as_json(EVERY_JOB_KEY))]
    assert not errors, errors
    for path, value in BROKEN_JOBS:
        assert not job.is_valid(broken(as_json(EVERY_JOB_KEY), path, value)), f"{path} = {value!r} was accepted"
    print(f"{len(schemas)} schemas checked, {len(BROKEN)} broken claims and {len(BROKEN_JOBS)} broken jobs refused")


if __name__ == "__main__":
    check(pathlib.Path(sys.argv[1]))
