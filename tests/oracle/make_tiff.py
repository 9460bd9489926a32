"""Tiny GeoTIFFs of every common form, and what rasterio reads from them.

usage: make_tiff.py FOLDER > tiff.json   (FOLDER is tests/data/tiff; each file stays under 4 KiB)
Per file: shape, dtype, nodata (as text), epsg, geotransform (as text), descriptions, scales, offsets, `block`
(columns, rows), overviews (columns, rows), and `windows`: level, bands from zero, [col, row, width, height], the number of
blocks touched that hold data, and the sha256 of the samples (band after band, row by row, little-endian).
"""
import hashlib, json, os, sys, warnings

os.environ.update(GDAL_PAM_ENABLED="NO")
warnings.filterwarnings("ignore")
import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

FOLDER = sys.argv[1]
WIDTH, HEIGHT = 19, 13
SEED = np.random.default_rng(7)


def ramp(dtype, bands, width, height):
    """Slopes with a little noise: compressible, and every byte of a sample in use."""
    rows, cols = np.mgrid[0:height, 0:width]
    base = np.stack([(band + 1) * (3 * rows + 5 * cols) for band in range(bands)]).astype("float64")
    base += SEED.integers(0, 3, base.shape)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return (base / 8 - 20).astype(dtype)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    step = max(1, int(high // 2000) * 3)
    return ((base.astype("int64").astype(object) * step + low) % (int(high) + 1 if low == 0 else int(high))).astype(dtype)


def touched(window, block, shape, planar, bands, filled):
    col, row, width, height = window
    across = range(col // block[0], -(-(col + width) // block[0]))
    down = range(row // block[1], -(-(row + height) // block[1]))
    return sum(1 for y in down for x in across if filled(x, y)) * (len(set(bands)) if planar else 1)


def windows(width, height):
    return [[0, 0, width, height], [width - 1, height - 1, 1, 1], [width // 3, height // 4, width // 2, height // 2],
            [0, height - 2, width, 2], [width - 4, 0, 4, height]]


def record(name, filled=lambda x, y: True):
    path = os.path.join(FOLDER, name + ".tif")
    assert os.path.getsize(path) < 4096, (name, os.path.getsize(path))
    with rasterio.open(path) as src:
        planar = src.interleaving is not None and src.interleaving.name == "band" and src.count > 1
        block = src.block_shapes[0][::-1]
        found = {
            "shape": [src.count, src.height, src.width], "dtype": src.dtypes[0],
            "nodata": None if src.nodata is None else repr(float(src.nodata)), "epsg": src.crs.to_epsg() if src.crs else None,
            "geotransform": [repr(float(v)) for v in src.transform.to_gdal()], "descriptions": list(src.descriptions),
            "scales": [repr(v) for v in src.scales], "offsets": [repr(v) for v in src.offsets], "block": list(block),
            "overviews": [], "windows": [],
        }
        factors = src.overviews(1)
    for level in range(len(factors) + 1):
        with rasterio.open(path, **({"overview_level": level - 1} if level else {})) as src:
            if level:
                found["overviews"].append([src.width, src.height])
            every = list(range(src.count))
            level_block = src.block_shapes[0][::-1]
            for window in windows(src.width, src.height):
                for bands in ([every, every[::-1], every[-1:]] if src.count > 1 else [every]):
                    data = src.read([band + 1 for band in bands], window=Window(*window))
                    found["windows"].append({
                        "level": level, "bands": bands, "window": window,
                        "chunks": touched(window, level_block, None, planar, bands, filled),
                        "sha256": hashlib.sha256(data.astype(data.dtype.newbyteorder("<")).tobytes()).hexdigest(),
                    })
    return found


def make(name, dtype, bands=2, width=WIDTH, height=HEIGHT, nodata=None, crs="EPSG:32637", data=None, transform=None, **options):
    path = os.path.join(FOLDER, name + ".tif")
    transform = transform or from_origin(600000, 5400000, 10, 10)
    with rasterio.open(path, "w", driver="GTiff", width=width, height=height, count=bands, dtype=dtype, nodata=nodata, crs=crs,
                       transform=transform, **options) as dst:
        if data is None:
            data = ramp(dtype, bands, width, height)
        dst.write(data)
    return path


result = {}
integers = ["uint16", "int16", "uint8", "int32", "uint32", "int8", "int64", "uint64", "float32", "float64"]
floats = ["float32", "float64"]
turn = 0
for tiled in (True, False):
    for interleave in ("pixel", "band"):
        turn += 1
        for codec in ("none", "deflate", "zstd", "lzw"):
            for predictor in (1, 2, 3) if codec != "none" else (1,):
                dtypes = floats if predictor == 3 else integers
                for attempt in range(len(dtypes)):
                    dtype = dtypes[(turn + attempt) % len(dtypes)]
                    name = "_".join(["tiled" if tiled else "striped", interleave, codec, f"p{predictor}", dtype])
                    options = dict(interleave=interleave, compress=codec, tiled=tiled, blockysize=16 if tiled else 5)
                    options |= dict(blockxsize=16) if tiled else {}
                    options |= dict(predictor=predictor) if codec != "none" else {}
                    path = make(name, dtype, **options)
                    if os.path.getsize(path) < 4096:
                        break
                    os.remove(path)
                turn += 1
                result[name] = record(name)

tile = dict(tiled=True, blockxsize=16, blockysize=16)
for dtype in ("int8", "uint32", "int32", "uint64", "int64"):
    name = f"deflate_p2_{dtype}"
    make(name, dtype, compress="deflate", predictor=2, **tile)
    result[name] = record(name)
for bands in (1, 3, 4, 7):
    name = f"zstd_p2_{bands}bands"
    make(name, "uint16", bands=bands, compress="zstd", predictor=2, **tile)
    result[name] = record(name)
for codec, predictor, dtype in (("deflate", 2, "uint16"), ("lzw", 2, "int32"), ("zstd", 3, "float32"), ("none", 1, "int16"), ("deflate", 3, "float64"),
                                ("deflate", 2, "uint64")):
    name = f"big_endian_{codec}_{dtype}_p{predictor}"
    make(name, dtype, compress=codec, ENDIANNESS="BIG", blockysize=5, **(dict(predictor=predictor) if codec != "none" else {}))
    result[name] = record(name)
make("bigtiff", "uint16", BIGTIFF="YES", compress="deflate", **tile)
result["bigtiff"] = record("bigtiff")
make("bigtiff_big_endian", "uint16", BIGTIFF="YES", ENDIANNESS="BIG", compress="zstd", **tile)
result["bigtiff_big_endian"] = record("bigtiff_big_endian")
make("packbits", "uint8", compress="packbits", data=np.repeat(ramp("uint8", 2, WIDTH, HEIGHT)[:, :, :1], WIDTH, axis=2))
result["packbits"] = record("packbits")
for bits, dtype in ((1, "uint8"), (2, "uint8"), (4, "uint8"), (12, "uint16"), (24, "uint32")):
    for interleave in ("pixel", "band"):
        name = f"nbits{bits}_{interleave}"
        data = (ramp("uint16", 3, WIDTH, HEIGHT).astype("uint32") % (1 << bits)).astype(dtype)
        make(name, dtype, bands=3, data=data, NBITS=bits, interleave=interleave, compress="deflate", **tile)
        result[name] = record(name)
for predictor in (1, 2, 3):
    name = f"half_p{predictor}"
    make(name, "float32", NBITS=16, compress="zstd", predictor=predictor, **tile)
    result[name] = record(name)

for interleave, nodata in (("pixel", 7), ("band", None)):
    name = f"sparse_{interleave}"
    path = os.path.join(FOLDER, name + ".tif")
    with rasterio.open(path, "w", driver="GTiff", width=40, height=40, count=2, dtype="uint16", nodata=nodata, crs="EPSG:3035",
                       transform=from_origin(4e6, 3e6, 20, 20), SPARSE_OK="TRUE", compress="zstd", interleave=interleave, **tile) as dst:
        dst.write(ramp("uint16", 2, 16, 16), window=Window(16, 16, 16, 16))
    result[name] = record(name, filled=lambda x, y: (x, y) == (1, 1))

steps = np.kron(ramp("uint8", 2, 13, 9), np.ones((1, 4, 4), "uint8"))[:, :33, :50]
path = make("overviews", "uint8", bands=2, width=50, height=33, compress="deflate", data=steps, **tile)
with rasterio.open(path, "r+") as dst:
    dst.build_overviews([2, 4], rasterio.enums.Resampling.nearest)
result["overviews"] = record("overviews")

path = make("described", "int16", bands=2, nodata=-9999, crs="EPSG:4326", transform=from_origin(37.5, 48.25, 0.1, 0.2), compress="deflate")
with rasterio.open(path, "r+") as dst:
    dst.descriptions, dst.scales, dst.offsets = ("B04 <red> & more", "B08"), (0.0001, 0.0002), (-0.1, 0.0)
    dst.update_tags(TIFFTAG_DATETIME="2024:05:06 07:08:09", TIFFTAG_SOFTWARE="made by hand", PROCESSING="05.10")
    dst.update_tags(2, WAVELENGTH="833")
result["described"] = record("described")
path = os.path.join(FOLDER, "point.tif")
with rasterio.open(path, "w", driver="GTiff", width=9, height=5, count=1, dtype="uint8", crs="EPSG:3857", transform=from_origin(0, 64, 4, 8)) as dst:
    dst.update_tags(AREA_OR_POINT="Point")
    dst.write(ramp("uint8", 1, 9, 5))
result["point"] = record("point")
make("nan", "float32", bands=1, nodata=float("nan"), compress="lzw")
result["nan"] = record("nan")
print(json.dumps({"gdal": rasterio.__gdal_version__, "files": result}, indent=0, sort_keys=True))
