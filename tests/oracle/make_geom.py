"""Writes geom.json: places (pyproj), pixel areas and polygon areas (pyproj Geod), masks (rasterio).

Run once with: python3 tests/oracle/make_geom.py
"""

import json
import pathlib

import numpy as np
import pyproj
import rasterio
import shapely
from rasterio.features import rasterize
from shapely.geometry import Polygon, mapping

GEOD = pyproj.Geod(ellps="WGS84")
rng = np.random.default_rng(20221122)


def places():
    """Places in each system and back to degrees."""
    out = []
    cases = {
        32636: (33, 4, 1, 83), 32637: (39, 4, 1, 83), 32601: (-177, 4, 1, 80), 32660: (177, 4, 1, 80),
        32733: (15, 4, -79, -1), 32637.5: (39, 12, 30, 60), 3857: (0, 179, -84, 84), 3035: (10, 30, 35, 70),
    }
    for code, (lon0, spread, south, north) in cases.items():
        epsg = int(code)
        forth = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
        back = pyproj.Transformer.from_crs(epsg, 4326, always_xy=True)
        for _ in range(12):
            lon = lon0 + rng.uniform(-spread, spread)
            lat = rng.uniform(south, north)
            x, y = forth.transform(lon, lat)
            lon2, lat2 = back.transform(x, y)
            out.append({"epsg": epsg, "lon": lon, "lat": lat, "x": x, "y": y, "lon_back": lon2, "lat_back": lat2})
    pairs = [(32636, 32637, 699960, 5500000), (32637, 32636, 300040, 5500000), (32637, 3035, 400000, 5500000)]
    across = []
    for a, b, x, y in pairs:
        t = pyproj.Transformer.from_crs(a, b, always_xy=True)
        for _ in range(6):
            px, py = x + rng.uniform(0, 100000), y + rng.uniform(0, 100000)
            qx, qy = t.transform(px, py)
            across.append({"from": a, "to": b, "x": px, "y": py, "qx": qx, "qy": qy})
    return {"points": out, "across": across}


def dense(ring, n):
    """Straight edges in lon/lat, each in n pieces."""
    out = []
    for (x0, y0), (x1, y1) in zip(ring[:-1], ring[1:]):
        for i in range(n):
            out.append((x0 + (x1 - x0) * i / n, y0 + (y1 - y0) * i / n))
    return out + [out[0]]


def area_m2(rings):
    """Geodesic area of an exterior less its holes, edges straight in lon/lat."""
    areas = []
    for ring in rings:
        x, y = zip(*dense(ring, 2000))
        areas.append(abs(GEOD.polygon_area_perimeter(x, y)[0]))
    return areas[0] - sum(areas[1:])


