"""Which folders are installed under which names: only `featamp` lands in site-packages.

A clone has `report/` and `templates/` beside `featamp/`; a wheel has them inside it. In
pyproject.toml that would take a list of every folder, kept by hand.
"""

from setuptools import find_packages, setup

REPORT = [f"featamp.{name}" for name in find_packages(include=["report", "report.*"])]

setup(
    packages=[*find_packages(include=["featamp", "featamp.*"]), *REPORT, "featamp.templates"],
    package_dir={"featamp.report": "report", "featamp.templates": "templates"},
    package_data={
        "featamp.templates": ["**/*"],
        "featamp.face": ["weights/*"],
        "featamp.proof": ["*.json"],
    },
)
