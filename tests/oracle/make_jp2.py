"""Makes tests/data/jp2/*.jp2 (small synthetic images) and tests/oracle/jp2.json: what GDAL reads
from them and, where the real scenes are at hand, from the Sentinel-2 bands over Berlin.

Needs numpy, rasterio, GDAL's command line (JP2OpenJPEG) and OpenJPEG's own tools (in the folder
OPJ_BIN, else from the PATH). The tools answer where GDAL does not: for reduced resolutions, and for
images that do not start at the reference grid's origin, of which GDAL reads wrong blocks.

    python3 tests/oracle/make_jp2.py [folder of the real scenes]
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "data" / "jp2"
REAL = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parents[1] / ".." / "shared" / "realdata")
OPJ = os.environ.get("OPJ_BIN")


def scene(width, height, bands, low, high, dtype, seed):
    """Smooth hills, a sharp edge and a little noise, between low and high."""
    rng = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    out = []
    for band in range(bands):
        hills = numpy.sin(x / (29.0 + band)) * numpy.cos(y / 37.0) + 0.4 * (x + band * 7 > y)
        hills += rng.normal(0, 0.0002, hills.shape)
        hills = (hills - hills.min()) / (hills.max() - hills.min())
        out.append(numpy.round(low + hills * (high - low)))
    stack = numpy.stack(out).astype(dtype)
    stack[:, height // 3 : height // 3 + 9, width // 4 : width // 4 + 14] = 0
    return stack


UTM = (CRS.from_epsg(32637), Affine(10, 0, 399960, 0, -10, 5500020))
SOUTH = (CRS.from_epsg(32722), Affine(20, 0, 199980, 0, -20, 5900020))
DEGREES = (CRS.from_epsg(4326), Affine(0.0002, 0, 37.25, 0, -0.0001, 49.75))
LAEA = (CRS.from_epsg(3035), Affine(20, 0, 5271982.5, 0, -20, 2533004.25))
TILES = ["BLOCKXSIZE=64", "BLOCKYSIZE=64", "RESOLUTIONS=4"]
LOSSLESS = ["REVERSIBLE=YES", "QUALITY=100"]

# name: (width, height, bands, low, high, dtype, place, creation options)
SYNTHETIC = {
    "rev-64.jp2": (150, 110, 1, 0, 12000, "uint16", UTM, LOSSLESS + TILES),
    "rpcl-plt-tlm.jp2": (
        150, 110, 1, 0, 12000, "uint16", SOUTH,
        LOSSLESS + ["BLOCKXSIZE=128", "BLOCKYSIZE=128", "PROGRESSION=RPCL", "PLT=YES", "TLM=YES", "RESOLUTIONS=4", "PRECINCTS={64,64},{32,32}"],
    ),
    "irr97-layers.jp2": (150, 110, 1, 0, 12000, "uint16", UTM, ["REVERSIBLE=NO", "QUALITY=10,25,50"] + TILES),
    "sop-eph-parts.jp2": (
        150, 110, 1, 0, 12000, "uint16", UTM,
        LOSSLESS + TILES + ["SOP=YES", "EPH=YES", "TILEPARTS=RESOLUTIONS", "PROGRESSION=RLCP"],
    ),
    "rgb-mct.jp2": (100, 70, 3, 0, 255, "uint8", UTM, LOSSLESS + TILES + ["YCC=YES"]),
    "rgb-irr.jp2": (100, 70, 3, 0, 255, "uint8", UTM, ["REVERSIBLE=NO", "QUALITY=60"] + TILES),
    "five-bands.jp2": (70, 40, 5, 0, 9000, "uint16", UTM, LOSSLESS + TILES),
    "signed.jp2": (80, 80, 1, -3000, 3000, "int16", UTM, LOSSLESS + TILES),
    "twelve-bits.jp2": (80, 80, 1, 0, 4095, "uint16", UTM, LOSSLESS + TILES + ["NBITS=12"]),
    "one-tile.jp2": (90, 60, 1, 0, 12000, "uint16", UTM, LOSSLESS + ["BLOCKXSIZE=1024", "BLOCKYSIZE=1024", "RESOLUTIONS=6"]),
    "styles.jp2": (80, 80, 1, 0, 12000, "uint16", UTM, LOSSLESS + TILES + ["CODEBLOCK_STYLE=BYPASS,RESET,TERMALL,VSC,SEGSYM"]),
    "gml-utm.jp2": (40, 30, 1, 0, 99, "uint8", UTM, LOSSLESS + ["GeoJP2=NO"]),
    "gml-degrees.jp2": (40, 30, 1, 0, 99, "uint8", DEGREES, LOSSLESS + ["GeoJP2=NO"]),
    "gml-laea.jp2": (40, 30, 1, 0, 99, "uint8", LAEA, LOSSLESS + ["GeoJP2=NO"]),
    "geojp2-degrees.jp2": (40, 30, 1, 0, 99, "uint8", DEGREES, LOSSLESS + ["GMLJP2=NO"]),
    "geojp2-laea.jp2": (40, 30, 1, 0, 99, "uint8", LAEA, LOSSLESS + ["GMLJP2=NO"]),
    "boxes-behind.jp2": (40, 30, 1, 0, 99, "uint8", UTM, LOSSLESS + ["GEOBOXES_AFTER_JP2C=YES"]),
    "bare.j2k": (80, 80, 1, 0, 12000, "uint16", None, LOSSLESS + ["BLOCKXSIZE=64", "BLOCKYSIZE=64", "CODEC=J2K"]),
}

# Floating-point wavelets: decoders may differ by one, so that samples are kept and not their digest.
IRREVERSIBLE = {"irr97-layers.jp2", "rgb-irr.jp2", "offset-irr.j2k"}

# Images whose area and tiles start away from the origin: opj_compress options.
OFFSET = {
    "offset.j2k": ["-d", "37,21", "-T", "5,3", "-t", "64,48", "-r", "1"],
    "offset-irr.j2k": ["-d", "37,21", "-T", "5,3", "-t", "64,48", "-I", "-r", "3", "-p", "PCRL", "-n", "4"],
}


def write_synthetic():
    DATA.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for seed, (name, (width, height, bands, low, high, dtype, place, options)) in enumerate(SYNTHETIC.items()):
            source = pathlib.Path(folder) / "source.tif"
            georeference = {} if place is None else {"crs": place[0], "transform": place[1]}
            with rasterio.open(
                source, "w", driver="GTiff", width=width, height=height, count=bands, dtype=dtype, **georeference
            ) as tif:
                tif.write(scene(width, height, bands, low, high, dtype, seed))
            command = ["gdal_translate", "-q", "-of", "JP2OpenJPEG"]
            for option in options:
                command += ["-co", option]
            subprocess.run(command + [str(source), str(DATA / name)], check=True)
            (DATA / (name + ".aux.xml")).unlink(missing_ok=True)
        for seed, (name, options) in enumerate(OFFSET.items()):
            raw = pathlib.Path(folder) / "offset.raw"
            scene(150, 110, 1, 0, 12000, "uint16", 100 + seed)[0].astype(">u2").tofile(raw)
            command = [tool("opj_compress"), "-i", str(raw), "-o", str(DATA / name), "-F", "150,110,1,16,u"]
            subprocess.run(command + options, check=True, stdout=subprocess.DEVNULL)


def tool(name):
    return str(pathlib.Path(OPJ) / name) if OPJ else shutil.which(name) or sys.exit(f"{name} is needed")


def decompressed(path, level, like):
    """The first band at a reduced resolution as OpenJPEG decodes it."""
    with tempfile.TemporaryDirectory() as folder:
        raw = pathlib.Path(folder) / "out.rawl"
        command = [tool("opj_decompress"), "-i", str(path), "-o", str(raw), "-r", str(level)]
        done = subprocess.run(command, stdout=subprocess.DEVNULL)
        return numpy.fromfile(raw, dtype=like) if done.returncode == 0 else None


def digest(array):
    little = array.astype(array.dtype.newbyteorder("<"))
    return hashlib.sha256(little.tobytes()).hexdigest()


def windows(width, height):
    """Windows inside a tile, across tiles, and at the far corner."""
    return [
        (3, 5, 17, 11),
        (width // 2 - 9, height // 3, 30 if width > 60 else 9, height // 2),
        (width - 7, height - 9, 7, 9),
        (0, height // 2, width, 1),
    ]


def described(path):
    with rasterio.open(path) as source:
        shape = source.height, source.width
        entry = {
            "width": source.width,
            "height": source.height,
            "dtype": source.dtypes[0],
            "bands": source.count,
            "chunk": [source.block_shapes[0][1], source.block_shapes[0][0]],
            "geotransform": list(source.transform.to_gdal()) if source.crs else None,
            "epsg": source.crs.to_epsg() if source.crs else None,
        }
        if path.name in OFFSET:
            pixels = decompressed(path, 0, source.dtypes[0]).reshape(1, *shape)
        else:
            pixels = source.read()
    irreversible = path.name in IRREVERSIBLE
    entry["sha256"] = None if irreversible else [digest(band) for band in pixels]
    entry["windows"] = []
    for col, row, width, height in windows(entry["width"], entry["height"]):
        part = pixels[-1, row : row + height, col : col + width]
        kept = {"samples": part.ravel().tolist()} if irreversible else {"sha256": digest(part)}
        entry["windows"].append({"window": [col, row, width, height], **kept})
    if entry["bands"] == 1 and not irreversible:
        reduced = [decompressed(path, level, entry["dtype"]) for level in (1, 2)]
        entry["reduced"] = [digest(pixels) for pixels in reduced if pixels is not None]
    return entry


def main():
    os.environ["GDAL_PAM_ENABLED"] = "NO"
    write_synthetic()
    names = sorted(path.name for path in DATA.iterdir())
    oracle = {
        "gdal": rasterio.__gdal_version__,
        "synthetic": {name: described(DATA / name) for name in names},
        "berlin": {path.name: described(path) for path in sorted((REAL / "s2-l1c-jp2-berlin").glob("*.jp2"))},
    }
    (HERE / "jp2.json").write_text(json.dumps(oracle) + "\n")


if __name__ == "__main__":
    main()
