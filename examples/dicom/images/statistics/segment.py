"""What the values of NRRD images are, and where they are above a threshold."""
import array
import json
import os
from pathlib import Path

volumes, masks, report = Path("/data/volumes"), Path("/data/masks"), Path("/data/report")
threshold = float(os.environ["THRESHOLD"])


def read(path):
    header, data = path.read_bytes().split(b"\n\n", 1)
    fields = {}
    for line in header.decode().split("\n")[1:]:
        name, text = line.split(":=", 1) if ":=" in line else line.split(": ", 1)
        fields[name] = text
    values = array.array("h" if fields["type"] == "int16" else "H", data)
    slope, intercept = float(fields["slope"]), float(fields["intercept"])
    return fields, [value * slope + intercept for value in values]


statistics = {}
for path in sorted(volumes.rglob("*.nrrd")):
    fields, values = read(path)
    columns, rows = map(int, fields["sizes"].split())
    across, down = map(float, fields["spacings"].split())
    above = [value >= threshold for value in values]
    name = str(path.relative_to(volumes).with_suffix(""))
    statistics[name] = {
        "modality": fields["modality"],
        "patient": fields["patient"],
        "columns": columns,
        "rows": rows,
        "least": min(values),
        "mean": round(sum(values) / len(values), 3),
        "greatest": max(values),
        "above": sum(above),
        "area_mm2": round(sum(above) * across * down, 2),
    }
    mask = masks / (name + ".pbm")
    mask.parent.mkdir(parents=True, exist_ok=True)
    lines = ("".join("01"[bit] for bit in above[row * columns : (row + 1) * columns]) for row in range(rows))
    mask.write_text(f"P1\n{columns} {rows}\n" + "\n".join(lines) + "\n")
    print(name, statistics[name])
(report / "statistics.json").write_text(json.dumps(statistics, indent=2) + "\n")
