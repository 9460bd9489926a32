#!/usr/bin/env python3
"""Whether our run and a peer's say the same: needs numpy and rasterio.

    agree.py --ours FOLDER --raster PEER.tif --vectors PEER.geojson [--polygons 2643] [--pixels 625822]

dNBR must be equal bit for bit wherever the peer has a value, and missing wherever it has none; the polygons must cover the
same pixels, and be as many. Exits with 1 when anything differs, and says what.
"""
import argparse
import json
import os
import sys

import numpy as np
import rasterio
from rasterio.features import rasterize
from rasterio.warp import transform_geom


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("ours", "raster", "vectors"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--polygons", type=int)
    parser.add_argument("--pixels", type=int)
    return parser.parse_args()


def rows_that_differ(ours, peer):
    """Pixels whose dNBR differs in any bit, and whose presence differs; row band by row band."""
    bits = presence = seen = 0
    for start in range(0, ours.height, 512):
        window = rasterio.windows.Window(0, start, ours.width, min(512, ours.height - start))
        own, other = ours.read(1, window=window), peer.read(1, window=window)
        there, known = ~np.isnan(own), other != np.float32(peer.nodata)
        presence += int((there != known).sum())
        both = there & known
        bits += int((own.view(np.uint32) != other.view(np.uint32))[both].sum())
        seen += int(both.sum())
    return seen, bits, presence


def covered(path, grid, degrees):
    """Features, and the pixels whose centres they cover."""
    with open(path, encoding="utf-8") as text:
        features = json.load(text)["features"]
    shapes = [feature["geometry"] for feature in features]
    if degrees:
        shapes = transform_geom("EPSG:4326", grid.crs, shapes)
    shape = (grid.height, grid.width)
    return features, rasterize(shapes, shape, transform=grid.transform, dtype="uint8") if shapes else np.zeros(shape, "uint8")


def main():
    asked, faults = arguments(), []
    with rasterio.open(os.path.join(asked.ours, "layers", "dnbr.tif")) as ours, rasterio.open(asked.raster) as peer:
        if (ours.shape, ours.transform) != (peer.shape, peer.transform):
            sys.exit(f"other grids: {ours.shape} {ours.transform} and {peer.shape} {peer.transform}")
        seen, bits, presence = rows_that_differ(ours, peer)
        own, mask = covered(os.path.join(asked.ours, "change.geojson"), ours, True)
        others, other_mask = covered(asked.vectors, peer, False)
    pixels = sum(feature["properties"]["pixels"] for feature in own)
    outside = int((mask != other_mask).sum())
    print(f"dNBR: {seen} pixels on both sides, {bits} differ in a bit, {presence} are there on one side only")
    print(f"polygons: {len(own)} and {len(others)}; pixels: {pixels} and {int(other_mask.sum())}; {outside} covered by one only")
    faults += ["dNBR"] if bits or presence else []
    faults += ["polygons"] if len(own) != len(others) or asked.polygons not in (None, len(own)) else []
    faults += ["pixels"] if outside or asked.pixels not in (None, pixels) else []
    sys.exit(f"differ: {', '.join(faults)}" if faults else 0)


if __name__ == "__main__":
    main()
