"""Writes vector.json: sieves and polygons of masks as rasterio (GDAL) and shapely see them.

Masks are rows of hexadecimal numbers, the first column in the highest of `width` bits.
`polygons` lists [pixels, rings] of each polygon, sorted; `outline` is the sha256 of the canonical
text of all rings: every ring from its first corner in raster order, exterior counter-clockwise and
holes clockwise with north up, "x,y" joined by spaces, rings sorted and joined by newlines.
"""

import hashlib
import json
import pathlib

import numpy as np
import rasterio.features
import scipy.ndimage
import shapely
import shapely.geometry

RNG = np.random.default_rng(20240229)


def masks():
    for density in (0.1, 0.3, 0.45, 0.5, 0.55, 0.7, 0.9):
        for height, width in ((13, 17), (40, 64), (64, 33)):
            yield f"noise {density} {height}x{width}", RNG.random((height, width)) < density
    for sigma, share in ((0.7, 0.5), (1.0, 0.3), (1.5, 0.5), (2.5, 0.2), (3.0, 0.6)):
        field = scipy.ndimage.gaussian_filter(RNG.normal(size=(64, 64)), sigma)
        yield f"patches {sigma} {share}", field > np.quantile(field, 1 - share)
    rows, columns = np.indices((24, 31))
    yield "checkerboard", (rows + columns) % 2 == 0
    yield "checkerboard of pairs", (rows // 2 + columns // 2) % 2 == 0
    yield "full", np.ones((5, 9), bool)
    yield "empty", np.zeros((5, 9), bool)
    yield "one pixel", np.ones((1, 1), bool)
    yield "one row", RNG.random((1, 60)) < 0.5
    yield "one column", RNG.random((60, 1)) < 0.5
    nested = np.minimum.reduce([rows, columns, 23 - rows, 30 - columns])
    yield "nested rings", nested % 2 == 0
    yield "lattice", (rows % 2 == 0) | (columns % 2 == 0)
    yield "diagonals", (rows - columns) % 5 < 2
    yield "pinched rings", (nested % 2 == 0) ^ (rows == columns)


def hexed(mask):
    return [f"{int(''.join('1' if pixel else '0' for pixel in row), 2):x}" for row in mask]


def doubled_area(ring):
    """Positive when counter-clockwise with north up; rows grow downwards."""
    return sum(bx * ay - ax * by for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1]))


def canonical(ring, counter_clockwise):
    ring = [(int(x), int(y)) for x, y in ring[:-1]]
    turns = [
        b for a, b, c in zip(ring[-1:] + ring[:-1], ring, ring[1:] + ring[:1])
        if (b[0] - a[0]) * (c[1] - b[1]) != (b[1] - a[1]) * (c[0] - b[0])
    ]
    if (doubled_area(turns) > 0) != counter_clockwise:
        turns.reverse()
    first = turns.index(min(turns, key=lambda corner: (corner[1], corner[0])))
    return " ".join(f"{x},{y}" for x, y in turns[first:] + turns[:first])


def shapes(mask, connectivity):
    found = rasterio.features.shapes(mask.astype("uint8"), mask=mask, connectivity=connectivity)
    return [geometry["coordinates"] for geometry, _ in found]


def polygons(mask):
    fours = shapes(mask, 4)
    lines = sorted(canonical(ring, index == 0) for rings in fours for index, ring in enumerate(rings))
    geometries = [shapely.geometry.Polygon(rings[0], rings[1:]) for rings in fours]
    eights = [shapely.geometry.Polygon(rings[0], rings[1:]) for rings in shapes(mask, 8)]
    return {
        "polygons": sorted([int(g.area), 1 + len(g.interiors)] for g in geometries),
        "valid": bool(all(shapely.is_valid(geometries))),
        "outline": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        "labels": {
            str(c): np.bincount(scipy.ndimage.label(mask, s)[0].ravel())[1:].tolist()
            for c, s in ((4, None), (8, np.ones((3, 3))))
        },
        "eight_parts": len(eights),
    }


def sieves(mask):
    for size in (2, 3, 5, 10, 40):
        for connectivity in (4, 8):
            if size <= mask.size:
                out = rasterio.features.sieve(mask.astype("uint8"), size, connectivity=connectivity)
                yield {"size": size, "connectivity": connectivity, "rows": hexed(out)}


def case(name, mask):
    mask = np.asarray(mask)
    # The large masks that a sieve empties would fill the file: their results are kept as hashes.
    results = list(sieves(mask))
    for result in results:
        rows = "\n".join(result.pop("rows"))
        result["sha256"] = hashlib.sha256(rows.encode()).hexdigest()
    return {"name": name, "width": mask.shape[1], "rows": hexed(mask), "sieves": results, **polygons(mask)}


cases = [case(name, mask) for name, mask in masks()]
target = pathlib.Path(__file__).with_suffix("").parent / "vector.json"
target.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
print(len(cases), "masks,", sum(not case["valid"] for case in cases), "with an invalid polygon of the oracle's own")
