"""What GDAL (through rasterio) reads from the odd and broken TIFFs of the real data.

usage: make_nasty.py NASTY_TIFFS_FOLDER > nasty.json
Numbers with fractions are written as text, so that no JSON reader rounds them. Per file of catalogue.csv: `error`, or dtype, shape (bands, rows, columns), nodata, geotransform (GDAL's
six numbers; null when it is the identity), epsg, descriptions and `sha256` of the samples: band after
band, row by row, little-endian, in rasterio's dtype (half floats come as float32, odd bit depths as the
next larger unsigned integer). No sidecar file is read.
"""
import csv, hashlib, json, os, sys, warnings

os.environ.update(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO")
warnings.filterwarnings("ignore")
import numpy as np
import rasterio


def describe(path):
    with rasterio.open(path, driver="GTiff") as src:
        data = src.read()
        transform = list(src.transform.to_gdal())
        nodata = src.nodata
        return {
            "dtype": str(data.dtype),
            "shape": list(data.shape),
            "nodata": None if nodata is None else repr(float(nodata)),
            "geotransform": None if transform == [0, 1, 0, 0, 0, 1] else [repr(float(v)) for v in transform],
            "epsg": src.crs.to_epsg() if src.crs else None,
            "descriptions": list(src.descriptions),
            "sha256": hashlib.sha256(data.astype(data.dtype.newbyteorder("<")).tobytes()).hexdigest(),
        }


folder = sys.argv[1]
result = {"gdal": rasterio.__gdal_version__, "files": {}}
for row in csv.DictReader(open(os.path.join(folder, "catalogue.csv"))):
    path = os.path.join(folder, row["file"])
    try:
        found = describe(path) if os.path.exists(path) else None
    except Exception as error:
        found = {"error": str(error).replace(folder, "").splitlines()[0][:160]}
    if found:
        result["files"][row["file"]] = found
print(json.dumps(result, indent=0, sort_keys=True))
