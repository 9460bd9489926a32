"""Checks a GeoPackage, and a GeoJSON of the same objects, with GDAL's command line, sqlite3 and shapely.

usage: check_gpkg.py FILE.gpkg FILE.geojson EPSG PIXEL (in units of the system). Exits 77 when a tool is not there.
"""

import json
import shutil
import sqlite3
import subprocess
import sys

try:
    import shapely
    import shapely.geometry
except ImportError:
    sys.exit(77)
if not (shutil.which("ogrinfo") and shutil.which("ogr2ogr")):
    sys.exit(77)

package, collection, code, step = sys.argv[1:5]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, f"{command}: {done.stderr}"
    return done.stdout


def lonlat(path):
    # One vertex a pixel: GDAL moves vertices only, and long edges would stay straight.
    text = run("ogr2ogr", "-f", "GeoJSON", "-t_srs", "EPSG:4326", "-segmentize", step,
               "-lco", "COORDINATE_PRECISION=12", "/vsistdout/", path)
    return json.loads(text)["features"]


database = sqlite3.connect(package)
assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
assert database.execute("PRAGMA foreign_key_check").fetchall() == []
assert database.execute("PRAGMA application_id").fetchone() == (0x47504B47,)

layer = run("ogrinfo", "-so", package, "objects")
assert "Geometry: Multi Polygon" in layer, layer
assert f'    ID["EPSG",{code}]]' in layer, layer
definition = database.execute("SELECT definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (int(code),)).fetchone()[0]
same = run("gdalsrsinfo", "-o", "proj4", definition).strip() == run("gdalsrsinfo", "-o", "proj4", f"EPSG:{code}").strip()
assert same, definition

with open(collection, encoding="utf-8") as file:
    document = json.load(file)
ours, theirs = document["features"], lonlat(package)
count = f"Feature Count: {len(ours)}\n"
assert len(ours) == len(theirs) > 0 and count in layer, (len(ours), len(theirs), layer)
pixel = float(document["groundtell"]["pixel_degrees"])
crossing = 0
for mine, other in zip(ours, theirs):
    assert mine["id"] == other["properties"]["id"]
    assert mine["properties"]["pixels"] == other["properties"]["pixels"]
    shape = shapely.geometry.shape(mine["geometry"])
    assert shape.is_valid, shapely.is_valid_reason(shape)
    parts = shape.geoms if hasattr(shape, "geoms") else [shape]
    for part in parts:
        assert part.exterior.is_ccw and not any(hole.is_ccw for hole in part.interiors)
        assert all(abs(x) <= 180 for x, _ in part.exterior.coords)
    west, _, east, _ = mine["bbox"]
    crossing += west > east
    if west > east:
        # GDAL does not cut what it reprojects: bring both to 0..360.
        turn = lambda geometry: shapely.transform(geometry, lambda xy: (xy + [360, 0]) * (xy[:, :1] < 0) + xy * (xy[:, :1] >= 0))
        flat = shapely.union_all([turn(part) for part in parts])
        difference = flat.symmetric_difference(turn(shapely.geometry.shape(other["geometry"]))).area
        scale = flat.length
    else:
        reference = shapely.geometry.shape(other["geometry"])
        difference, scale = shape.symmetric_difference(reference).area, shape.length
        assert shapely.box(*mine["bbox"]).covers(shape)
    # On average 0.05 pixels apart at most where edges are long, else a centimetre, which 7 decimals are.
    long_edges = mine["properties"]["pixels"] > 1000
    assert difference <= scale * (pixel / 20 if long_edges else pixel / 200 + 1e-7), (mine["id"], difference, scale)
assert (crossing > 0) == (code == "32660"), crossing
print(len(ours), "objects agree in", code, "of which", crossing, "cross the antimeridian")
