"""Makes irmad.json, the foreign oracle of change without a model: numpy and scipy.

    python3 tests/oracle/make_irmad.py REALDATA    (writes beside itself)

IR-MAD as in Nielsen 2007: weighted moments of the 2N vector, the generalised eigenproblem S12 S22^-1 S21 a = rho^2 S11 a
by scipy.linalg.eigh, b from a, chi-square = sum((U - V)^2 / (2 (1 - rho))), weight = scipy.stats.chi2.sf, until
max |d rho| < 0.001. PIFs as in Canty & Nielsen 2008: orthogonal regression on two thirds of the pixels whose probability
of no change is above 0.95, scipy.stats.ttest_rel and the F test on the rest. PCA-k-means as in Celik 2009.
All in float64. The synthetic scene is made of whole numbers by a hash, so that a test can make it again.
"""

import json
import os
import pathlib
import sys

import numpy as np
import rasterio
from scipy import linalg, stats

u64 = np.uint64
MASK = (1 << 64) - 1


def hashed(x):
    """splitmix64 (Steele, Lea & Flood 2014) of uint64."""
    with np.errstate(over="ignore"):
        x = x + u64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> u64(30))) * u64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> u64(27))) * u64(0x94D049BB133111EB)
        return x ^ (x >> u64(31))


def uniform(stream, count):
    return (hashed(np.arange(count, dtype=u64) + u64(stream << 32)) >> u64(40)).astype("f8") / float(1 << 24)


def bell(stream, count):
    return sum(uniform(stream * 4 + k, count) for k in range(4)) - 2.0


ROWS, COLS = 64, 90


def synthetic(bands=6):
    """Before and after, (bands, pixels) each; the north-western 16 by 20 pixels changed."""
    count = ROWS * COLS
    light, cover = uniform(1, count), uniform(2, count)
    row, col = np.arange(count) // COLS, np.arange(count) % COLS
    changed = (row < 16) & (col < 20)
    before, after = [], []
    for b in range(bands):
        x = np.floor(400.0 + light * (600.0 + 150.0 * b) + cover * (900.0 - 250.0 * b) + 60.0 * bell(100 + b, count))
        y = np.floor(x * 1.125 + 50.0 + 45.0 * bell(200 + b, count) + changed * (300.0 - 170.0 * b))
        before.append(x)
        after.append(y)
    return np.array(before), np.array(after)


def irmad(before, after, most=50):
    n = len(before)
    x = np.vstack([before, after]).astype("f8")
    w, old, rhos = np.ones(x.shape[1]), np.zeros(n), []
    while len(rhos) < most:
        mean = (x * w).sum(1) / w.sum()
        c = x - mean[:, None]
        cov = (c * w) @ c.T / w.sum()
        s11, s22, s12 = cov[:n, :n], cov[n:, n:], cov[:n, n:]
        lam, a = linalg.eigh(s12 @ np.linalg.solve(s22, s12.T), s11)
        rho, a = np.sqrt(np.clip(lam[::-1], 0, 1)), a[:, ::-1]
        b = np.linalg.solve(s22, s12.T @ a)
        b /= np.sqrt(np.diag(b.T @ s22 @ b))
        mad = a.T @ c[:n] - b.T @ c[n:]
        chi = (mad**2 / (2 * (1 - rho))[:, None]).sum(0)
        w = stats.chi2.sf(chi, n)
        rhos.append(rho)
        if abs(rho - old).max() < 1e-3:
            break
        old = rho
    return rhos, chi, w


