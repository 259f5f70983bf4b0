"""What pyproject.toml cannot say: installed, the films of `scenes` are `construction.films`.

A checkout keeps them beside the package, where manim's users look for scenes; a wheel installs no
top-level `scenes`, which would hide a user's own. An editable install is a checkout.
"""

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.editable_wheel import editable_wheel

HERE, INSTALLED = "scenes", "construction.films"
NOTEBOOKS = Path(__file__).parent / "docs" / "notebooks"
LEFT_OUT = shutil.ignore_patterns(".*", "films-here")


class Checkout(editable_wheel):
    """Names the films as they are named in the checkout."""

    def finalize_options(self):
        """Take the packages as they lie."""
        super().finalize_options()
        self.distribution.packages = find_packages(include=["construction*", f"{HERE}*"])
        self.distribution.package_dir = {}


class Build(build_py):
    """Lets installed films import each other by their names there, and brings the notebooks."""

    def run(self):
        """Build; into a wheel go the students' notebooks of `docs` as well."""
        super().run()
        if not self.editable_mode:
            place = Path(self.build_lib, "construction", "lecture", "notebooks")
            shutil.copytree(NOTEBOOKS, place, dirs_exist_ok=True, ignore=LEFT_OUT)

    def build_module(self, module, module_file, package):
        """Copy a module; of a film, its imports of others are renamed."""
        built, copied = super().build_module(module, module_file, package)
        if ".".join(package if isinstance(package, tuple) else [package]).startswith(INSTALLED):
            text = Path(built).read_text(encoding="utf-8")
            text = re.sub(rf"(?m)^from {HERE}\b", f"from {INSTALLED}", text)
            Path(built).write_text(text, encoding="utf-8")
        return built, copied


setup(
    packages=[
        *find_packages(include=["construction*"]),
        *(INSTALLED + name.removeprefix(HERE) for name in find_packages(include=[f"{HERE}*"])),
    ],
    package_dir={INSTALLED: HERE},
    cmdclass={"build_py": Build, "editable_wheel": Checkout},
)
