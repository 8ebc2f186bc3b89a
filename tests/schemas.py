#!/usr/bin/env python3
"""The schemas that boxcar prints, and what its readers say of the corpora: what a reader takes, a schema takes, and a schema
refuses what a reader refuses, but for what it can't see.   tests/schemas.py BOXCAR"""
import json
import pathlib
import re
import subprocess
import sys

import jinja2
import jsonschema
import yaml

CORPUS = pathlib.Path(__file__).parent / "corpus"
ENV = {"registryUrl": "registry.example.org", "registryUsername": "reader", "registryPassword": "s3cr3t-passw0rd",
       "PIN": "31415926535897932384", "output_dir": "/data/out", "namespace": "project-a"}
CUSTOM = {"modality": "CT", "patients": "p1,p2,p3", "run": "7", "quoted": 'a "b"'}

# Each bad document that its schema takes, by what a schema has no words for.
UNSEEN = set((CORPUS / "unseen_by_schemas.txt").read_text().split())


class Refused(Exception):
    """By what comes before a schema: the template, JSON, YAML."""


class Words(yaml.SafeLoader):
    """YAML without dates, as boxcar reads them."""


Words.yaml_implicit_resolvers = {
    first: [(tag, regex) for tag, regex in rows if tag != "tag:yaml.org,2002:timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Words12(Words):
    """The words of YAML 1.2: no `on` and `yes`."""


Words12.yaml_implicit_resolvers = {
    first: [(tag, regex) for tag, regex in rows if tag != "tag:yaml.org,2002:bool"]
    for first, rows in Words.yaml_implicit_resolvers.items()
}
Words12.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF")


def with_texts_as_keys(value):
    if isinstance(value, dict):
        return {str(key): with_texts_as_keys(item) for key, item in value.items()}
    return [with_texts_as_keys(item) for item in value] if isinstance(value, list) else value


def strict(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def no_constant(name):
    raise ValueError(name)


def load(path, kind):
    try:
        if kind == "workflow":
            return with_texts_as_keys(yaml.load(path.read_bytes(), Words12))
        if kind == "kliko":
            return yaml.load(path.read_bytes(), Words)
        text = path.read_bytes().decode("utf-8-sig")
        if kind == "task":
            jinja = jinja2.Environment(undefined=jinja2.StrictUndefined)
            text = jinja.from_string(text).render(env=ENV, custom=CUSTOM)
        return json.loads(text, object_pairs_hook=strict, parse_constant=no_constant)
    except (ValueError, RecursionError, yaml.YAMLError, jinja2.TemplateError, TypeError, AttributeError) as error:
        raise Refused(str(error)) from error


def kind_of(path):
    if path.parent.name == "kaapana":
        return "pc" if "-pc-" in path.name else "task"
    return path.parent.name


def main(boxcar):
    schemas = {}
    for kind in ("pc", "task", "workflow", "kliko"):
        schemas[kind] = json.loads(subprocess.run([boxcar, "schema", kind], check=True, capture_output=True).stdout)
        jsonschema.Draft7Validator.check_schema(schemas[kind])
    wrong = []
    counts = {"good": 0, "bad": 0, "unseen": 0}
    for path in sorted(CORPUS.glob("*/*")):
        if path.suffix == ".expect" or path.name.startswith("parameters-"):
            continue
        kind, name = kind_of(path), f"{path.parent.name}/{path.name}"
        bad = path.name.startswith("bad-")
        # Too much for a reader with limits, and for others without: never begun.
        if any(word in name for word in ("endless", "doubling", "bomb", "self-alias", "deep")):
            continue
        try:
            errors = list(jsonschema.Draft7Validator(schemas[kind]).iter_errors(load(path, kind)))
            said = "; ".join(error.message[:100] for error in errors)
        except Refused as refused:
            errors, said = [refused], str(refused)
        counts["bad" if bad else "good"] += 1
        if not bad and errors:
            wrong.append(f"{name}: a good one is refused: {said}")
        if bad and not errors and name not in UNSEEN:
            wrong.append(f"{name}: a bad one is taken")
        if name in UNSEEN:
            counts["unseen"] += 1
            if errors:
                wrong.append(f"{name}: is seen after all: {said}")
    print("\n".join(wrong))
    print(counts)
    return 1 if wrong or counts["good"] < 60 or counts["bad"] < 100 else 0


sys.exit(main(sys.argv[1]))
