"""Takes out of DICOM images who the patient is."""
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

images, anonymous = Path("/data/images"), Path("/data/anonymous")
pseudonym = os.environ["PSEUDONYM"]

IDENTIFYING = """AccessionNumber AdditionalPatientHistory InstitutionAddress InstitutionName
  NameOfPhysiciansReadingStudy OperatorsName OtherPatientIDsSequence OtherPatientNames PatientAddress PatientAge
  PatientBirthDate PatientWeight ReferringPhysicianName StationName StudyID""".split()
UIDS = {"0020000D": "StudyInstanceUID", "0020000E": "SeriesInstanceUID", "00080018": "SOPInstanceUID"}


def new_uid(uid):
    # The same images get the same UIDs again, so that what is known of them stays known.
    return "2.25." + str(int.from_bytes(hashlib.sha256(uid.encode()).digest()[:16], "big"))


files = sorted(path for path in images.rglob("*") if path.is_file())
if not files:
    raise SystemExit("there are no images")
for path in files:
    target = anonymous / path.relative_to(images)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)
    tags = json.loads(subprocess.run(["dcm2json", path], check=True, capture_output=True).stdout)
    change = ["--modify", f"PatientName={pseudonym}", "--modify", f"PatientID={pseudonym}"]
    for tag, name in UIDS.items():
        if tag in tags:
            change += ["--modify", f"{name}={new_uid(tags[tag]['Value'][0])}"]
    for name in IDENTIFYING:
        change += ["--erase-all", name]
    if os.environ["PRIVATE_TAGS"] == "drop":
        change.append("--erase-private")
    subprocess.run(["dcmodify", "--no-backup", "--ignore-missing-tags", *change, target], check=True)
    print("anonymised", path.relative_to(images))
