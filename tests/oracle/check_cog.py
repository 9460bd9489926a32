"""Checks files of the COG writer with rio-cogeo, rasterio (GDAL) and numpy.

Usage: check_cog.py FOLDER, where FOLDER holds cases.json (a list; see tests/cog.rs), the raw
little-endian cells FILE.raw, and the files themselves in out/. Ends with 1 at the first
difference. Where GDAL's own validator is installed beside the system's python3 it runs too.
"""

import json
import math
import os
import struct
import subprocess
import sys

import numpy as np
import rasterio
from rio_cogeo.cogeo import cog_validate

DTYPES = {"u8": np.uint8, "i16": np.int16, "f32": np.float32}


def valid_of(cells, nodata):
    """Where there is a value."""
    valid = ~np.isnan(cells) if cells.dtype.kind == "f" else np.ones(cells.shape, bool)
    return valid if nodata is None or math.isnan(nodata) else valid & (cells != nodata)


def quads(cells, fill):
    """The four cells of each overview cell; `fill` beyond odd edges."""
    height, width = cells.shape
    padded = np.full((height + height % 2, width + width % 2), fill, cells.dtype)
    padded[:height, :width] = cells
    return np.stack([padded[0::2, 0::2], padded[0::2, 1::2], padded[1::2, 0::2], padded[1::2, 1::2]])


def average(cells, nodata):
    """Half the size: numpy's mean of what is valid, half to even for integers."""
    valid = quads(valid_of(cells, nodata), False)
    values = np.where(valid, quads(cells, 0).astype(np.float64), 0)
    count = valid.sum(axis=0)
    mean = ((values[0] + values[1]) + (values[2] + values[3])) / np.maximum(count, 1)
    if cells.dtype.kind != "f":
        mean = np.rint(mean)
    void = nodata if nodata is not None else (np.nan if cells.dtype.kind == "f" else 0)
    return np.where(count > 0, mean, void).astype(cells.dtype)


def mode(cells, nodata):
    """Half the size: the most frequent of what is valid, of several the lowest."""
    valid, values = quads(valid_of(cells, nodata), False), quads(cells, 0)
    votes = np.stack([sum((values[i] == values[j]) & valid[j] for j in range(4)) for i in range(4)])
    rank = np.where(valid, votes * 1000 - values.astype(np.int64), -(10**9))
    best = np.take_along_axis(values, rank.argmax(axis=0)[None], axis=0)[0]
    return np.where(valid.any(axis=0), best, 0 if nodata is None else nodata).astype(cells.dtype)


def near(found, expected, what):
    assert math.isclose(float(found), float(expected), rel_tol=1e-11, abs_tol=1e-11), (what, found, expected)


def check_cells(path, case, cells, nodata):
    with rasterio.open(path) as file:
        np.testing.assert_array_equal(file.read(1), cells)
        factors = file.overviews(1)
        assert file.block_shapes == [(case["tile"], case["tile"])]
    step = {"average": average, "mode": mode}[case["overviews"]]
    level = cells
    for number, factor in enumerate(factors):
        level = step(level, nodata)
        with rasterio.open(path, OVERVIEW_LEVEL=number) as file:
            np.testing.assert_array_equal(file.read(1), level, err_msg=f"overview {factor}")
    assert max(level.shape) <= 512, "too few overviews"


def check_words(path, case):
    with rasterio.open(path) as file:
        assert file.crs.to_epsg(confidence_threshold=100) == case["epsg"], file.crs
        assert list(file.transform.to_gdal()) == case["geotransform"], file.transform
        assert (file.width, file.height) == (case["width"], case["height"])
        assert file.scales == (case["scale"],) and file.offsets == (case["offset"],)
        assert file.descriptions == (case["description"],), file.descriptions
        assert (file.units[0] or None) == case["unit"], file.units
        assert (file.compression.value.lower() if file.compression else None) == case["codec"], file.compression
        assert file.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") == "COG"
        assert file.tags()["AREA_OR_POINT"] == "Area"
        for name, text in case["metadata"]:
            assert file.tags().get(name) == text, (name, file.tags())
        for value, name in case["categories"]:
            assert file.tags(1).get(f"CATEGORY_{value}") == name, file.tags(1)
        if case["palette"] is not None:
            colours = file.colormap(1)
            for value, (red, green, blue, alpha) in case["palette"]:
                assert colours[value] == (red, green, blue, alpha), (value, colours[value])
            assert colours[77] == (0, 0, 0, 255)


def check_stats(path, case, cells, nodata):
    values = cells[valid_of(cells, nodata)].astype(np.float64)
    with rasterio.open(path) as file:
        tags = file.tags(1)
    if any(tag.startswith("CATEGORY_") for tag in tags):
        assert not any(tag.startswith("STATISTICS_") for tag in tags), "the mean of classes means nothing"
        return
    near(float(f"{100 * values.size / cells.size:.4g}"), tags["STATISTICS_VALID_PERCENT"], "share")
    assert case["stats"]["valid"] == values.size and case["stats"]["cells"] == cells.size
    if values.size == 0:
        assert "STATISTICS_MEAN" not in tags
        return
    expected = {"min": values.min(), "max": values.max(), "mean": values.mean(), "stddev": values.std()}
    names = {"min": "MINIMUM", "max": "MAXIMUM", "mean": "MEAN", "stddev": "STDDEV"}
    for key, number in expected.items():
        near(tags[f"STATISTICS_{names[key]}"], number, key)
        near(case["stats"][key], number, key)


def check_system_gdal(path):
    """The validator that comes with GDAL, with all tiles' leaders and trailers, if there is one."""
    command = ["/usr/bin/python3", "-m", "osgeo_utils.samples.validate_cloud_optimized_geotiff", "--full-check=yes", path]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if "No module named" in ran.stderr:
        return False
    assert ran.returncode == 0 and "is a valid cloud optimized GeoTIFF" in ran.stdout, ran.stdout + ran.stderr
    assert "warning" not in ran.stdout.lower(), ran.stdout
    return True


def check(folder, case):
    path = os.path.join(folder, "out", case["file"])
    cells = np.fromfile(os.path.join(folder, case["raw"]), DTYPES[case["dtype"]])
    cells = cells.reshape(case["height"], case["width"])
    nodata = None if case["nodata"] is None else float(case["nodata"])
    with open(path, "rb") as file:
        assert struct.unpack("<H", file.read(4)[2:])[0] == (43 if case["big"] else 42)
    sound, errors, warnings = cog_validate(path, strict=True, quiet=True)
    assert sound and not errors and not warnings, (errors, warnings)
    with rasterio.open(path) as file:
        found = file.nodata
        assert found == nodata or (found is not None and nodata is not None and math.isnan(found) and math.isnan(nodata))
    check_words(path, case)
    check_cells(path, case, cells, nodata)
    check_stats(path, case, cells, nodata)
    return check_system_gdal(path)


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "cases.json"), encoding="utf-8") as file:
        cases = json.load(file)
    by_gdal = 0
    for case in cases:
        try:
            by_gdal += check(folder, case)
        except AssertionError:
            print("differs:", case["file"])
            raise
    print(f"{len(cases)} files agree (GDAL {rasterio.__gdal_version__}; {by_gdal} also with GDAL's own validator)")


if __name__ == "__main__":
    main()