def pixels():
    """Ground area of a row's pixel: the outline of the row in lon/lat, through Geod."""
    out = []
    for epsg, x0, y0, dx, dy, width, height in [
        (4326, 37.5, 49.8, 0.0001796630568239, 0.0001796630568239, 400, 900),
        (4326, -10, 80, 0.25, 0.5, 40, 80),
        (3857, 4170000, 6420000, 10, 10, 500, 500),
        (32637, 399960, 5600040, 10, 10, 10980, 10980),
        (32637, 600000, 5600040, 20, 20, 5490, 5490),
        (32736, 499980, 9000040, 30, 30, 7000, 7000),
        (3035, 4321000, 3210000, 100, 100, 2000, 2000),
    ]:
        back = pyproj.Transformer.from_crs(epsg, 4326, always_xy=True)
        for row in [0, height // 2, height - 1]:
            north, south = y0 - row * dy, y0 - (row + 1) * dy
            if epsg == 4326:
                # exact band: geodesics drawn every 1e-4 of the pixel keep to the parallel
                ring = [(0, south), (dx, south), (dx, north), (0, north), (0, south)]
                area = area_m2([ring])
            else:
                xs = np.linspace(x0, x0 + width * dx, 20001)
                ring = [(x, south) for x in xs] + [(x, north) for x in xs[::-1]]
                lon, lat = back.transform(*zip(*ring))
                area = abs(GEOD.polygon_area_perimeter(lon, lat)[0]) / width
            out.append({"epsg": epsg, "x0": x0, "y0": y0, "dx": dx, "dy": dy, "width": width, "height": height,
                        "row": row, "hectares": area / 1e4})
    return out


def star(cx, cy, rx, ry, n):
    """A random star-shaped ring."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, n))
    radii = rng.uniform(0.4, 1, n)
    ring = [(round(cx + rx * r * np.cos(a), 7), round(cy + ry * r * np.sin(a), 7)) for a, r in zip(angles, radii)]
    return ring + [ring[0]]


def runs(mask):
    out = []
    for row, line in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line, [0]]).astype(int)))
        out += [[row, int(a), int(b)] for a, b in zip(edges[::2], edges[1::2])]
    return out


def clearance(shape, transform, width, height):
    """Distance in pixels from the outline to the nearest pixel centre."""
    cols, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    points = shapely.points(cols.ravel(), rows.ravel())
    inverse = ~transform
    lines = [shapely.LineString([inverse * p for p in ring.coords])
             for part in getattr(shape, "geoms", [shape]) for ring in [part.exterior, *part.interiors]]
    return min(shapely.distance(points, line).min() for line in lines)


def masks():
    """Masks of random polygons, chosen so that no pixel centre is near an outline."""
    out = []
    grids = [
        ("utm", 32637, 399960 + 4e4, 5510040, 100.0, 100.0, 60, 50, 0.03),
        ("degrees", 4326, 37.5, 49.8, 0.002, 0.00125, 70, 60, 1e-3),
        ("mercator", 3857, 4175000, 6420000, 150.0, 150.0, 60, 50, 0.03),
        ("europe", 3035, 5800000, 3200000, 250.0, 250.0, 50, 40, 0.03),
        ("coarse", 32637, 300000, 5700000, 5000.0, 5000.0, 40, 40, 0.03),
    ]
    for name, epsg, x0, y0, dx, dy, width, height, need in grids:
        forth = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
        back = pyproj.Transformer.from_crs(epsg, 4326, always_xy=True)
        transform = rasterio.Affine(dx, 0, x0, 0, -dy, y0)
        made = 0
        while made < 3:
            cx, cy = back.transform(x0 + width * dx / 2, y0 - height * dy / 2)
            ex, _ = back.transform(x0 + width * dx, y0 - height * dy / 2)
            _, ny = back.transform(x0 + width * dx / 2, y0)
            rx, ry = abs(ex - cx), abs(ny - cy)
            scale = [0.5, 0.3, 1.4][made]
            rings = [star(cx, cy, rx * scale, ry * scale, 5 + made * 3)]
            if made == 0:
                hole = Polygon(rings[0]).representative_point()
                rings.append(star(hole.x, hole.y, rx * 0.06, ry * 0.06, 5))
            lonlat = Polygon(rings[0], rings[1:])
            if not lonlat.is_valid or lonlat.area <= 0:
                continue
            projected = [[forth.transform(*p) for p in dense(ring, 400)] for ring in rings]
            shape = Polygon(projected[0], projected[1:])
            if clearance(shape, transform, width, height) < need:
                continue
            mask = rasterize([(mapping(shape), 1)], (height, width), transform=transform, dtype="uint8")
            out.append({"name": f"{name} {made}", "epsg": epsg, "x0": x0, "y0": y0, "dx": dx, "dy": dy,
                        "width": width, "height": height, "rings": rings, "runs": runs(mask),
                        "hectares": area_m2(rings) / 1e4})
            made += 1
    return out


here = pathlib.Path(__file__).parent
data = {"made_with": {"pyproj": pyproj.__version__, "proj": pyproj.proj_version_str, "rasterio": rasterio.__version__,
                      "gdal": rasterio.__gdal_version__, "shapely": shapely.__version__},
        **places(), "pixels": pixels(), "masks": masks()}
lines = ",\n".join(f"{json.dumps(k)}: " + ("[\n" + ",\n".join(json.dumps(e) for e in v) + "\n]" if isinstance(v, list) else json.dumps(v))
                   for k, v in data.items())
(here / "geom.json").write_text("{\n" + lines + "\n}\n")
