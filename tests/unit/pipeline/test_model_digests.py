"""pipeline.wiring.casework: a digest is of the file that made the vectors, or there is none."""

import hashlib

from pipeline.config import Settings
from pipeline.wiring.casework import build_encoder_facts
from pipeline.wiring.weights import open_library


def test_a_digest_is_of_the_installed_file_and_of_the_revision_that_was_used(tmp_path):
    settings = Settings(data_dir=tmp_path)
    name = open_library(settings).bundled("encoder")[0].name
    digest = hashlib.sha256(open_library(settings).path_of(name).read_bytes()).hexdigest()
    used, other, drawn = build_encoder_facts(
        settings, {f"{name}@{digest[:12]}", f"{name}@ffffffffffff", "unknown@c0ffee"}
    )
    assert (used.name, used.sha256) == (f"{name}@{digest[:12]}", digest)
    assert used.licence
    assert other.sha256 == drawn.sha256 == ""
