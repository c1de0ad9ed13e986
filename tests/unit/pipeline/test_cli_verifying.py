"""`descry evidence verify`: what it says of packs, certificates and what is neither."""

import json

import pytest

from pipeline.answers import ErasedAnswer
from pipeline.cli.clipping import as_blur
from pipeline.cli.verifying import verify_file
from pipeline.errors import ConfigError, EvidenceChanged
from pipeline.evidence.certificate import erasure_certificate
from pipeline.evidence.writing import pack_at
from pipeline.store.signing import SigningKey

KEY, OTHER = SigningKey(bytes(32)), SigningKey(bytes([1]) * 32)


@pytest.fixture
def pack(tmp_path):
    out = tmp_path / "pack.zip"
    with pack_at(out) as writer:
        writer.add("case.json", b'{"case": "theft"}')
        writer.sign(KEY, case="theft", made_at="2026", made_by="an\x1bna", software="D")
    return out


@pytest.fixture
def proof(tmp_path):
    erased = ErasedAnswer(
        tracks=["lobby/r/1", "lobby/r/2"], count=2, messages=3, pictures=4, boxes=5, videos=6,
        searched_bytes=7_000_000, left=[], notes=["n"], items=1,
    )  # fmt: skip
    out = tmp_path / "proof.json"
    out.write_text(json.dumps(erasure_certificate(erased, KEY, at=1e9, software="D")))
    return out


def test_what_is_intact_is_said_with_who_signed_it(pack, proof, capsys, tmp_path):
    key = tmp_path / "key.txt"
    key.write_text(KEY.public + "\n")
    verify_file(pack, str(key), as_json=False)
    verify_file(proof, KEY.public.upper(), as_json=False)
    said = capsys.readouterr()
    assert "case theft, 1 files" in said.out
    assert "2 tracks erased, 7.0 MB of a data folder searched" in said.out
    assert "\x1b" not in said.out
    assert said.err == ""


def test_without_a_key_a_reader_is_told_to_compare_it(pack, capsys):
    verify_file(pack, None, as_json=False)
    said = capsys.readouterr()
    assert KEY.public in said.out
    assert "anybody can sign" in said.err


@pytest.mark.parametrize("key", [None, KEY.public])
def test_a_program_is_told_whether_the_key_was_checked(pack, capsys, key):
    verify_file(pack, key, as_json=True)
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert (told["intact"], told["key_checked"]) == (True, key is not None)
    assert ("anybody can sign" in said.err) is (key is None)


def test_a_certificate_says_what_it_is_about_and_one_of_before_is_read_still(proof, capsys):
    signed = json.loads(proof.read_text())
    assert "no clip, pack or alert that had left it" in signed["certificate"]["scope"]
    told = {name: value for name, value in signed["certificate"].items() if name != "scope"}
    told = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    del signed["certificate"]["scope"]
    signed["signature"]["signature"] = KEY.sign(told)  # as an earlier version signed
    proof.write_text(json.dumps(signed))
    verify_file(proof, KEY.public, as_json=False)
    assert "as it was signed" in capsys.readouterr().out


def test_what_was_changed_is_named(pack, proof, capsys):
    pack.write_bytes(pack.read_bytes().replace(b'"theft"}', b'"arson"}'))
    with pytest.raises(EvidenceChanged, match="1 faults"):
        verify_file(pack, KEY.public, as_json=True)
    said = capsys.readouterr()
    assert json.loads(said.out)["intact"] is False
    assert "case.json: changed" in said.err
    for was, then in (("lobby/r/2", "lobby/r/3"), ('"pictures": 4', '"pictures": 9')):
        other = proof.with_name("other.json")
        other.write_text(proof.read_text().replace(was, then))
        with pytest.raises(EvidenceChanged):
            verify_file(other, None, as_json=False)
        assert "the signature does not fit" in capsys.readouterr().err
    with pytest.raises(EvidenceChanged):
        verify_file(proof, OTHER.public, as_json=False)
    assert "another key" in capsys.readouterr().err
    assert EvidenceChanged.exit_code == 5


def test_what_is_neither_is_said_to_be_neither(pack, tmp_path, capsys):
    for data in (b"{}", b"{" * 100_000, b'{"certificate": 1}'):
        (tmp_path / "x").write_bytes(data)
        with pytest.raises(EvidenceChanged):
            verify_file(tmp_path / "x", None, as_json=False)
        assert "not a certificate" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="cannot read"):
        verify_file(tmp_path / "none.zip", None, as_json=False)
    with pytest.raises(ConfigError, match="cannot read"):
        verify_file(tmp_path, None, as_json=False)
    with pytest.raises(ConfigError, match="64 digits"):
        verify_file(pack, "x", as_json=False)


def test_only_what_can_be_hidden_is_asked_for():
    assert [as_blur(text) for text in (None, "none", "heads", "figures")] == [
        None, "none", "heads", "figures",
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="give none, heads or figures"):
        as_blur("all")
