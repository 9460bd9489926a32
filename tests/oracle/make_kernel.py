"""Makes kernel.json, the foreign oracle of src/kernel: numpy, scipy.ndimage and GDAL (through rasterio).

python3 tests/oracle/make_kernel.py    (seeded; writes beside itself; null stands for NaN)
"""

import json
import pathlib

import numpy as np
import rasterio
import rasterio.warp
import scipy.ndimage as ndi
from rasterio.enums import Resampling
from rasterio.transform import from_origin

rng = np.random.default_rng(20240807)
SHAPE = (12, 16)
f32 = np.float32
GAIN = f32(1e-4)
out = {}


def plain(a):
    """Nested lists; float32 as its shortest decimal, NaN as None."""
    if isinstance(a, np.ndarray):
        return [plain(x) for x in a]
    if isinstance(a, np.floating):
        return None if np.isnan(a) else float(str(a))
    return a.item() if isinstance(a, np.generic) else a


def over(a, b):
    """a / b in float32, NaN where b is not positive."""
    with np.errstate(all="ignore"):
        return np.where(b > 0, (a / b).astype(f32), f32(np.nan)).astype(f32)


def nd(a, b):
    return over(a - b, a + b)


# Indices. Counts are whole numbers, some zero or below, as Sentinel-2 gives them after its offset.
names = ["B", "G", "R", "RE1", "RE2", "RE3", "N", "N2", "S1", "S2"]
counts = {}
for name in names:
    plane = rng.integers(50, 6000, SHAPE).astype(f32)
    plane[0, rng.integers(0, 16, 3)] = 0
    plane[1, rng.integers(0, 16, 3)] = rng.integers(-900, 0, 3)
    plane[2, rng.integers(0, 16)] = np.nan
    counts[name] = plane
B, G, R, RE1, RE2, RE3, N, N2, S1, S2 = (counts[name] * GAIN for name in names)
with np.errstate(all="ignore"):
    edge = np.sqrt(over(RE2 * RE3 * N2, R))
    index = {
        "MIRBI": f32(10) * S2 - f32(9.8) * S1 + f32(2),
        "BAI": over(f32(1), (f32(0.1) - R) ** 2 + (f32(0.06) - N) ** 2),
        "BAIM": over(f32(1), (N - f32(0.05)) ** 2 + (S2 - f32(0.2)) ** 2),
        "BAIS2": (1 - edge) * (over(S2 - N2, np.sqrt(S2 + N2)) + 1),
        "NBRSWIR": over(S2 - S1 - f32(0.02), S2 + S1 + f32(0.1)),
    }
    # The rest do not know the scale: straight from counts.
    B, G, R, RE1, RE2, RE3, N, N2, S1, S2 = counts.values()
    index |= {
        "NBR": nd(N, S2),
        "NBR2": nd(S1, S2),
        "CSI": over(N, S2),
        "NBRplus": over(S2 - N2 - G - B, S2 + N2 + G + B),
        "NDVI": nd(N, R),
        "kNDVI": np.tanh(nd(N, R) ** 2),
        "NDMI": nd(N, S1),
        "BSI": nd(S1 + R, N + B),
        "NDWI": nd(G, N),
        "MNDWI": nd(G, S1),
        "NDSI": nd(G, S1),
    }
out["counts"] = counts
out["index"] = index

# Change. Digital numbers straight from the file, numpy's own float32 order.
pre = {name: rng.integers(1, 8000, SHAPE).astype(f32) for name in "NSR"}
post = {name: rng.integers(1, 8000, SHAPE).astype(f32) for name in "NSR"}
pre["N"][0, 0] = pre["S"][0, 0] = 0  # no NBR
pre["S"][0, 1] = pre["N"][0, 1]  # NBR before is 0: RdNBR's guard
valid = rng.random(SHAPE) > 0.1
valid[0, :2] = True
with np.errstate(all="ignore"):
    nbr1 = (pre["N"] - pre["S"]) / (pre["N"] + pre["S"])
    nbr2 = (post["N"] - post["S"]) / (post["N"] + post["S"])
    dnbr = np.where(valid, nbr1 - nbr2, f32(np.nan))
    rbr = dnbr / (nbr1 + f32(1.001))
    rdnbr = dnbr / np.sqrt(np.maximum(np.abs(nbr1), f32(0.001)))
    ndvi = (pre["N"] - pre["R"]) / (pre["N"] + pre["R"]) - (post["N"] - post["R"]) / (post["N"] + post["R"])
