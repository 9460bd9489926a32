"""Makes claim.json: the pre-registration sum of the full claim in src/claim/tests.rs, by python's json and hashlib.

    python3 make_claim.py > claim.json
"""

import hashlib
import json

PREREGISTERED = {
    "format": "groundtell claim 1",
    "asserts": "did_not_occur",
    "place": {"bbox": [37.5, 49.0, 37.8, 49.8]},
    "location_error_m": 500.0,
    "window": {"from": "2025-11-20", "to": "2025-11-30"},
    "kinds": ["burned_fields", "impact_area", "built_damage", "thermal", "fire_position"],
    "smallest_effect": {"burned_fields": 25.0, "impact_area": 1.0, "built_damage": 0.5, "thermal": 30.0},
    "imagery": {
        "scenes": {
            "before": ["a..b/2025-11-18.tif"],
            "after": ["2025-12-01.tif"],
            "before_date": "2025-11-18",
            "after_date": "2025-12-01",
            "bands": ["B04", "B8A"],
            "scale": 0.0001,
            "offset": -0.1,
        },
        "controls": [
            {
                "before": ["2024-11-18.tif"],
                "after": ["2024-12-01.tif"],
                "before_date": "2024-11-18",
                "after_date": "2024-12-01",
                "bands": [],
                "scale": None,
                "offset": None,
            }
        ],
        "stack": ["radar"],
        "hotspots": ["firms.csv"],
    },
    "recipe": {"burn": {"threshold": "auto", "alpha": 0.05}, "é": []},
}

text = json.dumps(PREREGISTERED, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
print(json.dumps({"preregistration": hashlib.sha256(text.encode()).hexdigest()}))
