"""Are pip's settings passed on to uv whole, and are failures of the index told from others?"""

from pathlib import Path

from cli.package_index import (
    UNREACHABLE,
    installer_environment,
    locked,
    parse_pip_settings,
    telling_line,
    with_pip_settings,
    without_credentials,
)

LISTING = """\
:env:.index-url='https://env.example.com/root'
:env:.timeout='60'
global.cert='/etc/ssl/own.pem'
global.extra-index-url='https://a.example.com/x\\nhttps://b.example.com/x'
global.index-url='https://global.example.com/root'
install.find-links='/srv/wheels'
freeze.find-links='/srv/other'
"""


def test_pip_settings_are_read_with_the_environment_above_the_files() -> None:
    assert parse_pip_settings(LISTING) == {
        "index-url": ["https://env.example.com/root"],
        "cert": ["/etc/ssl/own.pem"],
        "extra-index-url": ["https://a.example.com/x", "https://b.example.com/x"],
        "find-links": ["/srv/wheels"],
    }


def test_uv_is_told_what_pip_was_told() -> None:
    env = with_pip_settings({}, parse_pip_settings(LISTING))
    assert env["UV_DEFAULT_INDEX"] == "https://env.example.com/root"
    assert env["UV_INDEX"] == "https://a.example.com/x https://b.example.com/x"
    assert env["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert env["UV_FIND_LINKS"] == "/srv/wheels"
    assert env["SSL_CERT_FILE"] == "/etc/ssl/own.pem"
    assert env["PIP_INDEX_URL"] == "https://env.example.com/root"


def test_what_the_user_told_uv_itself_stays_and_serves_pip_too() -> None:
    env = with_pip_settings(
        {"UV_DEFAULT_INDEX": "https://uv.example.com/root"}, {"extra-index-url": ["https://a"]}
    )
    assert "UV_INDEX" not in env
    assert env["PIP_INDEX_URL"] == "https://uv.example.com/root"


def test_certificates_and_proxies_already_in_the_environment_win() -> None:
    own = {"SSL_CERT_FILE": "/mine.pem", "https_proxy": "http://mine:3128"}
    env = with_pip_settings(own, {"cert": ["/pip.pem"], "proxy": ["http://pip:3128"]})
    assert env["SSL_CERT_FILE"] == "/mine.pem"
    assert "HTTPS_PROXY" not in env
    assert env["HTTP_PROXY"] == "http://pip:3128"


def test_settings_that_lead_an_installation_astray_are_dropped() -> None:
    env = installer_environment({"PIP_TARGET": "/x", "PYTHONPATH": "/y", "HOME": "/h"})
    assert not {"PIP_TARGET", "PYTHONPATH"} & set(env)
    assert env["HOME"] == "/h"
    assert env["PIP_USER"] == "0"


def test_without_a_folder_for_caches_the_installers_keep_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    blocked = installer_environment({"HOME": str(tmp_path / "file" / "home")})
    assert blocked["UV_NO_CACHE"] == blocked["PIP_NO_CACHE_DIR"] == "1"
    assert "UV_NO_CACHE" not in installer_environment({"HOME": str(tmp_path / "new")})


def test_credentials_in_addresses_are_masked() -> None:
    assert without_credentials("at https://ada:s3cret@host/x") == "at https://***@host/x"
    assert without_credentials("at https://host/x@y") == "at https://host/x@y"


def test_the_networks_line_tells_more_than_the_error_after_it() -> None:
    output = (
        "WARNING: Retrying after connection broken by 'NewConnectionError: refused'\n"
        "ERROR: No matching distribution found for uv\n"
    )
    assert "connection broken by" in telling_line(output)
    assert telling_line("a\nerror: disk full\nb") == "error: disk full"
    assert telling_line("") == "no output"


def test_a_package_named_timeout_is_no_failure_of_the_index() -> None:
    assert not UNREACHABLE.search("Collecting pytest-timeout\nCollecting certifi")
    assert UNREACHABLE.search("ReadTimeoutError: Read timed out. (read timeout=15)")


def test_a_lock_is_taken_apart_by_whole_package_names() -> None:
    lock = "anyio==1.0 \\\n    --hash=sha256:a\nuv==2.0 \\\n    --hash=sha256:b\nuvicorn==3.0\n"
    assert locked(lock, only="uv") == "uv==2.0 \\\n    --hash=sha256:b\n"
    assert locked(lock, leave_out="uv") == "anyio==1.0 \\\n    --hash=sha256:a\nuvicorn==3.0\n"


def test_the_projects_lock_holds_the_installers_that_the_set_up_needs() -> None:
    lock = (Path(__file__).parents[2] / "requirements.lock").read_text()
    for name in ("uv", "setuptools", "pytest", "playwright"):
        assert locked(lock, only=name).count("==") == 1
        assert "--hash=sha256:" in locked(lock, only=name)
