"""The tool "summarise": reads its input channel, writes its output channel. Both are folders that are mounted."""
import json
import os
from pathlib import Path

numbers_in = Path("/data/numbers")
summary_out = Path("/data/summary")
function = os.environ["FUNCTION"]

numbers = []
for path in sorted(numbers_in.rglob("*.txt")):
    print("reading", path)
    numbers += [float(line) for line in path.read_text().split()]

total = sum(numbers)
value = total if function == "sum" else total / len(numbers) if numbers else 0
(summary_out / "summary.json").write_text(json.dumps({"count": len(numbers), function: value}) + "\n")
