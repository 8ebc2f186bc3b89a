#!/usr/bin/env python3
import descpipe


class Stage(descpipe.Stage):
    name = "@NAME@"
    inputs = {
        "numbers": "txt",  # numbers.txt, with a number a line
    }
    outputs = {
        "summary": "json",
    }
    config = {
        "summary-config": "config.json",
    }

    def run(self):
        import json

        with open(self.get_config_path("summary-config")) as f:
            function = json.load(f)["function"]
        with open(self.get_input_path("numbers")) as f:
            numbers = [float(line) for line in f.read().split()]
        total = sum(numbers)
        value = total if function == "sum" else total / len(numbers) if numbers else 0
        with open(self.get_output_path("summary"), "w") as f:
            json.dump({"count": len(numbers), function: value}, f)
            f.write("\n")


if __name__ == "__main__":
    Stage.main()
