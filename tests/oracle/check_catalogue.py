"""Checks the STAC catalogue of a watch with foreign eyes.

    check_catalogue.py FOLDER LOOKS

Walks FOLDER/catalog.json with pystac, validates every Catalog and Item against the core schemas that
pystac ships (those of extensions live on the network and are not asked for), and finds every file
that a link or an asset names. LOOKS is how many Items there have to be. Exit code 77 says that
python lacks a package; every other failure is an exception.
"""

import json
import pathlib
import sys

try:
    import pystac
    from jsonschema import Draft7Validator
    from pystac.validation.local_validator import get_local_schema_cache
    from referencing import Registry, Resource
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

SPECS = {"Catalog": "catalog-spec/json-schema/catalog.json", "Feature": "item-spec/json-schema/item.json"}


def errors(document):
    cache = get_local_schema_cache()
    registry = Registry().with_resources([(uri, Resource.from_contents(text)) for uri, text in cache.items()])
    schema = cache["https://schemas.stacspec.org/v1.1.0/" + SPECS[document["type"]]]
    return [error.message for error in Draft7Validator(schema, registry=registry).iter_errors(document)]


def checked(path):
    document = json.loads(path.read_text())
    assert not errors(document), (path, errors(document))
    del document["links"]
    assert errors(document), "the schema accepted a document without links"


def main(folder, looks):
    root = pystac.Catalog.from_file(str(folder / "catalog.json"))
    items = 0
    for catalogue, _, leaves in root.walk():
        path = pathlib.Path(catalogue.self_href)
        checked(path)
        for link in json.loads(path.read_text())["links"]:
            assert "://" not in link["href"] and (path.parent / link["href"]).resolve().is_file(), link
        for item in leaves:
            checked(pathlib.Path(item.self_href))
            for asset in item.assets.values():
                assert pathlib.Path(asset.get_absolute_href()).is_file(), asset.href
            items += 1
    assert items == looks, (items, looks)
    print(f"{items} items below {root.id} checked by pystac {pystac.__version__}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]))
