"""Reference values of dNBR on the real scenes: numpy float64 at seeded pixels.

    python3 tests/oracle/make_real.py REALDATA > tests/oracle/real.json

Per pair: files (relative to REALDATA), the flags that groundtell needs, the share of pixels with a value, and
dNBR = NBR(before) - NBR(after) at up to 60 seeded pixels, NBR = (N - S2) / (N + S2), no value where N + S2 <= 0.
`otsu_f1` is the figure of the data's own README for the plain Otsu threshold.
"""
import glob, json, os, sys, zlib
import numpy as np
import rasterio

root = sys.argv[1]
np.seterr(all="ignore")
BOUCONNE = "B2,B3,B4,B8,B5,B6,B7,B8A,B11,B12".split(",")
OTSU = {"1-7_20200817": .60, "10TH_20240624": .86, "4-3_PUMA_20210624": .85, "5-4_POTTERS__20200817": .50,
        "5-6_CASCADE_CREEK_20200817": .11, "66_20230515": .01, "KENNETH_20250109": .21, "CLEAR_20240626": .70,
        "DOVE_20241019": .96}


def ratio(nir, swir):
    total = nir + swir
    return np.where(total > 0, (nir - swir) / total, np.nan)


def read(path, bands, scale, offset):
    with rasterio.open(os.path.join(root, path)) as source:
        return [source.read(band).astype("f8") * scale + offset for band in bands]


def pair(name, before, after, nir_swir, flags, scale=1.0, offset=0.0, bands_after=None, **more):
    a = read(before, nir_swir, scale, offset)
    b = read(after, bands_after or nir_swir, scale, offset)
    dnbr = ratio(*a) - ratio(*b)
    rows, cols = dnbr.shape
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    at = sorted({(int(rng.integers(rows)), int(rng.integers(cols))) for _ in range(60)})
    value = lambda v: None if np.isnan(v) else float(f"{v:.9f}")
    return dict(name=name, before=before, after=after, flags=flags, shape=[rows, cols],
                valued=float(np.isfinite(dnbr).mean()), pixels=[[r, c, value(dnbr[r, c])] for r, c in at], **more)


pairs = []
for folder in sorted(glob.glob(f"{root}/s2-calfire-pairs/*/")):
    fire = os.path.basename(folder.rstrip("/"))
    base = f"s2-calfire-pairs/{fire}"
    pairs.append(pair(fire, f"{base}/pre.tif", f"{base}/post.tif", [4, 5], ["--scale", "0.0001"], 1e-4,
                      reference=f"{base}/mask.tif", otsu_f1=OTSU[fire]))
peru = "l8-peru-2020/stack_{}_red_nir_swir1_swir2.tif"
pairs.append(pair("l8-peru-2020", peru.format("pre"), peru.format("post"), [2, 4], ["--bands", "red,nir,swir1,swir2"]))
for path in sorted(glob.glob(f"{root}/l7-usgs-fires/*/*_before.tif")):
    before = os.path.relpath(path, root)
    pairs.append(pair(before[len("l7-usgs-fires/"):-len("_before.tif")], before, before.replace("_before", "_after"), [4, 6],
                      ["--bands", "B1,B2,B3,B4,B5,B7", "--scale", "2.75e-5", "--offset", "-0.2"], 2.75e-5, -0.2))
cube = "s2-bouconne-7dates/2018_3A_Theia_Bouconne.tif"
dates = "2018-04-29 2018-05-13 2018-07-08 2018-08-15 2018-09-15 2018-10-15 2018-11-15".split()
for k in range(6):
    index = lambda date: [date * 10 + BOUCONNE.index(band) + 1 for band in ("B8A", "B12")]
    names = lambda date: ",".join(f"{band}={date * 10 + i + 1}" for i, band in enumerate(BOUCONNE))
    pairs.append(pair(f"bouconne {dates[k]} {dates[k + 1]}", cube, cube, index(k),
                      ["--before-bands", names(k), "--after-bands", names(k + 1), "--scale", "0.0001",
                       "--before-date", dates[k], "--after-date", dates[k + 1]], 1e-4, bands_after=index(k + 1)))
json.dump({"made_by": "tests/oracle/make_real.py, numpy float64 and rasterio", "pairs": pairs}, sys.stdout, indent=None,
          separators=(",", ":"))
