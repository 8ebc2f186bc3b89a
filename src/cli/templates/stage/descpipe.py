"""What a stage needs of descpipe: where the files of its tags lie. Leave it out on a base that has the package."""
import os


class Stage:
    name = ""
    inputs = {}
    outputs = {}
    config = {}

    def get_input_path(self, tag):
        return self._path("DESC_INPUT", f"{tag}.{self.inputs[tag]}")

    def get_output_path(self, tag):
        return self._path("DESC_OUTPUT", f"{tag}.{self.outputs[tag]}")

    def get_config_path(self, tag):
        return self._path("DESC_CONFIG", self.config[tag])

    @staticmethod
    def _path(folder, name):
        return os.path.join(os.environ[folder], name)

    @classmethod
    def main(cls):
        cls().run()