assert dnbr.dtype == rbr.dtype == rdnbr.dtype == ndvi.dtype == f32
sigma = [f32(310.5), f32(275.25), f32(120.0)]
steps = [(post[b].astype(float) - pre[b]) / s for b, s in zip("NSR", sigma)]
magnitude = np.where(valid, np.sqrt(sum(s**2 for s in steps)), np.nan)
octant = sum((post[b] > pre[b]).astype(int) << bit for bit, b in enumerate("NSR"))
edges = np.array([-0.5, -0.25, -0.1, 0.1, 0.27, 0.44, 0.66], dtype=f32)
out["change"] = {
    "pre": pre,
    "post": post,
    "valid": valid.astype(int),
    "dnbr": dnbr,
    "rbr": rbr,
    "rdnbr": rdnbr,
    "dndvi": np.where(valid, ndvi, f32(np.nan)),
    "sigma": sigma,
    "magnitude": magnitude.astype(f32),
    "octant": np.where(valid, octant, 255),
    "class": np.where(np.isnan(dnbr), 0, np.digitize(dnbr, edges)),
}

# Growing: a structuring element for one case, the exact distance transform for the others.
codes = rng.choice([0, 1, 3, 4, 5, 16, 18], (24, 24), p=[0.75, 0.02, 0.012, 0.008, 0.02, 0.09, 0.1]).astype(np.uint8)
dilations = []
for cloud, shadow in [((5, 5), (3, 3)), ((10, 10), (6, 6)), ((6.25, 5), (0, 0)), ((10 / 3, 10 / 3), (2, 2.5))]:
    def near(mask, radius):
        (rx, ry), (h, w) = radius, mask.shape
        if 0 in radius:
            return np.zeros_like(mask)
        if rx == ry == int(rx):
            y, x = np.ogrid[-rx : rx + 1, -rx : rx + 1]
            return ndi.binary_dilation(mask, x * x + y * y <= rx * rx)
        return ndi.distance_transform_edt(~mask, sampling=(1 / ry, 1 / rx)) <= 1 + 1e-9

    ok = (codes == 0) | ((codes >= 16) & (codes <= 19))
    grown = np.where(ok & near(codes == 5, shadow), 7, codes)
    grown = np.where(ok & near((codes == 3) | (codes == 4), cloud), 6, grown)
    dilations.append({"cloud": cloud, "shadow": shadow, "codes": grown})
out["dilate"] = {"codes": codes, "cases": dilations}

# Thresholds: brute force over every cut of the keys, in float64.
def cuts(keys, score):
    keys = np.sort(keys)
    found = [(score(keys[keys <= k], keys[keys > k]), k) for k in np.unique(keys)[:-1]]
    best = max(s for s, _ in found)
    return (min(k for s, k in found if s == best) + 1) / 1e4


def otsu(a, b):
    return len(a) * len(b) * (a.mean() - b.mean()) ** 2


def kittler(a, b):
    s1, s2 = a.std() * 1e-4, b.std() * 1e-4
    p1 = len(a) / (len(a) + len(b))
    p2 = 1 - p1
    if s1 == 0 or s2 == 0:
        return -np.inf
    return -(1 + 2 * (p1 * np.log(s1) + p2 * np.log(s2)) - 2 * (p1 * np.log(p1) + p2 * np.log(p2)))


