#!/usr/bin/env python3
"""Whether tests/jinja_cases.json says what Jinja itself makes of each template; spec_test holds boxcar against it."""

import json
import pathlib
import sys

import jinja2


def main():
    given = json.loads((pathlib.Path(__file__).parent / "jinja_cases.json").read_text())
    jinja = jinja2.Environment(undefined=jinja2.StrictUndefined)
    wrong = []
    for template, expected in given["cases"]:
        try:
            made = jinja.from_string(template).render(env=given["env"], custom=given["custom"])
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
            made = None if expected is None else f"{type(error).__name__}: {error}"
        if made != expected:
            wrong.append(f"{template}: expected {expected!r}, Jinja makes {made!r}")
    print("\n".join(wrong))
    return 1 if wrong or len(given["cases"]) < 20 else 0


sys.exit(main())
