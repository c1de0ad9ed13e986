import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import load_settings
from pipeline.errors import ConfigError
from pipeline.webhook_urls import check_webhook, is_private, names_private, shown
from pipeline.workers.receiver_rules import ReceiverRules

PRIVATE = [
    *("127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1"),
    *("ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:0a00:0001::1"),
    # Old and rare forms in which another address, or none of anybody's, is wrapped.
    *("::127.0.0.1", "::10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::a00:1", "fec0::1"),
    *("fe80::1%eth0", "5f00::1", "100::1", "2001:db8::1", "3fff::1", "2001:10::1"),
    *("192.88.99.1", "192.0.0.8", "198.18.0.1", "240.0.0.1", "0.1.2.3"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_none_of_the_internet_is_private(address):
    assert is_private(address)
    assert names_private(address)


@pytest.mark.parametrize(
    "address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909"]
)
def test_the_internet_is_not_private(address):
    assert not is_private(address)


@given(st.ip_addresses(v=4))
def test_an_address_is_as_private_as_it_is_in_any_wrapping(address):
    for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_private(wrapped) == is_private(str(address))


@pytest.mark.parametrize(
    "url",
    [
        *("", "hooks.example", "ftp://hooks.example/", "https://", "https:///path", "https://h:0/"),
        *("https://h:99999/", "https://me:s3cret@h/", "https://h/a b", "https://h/#part"),
        *("https://h/\r\nX: s3cret", "https://tür.example/", "https://h/" + "s3cret" * 400),
    ],
)
def test_what_can_be_no_webhook_is_refused_and_not_repeated(url):
    with pytest.raises(ValueError, match=r"must|holds credentials") as refused:
        check_webhook(url)
    assert "s3cret" not in str(refused.value)


@given(st.from_regex(r"[a-z0-9_-]{8,40}", fullmatch=True))
def test_nothing_behind_the_host_is_shown(secret):
    for url in (f"https://h.example/{secret}", f"https://h.example?k={secret}"):
        check_webhook(url)
        assert shown(url) == "https://h.example/…"


@pytest.mark.parametrize(
    ("rules", "url", "line"),
    [
        (ReceiverRules(False, False, False), "https://h.example/", r"set webhooks\.secret"),
        (ReceiverRules(True, False, False), "http://localhost/", "private address"),
        (ReceiverRules(True, False, False), "http://[::1]:80/", "private address"),
        (ReceiverRules(True, True, False), "gopher://h/", "the webhook must begin with"),
    ],
)
def test_a_watch_is_refused_what_could_never_be_delivered_to(rules, url, line):
    with pytest.raises(ConfigError, match=line):
        rules.refuse(url, False)


def test_a_watch_may_have_any_other_or_none():
    ReceiverRules(False, False, False).refuse("", False)
    ReceiverRules(True, False, False).refuse("https://hooks.example/nobody/is/there", False)
    ReceiverRules(True, True, False).refuse("http://10.0.0.1/", False)


def test_mqtt_is_asked_for_only_where_there_is_a_broker():
    with pytest.raises(ConfigError, match=r"set mqtt\.url"):
        ReceiverRules(True, True, False).refuse("", True)
    ReceiverRules(False, False, True).refuse("", True)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"SECRET": "short"}, "16 letters"),
        ({"URL": "https://h.example/s3cret"}, "has a url and no secret"),
        ({"URL": "https://me:s3cret@h/", "SECRET": "0123456789abcdef"}, "holds credentials"),
    ],
)
def test_settings_that_make_no_sense_are_one_line_without_the_secret(settings, line):
    environ = {f"DESCRY_WEBHOOKS__{name}": value for name, value in settings.items()}
    with pytest.raises(ConfigError, match=line) as refused:
        load_settings(environ=environ | {"DESCRY_CONFIG": "/dev/null"})
    assert "s3cret" not in str(refused.value)


def test_the_secret_may_come_from_a_file_and_is_kept_out_of_logs(tmp_path):
    file = tmp_path / "secret"
    file.write_text("0123456789abcdef\n")
    url = "https://h.example/s3cret"
    environ = {"DESCRY_WEBHOOKS__SECRET_FILE": str(file), "DESCRY_WEBHOOKS__URL": url}
    settings = load_settings(environ=environ | {"DESCRY_CONFIG": "/dev/null"})
    assert set(settings.secrets()) == {"0123456789abcdef", url}
    assert "s3cret" not in repr(settings.webhooks) + settings.model_dump_json()
