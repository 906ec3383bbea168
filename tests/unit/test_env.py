"""Settings from the environment: mail servers, origins."""

import pytest

from convergio import env
from convergio.env import Mail, SettingWrong


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("smtp://mail", Mail("mail", 25, "", "", False, False)),
        ("smtp+tls://ada:p%40ss@mail.example.com", Mail("mail.example.com", 587, "ada", "p@ss", False, True)),
        ("smtps://ada:x@mail:4650", Mail("mail", 4650, "ada", "x", True, False)),
        ("", None),
    ],
)
def test_a_mail_server_is_one_address(
    address: str, expected: Mail | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_URL", address)
    assert env.mail() == expected


@pytest.mark.parametrize("address", ["mail.example.com", "http://mail", "smtp://", "smtp://mail:99999"])
def test_what_is_no_mail_server_stops_the_start_with_a_sentence(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_URL", address)
    with pytest.raises(SettingWrong, match="Setting EMAIL_URL: "):
        env.mail()


def test_an_origin_has_no_path() -> None:
    assert env.origin("https://convergio.example.com:8443/x/?y=1") == "https://convergio.example.com:8443"
