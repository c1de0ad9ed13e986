import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store.signing import SigningKey, is_signed_by

# RFC 8032, 7.1, TEST 2.
SEED = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
PUBLIC = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
SIGNATURE = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_the_keys_are_those_of_the_standard():
    key = SigningKey(bytes.fromhex(SEED))
    assert (key.public, key.sign(b"\x72")) == (PUBLIC, SIGNATURE)


def test_a_key_is_made_once_and_nobody_else_may_read_it(tmp_path):
    file = tmp_path / "signing.key"
    assert SigningKey.of(file).public == SigningKey.of(file).public
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["signing.key"]


def test_a_file_without_a_key_is_named(tmp_path):
    (tmp_path / "signing.key").write_text("hello")
    with pytest.raises(ValueError, match=r"signing\.key holds no signing key"):
        SigningKey.of(tmp_path / "signing.key")


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_signature_is_of_one_message(message, other):
    key = SigningKey(bytes.fromhex(SEED))
    assert is_signed_by(key.public, message, key.sign(message))
    assert is_signed_by(key.public, other, key.sign(message)) == (other == message)


@pytest.mark.parametrize(
    "public, signature", [("", ""), ("zz", SIGNATURE), (PUBLIC, "00"), (PUBLIC[:-2], SIGNATURE)]
)
def test_what_is_no_key_and_no_signature_is_a_no(public, signature):
    assert not is_signed_by(public, b"\x72", signature)
