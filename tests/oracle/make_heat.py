"""Counts of detections around twelve places in eight windows each, and what is usual there, by numpy.

Run with GROUNDTELL_REALDATA pointing at the real data; writes heat.json beside this file.
Needs numpy (made with 2.x). Every figure is counted over all rows, without an index:
detections within 20 km on a plane through the place (111.195 km a degree), rows with equal place (1e-4 degrees)
and day once, cells of 0.005 degrees with 20 distinct days before the window masked with their eight neighbours;
usual: the mean over 2012, 2016, 2018 to 2021 of the count in the same calendar days and 16 more on either side,
times 16 / 48; statistic: ln((seen + 0.5) / (usual + 0.5)).
"""

import csv
import gzip
import json
import os
from datetime import date, timedelta
from pathlib import Path

import numpy as np

DATA = Path(os.environ["GROUNDTELL_REALDATA"]) / "firms-ukraine"
EPOCH = date(1970, 1, 1)
CONTROLS = [2012, 2016, 2018, 2019, 2020, 2021]
KM, DAYS, SEASON = 20.0, 16, 16


def number(day):
    return (day - EPOCH).days


def rows():
    parts = []
    for year in CONTROLS + [2022]:
        with gzip.open(DATA / f"ukr_fire_points_{year}.csv.gz", "rt") as text:
            for row in csv.DictReader(text):
                parts.append((float(row["LONGITUDE"]), float(row["LATITUDE"]), number(date.fromisoformat(row["ACQ_DATE"]))))
    lon, lat, day = (np.array(column) for column in zip(*parts))
    order = np.lexsort((lon, lat))
    lon, lat, day = lon[order], lat[order], day[order]
    spot = np.stack([np.floor(lat * 1e4 + 0.5), np.floor(lon * 1e4 + 0.5), day])
    _, first = np.unique(spot, axis=1, return_index=True)
    return lon[first], lat[first], day[first].astype(int)


def main():
    lon, lat, day = rows()
    cell = np.floor(lon / 0.005).astype(int) * 100_000 + np.floor(lat / 0.005).astype(int)
    found = []
    with open(DATA / "front-sites.csv") as text:
        sites = [(row[0], float(row[2]), float(row[1])) for row in csv.reader(text) if len(row) == 4 and row[0] != "site"]
    for window in range(8):
        first = date(2022, 5, 1) + timedelta(16 * window)
        opens = number(first)
        seen_days = np.unique(np.stack([cell, day])[:, day < opens], axis=1)[0]
        cells, days = np.unique(seen_days, return_counts=True)
        sources = cells[days >= 20]
        around = np.concatenate([sources + 100_000 * x + y for x in (-1, 0, 1) for y in (-1, 0, 1)])
        free = ~np.isin(cell, around)
        for name, x0, y0 in sites:
            east = (lon - x0) * 111.195 * np.cos(np.radians(y0))
            here = day[free & (np.hypot(east, (lat - y0) * 111.195) <= KM)]
            count = lambda a, b: int(np.sum((here >= a) & (here <= b)))
            season = lambda year: (number(first.replace(year=year)) - SEASON, number(first.replace(year=year)) + DAYS - 1 + SEASON)
            usual = float(np.mean([count(*season(year)) for year in CONTROLS])) * DAYS / (DAYS + 2 * SEASON)
            seen = count(opens, opens + DAYS - 1)
            found.append({
                "site": name, "lon": x0, "lat": y0, "km": KM, "from": first.isoformat(), "days": DAYS,
                "seen": seen, "usual": usual, "statistic": float(np.log((seen + 0.5) / (usual + 0.5))), "sources": len(sources),
            })
    lines = ",\n".join(json.dumps(row) for row in found)
    (Path(__file__).parent / "heat.json").write_text(f"[\n{lines}\n]\n")


main()