def irmad_record(before, after, cols, seed):
    rhos, chi, p = irmad(before, after)
    at = np.sort(np.random.default_rng(seed).choice(len(chi), min(120, len(chi)), replace=False))
    return dict(iterations=len(rhos), rho=[list(map(float, r)) for r in rhos], mean_chi=float(chi.mean()),
                changed={str(alpha): int((p < alpha).sum()) for alpha in (0.05, 0.01, 0.001)},
                pixels=[[int(k // cols), int(k % cols), float(chi[k]), float(p[k])] for k in at]), p


def pif(before, after, p, cols, seed, least=1000):
    k = np.flatnonzero(p > 0.95)
    with np.errstate(over="ignore"):
        position = ((k // cols).astype(u64) << u64(32)) | (k % cols).astype(u64)
        train = hashed(position ^ u64(seed)) % u64(3) != u64(0)
    out = dict(pixels=int(len(k)), train=int(train.sum()), bands=[])
    for y, x in zip(before, after):  # the reference is the date before, the target the date after
        xs, ys = x[k][train], y[k][train]
        c = np.cov(xs, ys, bias=True)
        slope = (c[1, 1] - c[0, 0] + np.sqrt((c[1, 1] - c[0, 0]) ** 2 + 4 * c[0, 1] ** 2)) / (2 * c[0, 1])
        intercept = ys.mean() - slope * xs.mean()
        xt, yt = x[k][~train], y[k][~train]
        t = stats.ttest_rel(yt, intercept + slope * xt)
        va, vb = yt.var(ddof=1), (intercept + slope * xt).var(ddof=1)
        f = max(va, vb) / min(va, vb)
        out["bands"].append(dict(slope=float(slope), intercept=float(intercept), r=float(np.corrcoef(xs, ys)[0, 1]),
                                 t=float(t.statistic), t_p=float(t.pvalue), f=float(f),
                                 f_p=float(min(1.0, 2 * stats.f.sf(f, len(xt) - 1, len(xt) - 1)))))
    return out


def pca_kmeans(image, h=4, s=3):
    """Celik 2009 on a difference image (NaN: not seen): classes 0, 1 and 255 for not seen."""
    rows, cols = image.shape
    blocks = [image[r:r + h, c:c + h].ravel() for r in range(0, rows - h + 1, h) for c in range(0, cols - h + 1, h)]
    blocks = np.array([b for b in blocks if np.isfinite(b).all()])
    mean = blocks.mean(0)
    lam, vec = np.linalg.eigh(np.cov(blocks.T, bias=True))
    vec = vec[:, ::-1][:, :s]
    vec = vec * np.sign(vec[abs(vec).argmax(0), range(s)])
    up = h // 2 - 1
    pad = np.pad(image, ((up, h - 1 - up),) * 2, constant_values=np.nan)
    around = np.stack([pad[r:r + rows, c:c + cols] for r in range(h) for c in range(h)], -1)
    around = np.where(np.isfinite(around), around, image[..., None])
    seen = np.isfinite(image)
    f = (around[seen] - mean) @ vec
    spread = np.sqrt(lam[-1])
    centres = np.zeros((2, s))
    centres[0, 0], centres[1, 0] = -spread, spread
    klass, rounds = None, 0
    while rounds < 100:
        rounds += 1
        d = ((f[:, None] - centres) ** 2).sum(-1)
        new = (d[:, 1] < d[:, 0]).astype(int)
        if klass is not None and (new == klass).all():
            break
        klass = new
        centres = np.array([f[klass == k].mean(0) if (klass == k).any() else centres[k] for k in (0, 1)])
    v = image[seen]
    high = int(v[klass == 1].mean() > v[klass == 0].mean()) if 0 < klass.sum() < len(klass) else 1
    out = np.full(image.shape, 255)
    out[seen] = klass == high
    return dict(mean=mean.tolist(), vectors=vec.T.tolist(), values=lam[::-1][:s].tolist(), centres=centres.tolist(), rounds=rounds), out


def magnitude(before, after):
    """Change-vector length in robust standard deviations about the median change, in float32 as the kernel has it."""
    shift = [float(np.median(b)) for b in after - before]
    sigma = [float(1.4826 * np.median(abs(b - m))) for b, m in zip(after - before, shift)]
    f4 = np.float32
    steps = [(y.astype("f4") - (x.astype("f4") + f4(m))) / f4(s) for x, y, m, s in zip(before, after, shift, sigma)]
    return np.sqrt(sum(step * step for step in steps)), shift, sigma


def real(root):
    names = "B2,B3,B4,B8,B5,B6,B7,B8A,B11,B12".split(",")
    dates = "2018-04-29 2018-05-13 2018-07-08 2018-08-15 2018-09-15 2018-10-15 2018-11-15".split()
    cube = "s2-bouconne-7dates/2018_3A_Theia_Bouconne.tif"
    for first, bands, words in [(2, "B2 B3 B4 B8A B11 B12", None), (5, "B2 B3 B4 B8A B11 B12", None),
                                (3, " ".join(names), "blue,green,red,rededge1,rededge2,rededge3,nir,nir08,swir16,swir22"),
                                (1, "B4 B8A B12", "red,nir08,swir22")]:
        listed = lambda date: ",".join(f"{band}={date * 10 + i + 1}" for i, band in enumerate(names))
        index = lambda date: [date * 10 + names.index(band) + 1 for band in bands.split()]
        yield dict(name=f"bouconne {dates[first]} {dates[first + 1]} {len(bands.split())}", before=cube, after=cube, bands=words,
                   before_bands=listed(first), after_bands=listed(first + 1)), index(first), index(first + 1)
    for fire in ("DOVE_20241019", "CLEAR_20240626", "66_20230515"):
        base = f"s2-calfire-pairs/{fire}"
        yield dict(name=fire, before=f"{base}/pre.tif", after=f"{base}/post.tif", bands=None, scale="0.0001"), None, None


def main(root):
    out = dict(synthetic=[], real=[])
    before, after = synthetic()
    for n in range(1, 7):
        record, p = irmad_record(before[:n], after[:n], COLS, n)
        out["synthetic"].append(dict(bands=n, **record, invariant=int((p > 0.95).sum())))
    at = np.arange(ROWS * COLS)
    out["pif"] = pif(before[:4], after[:4], np.where((at // COLS < 16) & (at % COLS < 20), 0.0, 1.0), COLS, 7)
    image, shift, sigma = magnitude(before[:3], after[:3])
    image = image.reshape(ROWS, COLS).astype("f8")
    image[40:43, 10:30] = np.nan
    fit, classes = pca_kmeans(image)
    out["pca_kmeans"] = dict(shift=shift, sigma=sigma, **fit, classes=["".join({0: ".", 1: "#", 255: "?"}[c] for c in row) for row in classes])
    grid = np.array([1e-3, 0.1, 0.5, 1, 2, 4, 8, 16, 32, 64, 120])
    out["tail"] = [[n, float(x), float(stats.chi2.sf(x, n))] for n in range(1, 11) for x in grid]
    for case, one, two in real(root):
        with rasterio.open(os.path.join(root, case["before"])) as source:
            x, cols = source.read(one).astype("f8"), source.width
        with rasterio.open(os.path.join(root, case["after"])) as source:
            y = source.read(two).astype("f8")
        x, y = x.reshape(len(x), -1), y.reshape(len(y), -1)
        assert np.isfinite(x).all() and np.isfinite(y).all()
        record, p = irmad_record(x, y, cols, 1)
        out["real"].append(dict(**case, cols=cols, **record, pif=pif(x, y, p, cols, 1)))
        print(case["name"], record["iterations"], record["rho"][-1], record["changed"], (p > 0.95).sum(), len(p), file=sys.stderr)
    path = pathlib.Path(__file__).with_name("irmad.json")
    path.write_text(json.dumps(out, indent=None, separators=(",", ":")).replace("},{", "},\n{") + "\n")


main(sys.argv[1])
