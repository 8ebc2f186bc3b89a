"""DICOM images as NRRD (convert.py nrrd) or as PNG (convert.py preview)."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

images = Path("/data/images")


def tags_of(path):
    return json.loads(subprocess.run(["dcm2json", path], check=True, capture_output=True).stdout)


def value(tags, tag, default=None):
    return tags.get(tag, {}).get("Value", [default])[0]


def nrrd(path, target):
    tags = tags_of(path)
    if value(tags, "00280100") != 16:
        raise SystemExit(f"{path}: only images of 16 bits are converted")
    spacing = tags.get("00280030", {}).get("Value", [1, 1])
    header = [
        "NRRD0004",
        "type: " + ("int16" if value(tags, "00280103") else "uint16"),
        "dimension: 2",
        f"sizes: {value(tags, '00280011')} {value(tags, '00280010')}",
        f"spacings: {spacing[1]} {spacing[0]}",
        "endian: little",
        "encoding: raw",
        f"modality:={value(tags, '00080060')}",
        f"patient:={value(tags, '00100010', {}).get('Alphabetic', '')}",
        f"slope:={value(tags, '00281053', 1)}",
        f"intercept:={value(tags, '00281052', 0)}",
    ]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dcmdump", "--write-pixel", folder, path], check=True, stdout=subprocess.DEVNULL)
        (pixels,) = Path(folder).glob("*.raw")
        target.write_bytes("\n".join(header).encode() + b"\n\n" + pixels.read_bytes())


def preview(path, target):
    subprocess.run(
        ["dcm2pnm", "--write-png", "--min-max-window", "--scale-x-factor", os.environ["SCALE"], path, target], check=True
    )


convert, folder, ending = {
    "nrrd": (nrrd, Path("/data/volumes"), ".nrrd"),
    "preview": (preview, Path("/data/pictures"), ".png"),
}[sys.argv[1]]
for path in sorted(images.rglob("*.dcm")):
    target = folder / path.relative_to(images).with_suffix(ending)
    target.parent.mkdir(parents=True, exist_ok=True)
    convert(path, target)
    print("converted", path.relative_to(images))
