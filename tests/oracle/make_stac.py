"""What pystac and pyarrow read in the real STAC responses of realdata/stac-json: facts to hold ours against.

    pip install pystac pyarrow
    python tests/oracle/make_stac.py REALDATA/stac-json > tests/oracle/stac.json

items: id, time, satellite, sun, cloud and the absolute address of the class asset, read by pystac.
orbits: datatake and relative orbit as Planetary Computer declares both, each once, out of 1000 items.
split: the tiles among these that two datastrips of one datatake meet in: all items of those.
"""

import json
import pathlib
import sys
from collections import defaultdict

import pyarrow.parquet as parquet
import pystac

FILES = [
    "earthsearch_v0_search_sentinel-s2-l2a-cogs_boa_offset_applied.json",
    "earthsearch_v1_search_POST_page1_mixed.json",
    "earthsearch_v1_search_POST_page2_sentinel-2-l2a_N0511_boa_offset_applied.json",
    "earthsearch_v1_search_sentinel-2-l2a+landsat_N0509.json",
    "earthsearch_v1_sentinel-2-c1-l2a_10items_N0510_T13TDE.json",
    "planetarycomputer_items_page1_N0400.json",
    "planetarycomputer_search_page1_N0400.json",
    "planetarycomputer_search_page2_N0400.json",
    "planetarycomputer_sentinel-2-l2a_2items_N0511.json",
]


def fact(document):
    item = pystac.Item.from_dict(document, preserve_dict=True)
    p = item.properties
    zenith = p.get("s2:mean_solar_zenith")
    if zenith is None and "view:sun_elevation" in p:
        zenith = 90 - p["view:sun_elevation"]
    scl = [a.get_absolute_href() for key, a in item.assets.items() if key.lower() == "scl"]
    return {
        "id": item.id,
        "collection": item.collection_id,
        "microseconds": round(item.datetime.timestamp() * 1e6),
        "platform": p["platform"].lower(),
        "sun_zenith": zenith,
        "sun_azimuth": p.get("s2:mean_solar_azimuth", p.get("view:sun_azimuth")),
        "cloud": p.get("eo:cloud_cover"),
        "bbox": item.bbox,
        "assets": len(item.assets),
        "scl": scl[0] if scl else None,
    }


def main(folder):
    items = {}
    for name in FILES:
        page = json.loads((folder / name).read_text())
        items[name] = [fact(item) for item in page.get("response", page)["features"]]
    columns = ["id", "platform", "datetime", "s2:mgrs_tile", "s2:datatake_id", "s2:datastrip_id",
               "s2:processing_baseline", "s2:generation_time", "sat:relative_orbit"]
    table = parquet.read_table(folder / "planetarycomputer_1000items_stac-geoparquet.parquet", columns=columns)
    rows = table.to_pylist()
    orbits = sorted({(row["s2:datatake_id"], row["sat:relative_orbit"]) for row in rows})
    tiles = defaultdict(list)
    for row in rows:
        row["datetime"] = row["datetime"].isoformat()
        tiles[row["s2:datatake_id"].split("_N")[0], row["s2:mgrs_tile"]].append(row)
    split = sorted((row for tile in tiles.values() if len(tile) > 1 for row in tile), key=lambda row: row["id"])
    json.dump({"items": items, "orbits": orbits, "split": split}, sys.stdout, indent=1, default=str)
    print()


main(pathlib.Path(sys.argv[1]))
