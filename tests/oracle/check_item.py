"""Checks a STAC Item of groundtell with foreign eyes.

    check_item.py make FOLDER     writes layers/dnbr.tif into FOLDER with rasterio
    check_item.py check FOLDER    checks FOLDER/item.json

`check` validates against the core schemas that pystac ships (the schemas of the extensions live on
the network and are not asked for), reads the extensions through pystac, hashes every asset again,
and compares the projection and the bands with what rasterio reads. Exit code 77 says that python
lacks a package; every other failure is an exception.
"""

import hashlib
import json
import pathlib
import sys

try:
    import numpy
    import pystac
    import rasterio
    from jsonschema import Draft7Validator
    from pystac.extensions.file import FileExtension
    from pystac.extensions.projection import ProjectionExtension
    from pystac.validation.local_validator import get_local_schema_cache
    from referencing import Registry, Resource
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)


def make(folder):
    (folder / "layers").mkdir(exist_ok=True)
    profile = dict(driver="GTiff", width=7, height=5, count=1, dtype="int16", crs="EPSG:32637", nodata=-32768)
    profile["transform"] = rasterio.transform.from_origin(400000, 5500000, 20, 10)
    with rasterio.open(folder / "layers" / "dnbr.tif", "w", **profile) as target:
        target.write(numpy.arange(35, dtype="int16").reshape(1, 5, 7))


def core_schema_errors(item):
    cache = get_local_schema_cache()
    registry = Registry().with_resources([(uri, Resource.from_contents(text)) for uri, text in cache.items()])
    schema = cache["https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"]
    return [error.message for error in Draft7Validator(schema, registry=registry).iter_errors(item)]


def check_raster(folder, asset, projection):
    with rasterio.open(folder / asset["href"]) as source:
        assert projection.epsg == source.crs.to_epsg(), projection.epsg
        assert projection.shape == [source.height, source.width], projection.shape
        assert projection.transform == list(source.transform)[:6], projection.transform
        assert [band["data_type"] for band in asset["bands"]] == list(source.dtypes)
        assert [band["nodata"] for band in asset["bands"]] == list(source.nodatavals)


def check(folder):
    text = json.loads((folder / "item.json").read_text())
    errors = core_schema_errors(text)
    assert not errors, errors
    # The check can fail: without its bracket the item must not pass.
    broken = json.loads(json.dumps(text))
    del broken["properties"]["start_datetime"]
    assert core_schema_errors(broken), "the schema accepted a null datetime without a bracket"

    item = pystac.Item.from_file(str(folder / "item.json"))
    assert item.datetime is None and item.common_metadata.start_datetime < item.common_metadata.end_datetime
    assert len(item.stac_extensions) == len(set(item.stac_extensions)) == 5, item.stac_extensions
    for asset in item.assets.values():
        content = (folder / asset.href).read_bytes()
        info = FileExtension.ext(asset)
        assert info.size == len(content)
        assert bytes.fromhex(info.checksum) == bytes([0x12, 0x20]) + hashlib.sha256(content).digest()
    check_raster(folder, text["assets"]["dnbr"], ProjectionExtension.ext(item.assets["dnbr"]))
    assert [link["rel"] for link in text["links"]] == ["derived_from"], "no link names this machine"
    assert str(folder) not in json.dumps(text) and "sig=" not in json.dumps(text)
    print(f"{len(item.assets)} assets checked by pystac {pystac.__version__}")


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](pathlib.Path(sys.argv[2]))