heaps = []
for parts in [((300, 0.01, 0.03), (80, 0.4, 0.08)), ((200, -0.05, 0.1), (150, 0.2, 0.05)), ((150, 0.0, 0.02), (30, 0.1, 0.1))]:
    values = np.concatenate([rng.normal(mean, spread, n) for n, mean, spread in parts]).astype(f32)
    keys = np.floor(values.astype(float) * 1e4).astype(int)
    middle = np.sort(keys)[(len(keys) + 1) // 2 - 1]
    away = np.sort(np.abs(keys - middle))
    heaps.append(
        {
            "values": values,
            "otsu": cuts(keys, otsu),
            "kittler": cuts(keys, kittler),
            "mean": float((keys + 0.5).mean() / 1e4),
            "median_key": int(middle),
            "mad": float(away[(len(keys) + 1) // 2 - 1] / 1e4),
            "median": float(np.median(values.astype(float))),
            "sigma": float(1.4826 * np.median(np.abs(values.astype(float) - np.median(values.astype(float))))),
            "percentile_90": float(np.sort(keys)[int(np.ceil(0.9 * len(keys))) - 1]),
        }
    )
out["threshold"] = heaps

# Resampling.
plane = rng.integers(0, 10000, SHAPE).astype(f32)
plane[rng.random(SHAPE) < 0.2] = np.nan
full = rng.integers(0, 10000, SHAPE).astype(f32)
averages = []
for fx, fy in [(2, 2), (4, 3), (1, 2), (2, 1)]:
    blocks = plane.astype(float).reshape(12 // fy, fy, 16 // fx, fx)
    n = np.isfinite(blocks).sum((1, 3))
    with np.errstate(all="ignore"):
        mean = np.nansum(blocks, (1, 3)) / n
    averages.append({"x": fx, "y": fy, "values": np.where(2 * n >= fx * fy, mean, np.nan).astype(f32)})


def warp(source, fx, fy, how):
    target = np.full((source.shape[0] * fy, source.shape[1] * fx), np.nan, dtype=f32)
    rasterio.warp.reproject(
        source,
        target,
        src_transform=from_origin(600000, 5000000, 60.0 * fx, 60.0 * fy),
        dst_transform=from_origin(600000, 5000000, 60.0, 60.0),
        src_crs="EPSG:32637",
        dst_crs="EPSG:32637",
        src_nodata=np.nan,
        dst_nodata=np.nan,
        resampling=how,
    )
    return target


refined = [
    {"x": fx, "y": fy, "holes": holes, "bilinear": warp(source, fx, fy, Resampling.bilinear), "nearest": warp(source, fx, fy, Resampling.nearest)}
    for holes, source in [(0, full), (1, plane)]
    for fx, fy in [(2, 2), (3, 2)]
]
at = np.stack([rng.uniform(0.5, 15.5, 40), rng.uniform(0.5, 11.5, 40)], 1)
read = ndi.map_coordinates(full.astype(float), [at[:, 1] - 0.5, at[:, 0] - 0.5], order=1, mode="nearest")
classes = rng.choice([0, 3, 4, 8, 9, 11], SHAPE).astype(np.uint8)
cells = classes.reshape(6, 2, 8, 2).transpose(0, 2, 1, 3).reshape(48, 4)
modes = [int(255 - np.argmax(np.bincount(cell, minlength=256)[::-1])) for cell in cells]
out["resample"] = {
    "plane": plane,
    "full": full,
    "average": averages,
    "refined": refined,
    "at": at,
    "read": read.astype(f32),
    "classes": classes,
    "mode": np.array(modes).reshape(6, 8),
}


def tidy(node):
    if isinstance(node, dict):
        return {key: tidy(value) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [tidy(value) for value in node]
    return plain(node)


target = pathlib.Path(__file__).with_name("kernel.json")
target.write_text(json.dumps(tidy(out), separators=(",", ":")) + "\n")
print(target, target.stat().st_size)
