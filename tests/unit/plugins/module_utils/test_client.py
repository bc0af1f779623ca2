# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client, in real conversations over HTTP: what it sends, what it sends again, and where the key goes."""

from __future__ import annotations

import json
import re
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils import _client
from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient, open_client
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    ApiError,
    BadRequest,
    NotFound,
    OutcomeUnknown,
    QuotaExceeded,
    Throttled,
    Unreachable,
    VastError,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._version import VERSION
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import (
    KEY,
    ScriptedServer,
    echoes,
    hangs_up,
    is_silent,
    redirects,
    refused_url,
    resets,
    says,
    says_half,
    says_text,
)

PATH = "/api/v0/things/"
BUSY = says_text("API requests too frequent", 429)
FINE = says({"success": True})
LOST = {"hangs up": hangs_up, "resets": resets, "half a body": says_half}
UNCLEAR = {"500": says({}, 500), "502 page": says_text("<html>bad gateway</html>", 502), "504": says_text("", 504)}


# -- what is sent


def test_key_travels_in_the_authorization_header_only(server, client):
    server.expect("GET", PATH, FINE)
    client.read("GET", PATH, params={"owner": "me"})
    request = server.requests[0]
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in str(request.query)


def test_user_agent_names_version_and_caller(server, client):
    server.expect("GET", PATH, FINE)
    client.read("GET", PATH)
    assert server.requests[0].headers["user-agent"] == f"cloudctl.vastai/{VERSION} (module vast_instance)"


def test_query_values_travel_as_text_or_json_and_none_not_at_all(server, client):
    server.expect("GET", PATH, FINE, query={"owner": "me", "limit": "25", "flag": "true", "order": '[{"col":"id"}]'})
    client.read("GET", PATH, params={"owner": "me", "limit": 25, "flag": True, "order": [{"col": "id"}], "token": None})


def test_write_without_data_sends_an_empty_object(server, client):
    server.expect("DELETE", PATH, FINE, body={})
    client.write("DELETE", PATH)


def test_read_without_data_sends_no_body(server, client):
    server.expect("GET", PATH, FINE, body=None)
    client.read("GET", PATH)


def test_many_requests_share_one_connection(server, client):
    server.expect("GET", PATH, FINE, times=5).expect("PUT", PATH, FINE, times=5)
    for _time in range(5):
        client.read("GET", PATH)
    for _time in range(5):
        client.write("PUT", PATH, body={"state": "running"})
    assert server.connections == 1


def test_refusals_do_not_cost_the_connection(server, client):
    server.expect("GET", PATH, says({"success": False, "msg": "no"}, 400)).expect("GET", PATH, FINE)
    with pytest.raises(ApiError):
        client.read("GET", PATH)
    client.read("GET", PATH)
    assert server.connections == 1


def test_utf8_answer_without_a_charset_is_read_as_utf8(server, client):
    server.expect("GET", PATH, says_text('{"label": "größe"}', headers={"Content-Type": "application/json"}))
    assert client.read("GET", PATH) == {"label": "größe"}


def test_path_prefix_of_the_address_is_kept(server, clock):
    server.expect("GET", "/mirror" + PATH, FINE)
    VastClient(KEY, server.url + "/mirror", "lookup vast_cost").read("GET", PATH)


# -- reads are tried again


@pytest.mark.parametrize("fault", [*LOST.values(), *UNCLEAR.values()], ids=[*LOST, *UNCLEAR])
def test_read_is_tried_again_after(server, client, fault):
    server.expect("GET", PATH, fault).expect("GET", PATH, FINE)
    assert client.read("GET", PATH) == {"success": True}


def test_post_that_only_reads_is_tried_again(server, client):
    server.expect("POST", PATH, hangs_up, body={"q": 1}).expect("POST", PATH, FINE, body={"q": 1})
    assert client.read("POST", PATH, body={"q": 1}) == {"success": True}


def test_read_is_tried_again_after_a_silence(server, clock):
    server.expect("GET", PATH, is_silent).expect("GET", PATH, FINE)
    assert VastClient(KEY, server.url, "x", timeout=0.05).read("GET", PATH) == {"success": True}


def test_read_is_tried_again_after_html_403_of_the_edge(server, client):
    server.expect("GET", PATH, says_text("<html>403 Forbidden</html>", 403)).expect("GET", PATH, FINE)
    assert client.read("GET", PATH) == {"success": True}


def test_pauses_between_tries_grow_and_are_capped(server, client, clock):
    server.expect("GET", PATH, says({}, 503), times=7).expect("GET", PATH, FINE)
    client.read("GET", PATH)
    assert clock.pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_read_gives_up_before_its_deadline(server, clock):
    server.expect("GET", PATH, says_text("", 503), times=4)
    with pytest.raises(OutcomeUnknown, match="HTTP 503"):
        VastClient(KEY, server.url, "x", retry_timeout=7.0).read("GET", PATH)
    assert clock.pauses == [0.5, 1.0, 2.0]


def test_retry_timeout_of_zero_means_one_try(server, clock):
    server.expect("GET", PATH, hangs_up)
    with pytest.raises(OutcomeUnknown):
        VastClient(KEY, server.url, "x", retry_timeout=0.0).read("GET", PATH)
    assert clock.pauses == []


def test_refusal_is_final_for_reads(server, client, clock):
    server.expect("GET", PATH, says({"success": False, "error": "not_found", "msg": "gone"}, 404))
    with pytest.raises(NotFound):
        client.read("GET", PATH)
    assert clock.pauses == []


@given(attempt=st.integers(0, 40), hint=st.floats(0, 1000))
def test_jitter_never_shortens_the_wait_that_the_api_asked_for(attempt, hint):
    error = Throttled("busy", 429)
    error.retry_after = hint
    assert hint <= _client._pause(attempt, error) <= hint + 10.0


# -- writes are sent once


@pytest.mark.parametrize("fault", [*LOST.values(), *UNCLEAR.values()], ids=[*LOST, *UNCLEAR])
def test_write_is_sent_once_although(server, client, clock, fault):
    server.expect("PUT", PATH, fault)
    with pytest.raises(OutcomeUnknown):
        client.write("PUT", PATH, body={"a": 1})
    assert clock.pauses == []


def test_write_is_sent_once_although_nobody_answers(server, clock):
    server.expect("PUT", PATH, is_silent)
    with pytest.raises(OutcomeUnknown, match=r"got no answer from .* within 0\.05 s"):
        VastClient(KEY, server.url, "x", timeout=0.05).write("PUT", PATH)


def test_write_with_an_answer_that_is_no_json_has_an_unknown_outcome(server, client):
    server.expect("PUT", PATH, says_text("<html>welcome</html>"))
    with pytest.raises(OutcomeUnknown, match="an HTML page instead of JSON"):
        client.write("PUT", PATH)


def test_write_is_sent_again_when_it_was_throttled(server, client, clock):
    server.expect("PUT", PATH, BUSY, body={"a": 1}).expect("PUT", PATH, FINE, body={"a": 1})
    assert client.write("PUT", PATH, body={"a": 1}) == {"success": True}
    assert clock.pauses == [0.5]


def test_write_is_sent_again_when_nobody_listened(clock, monkeypatch):
    """The connection is refused, and during the pause the API comes up at the same address."""
    url = refused_url()
    with ScriptedServer() as server:
        server.expect("PUT", PATH, FINE)
        client = VastClient(KEY, url, "x")

        def comes_up(seconds: float) -> None:
            clock.now += seconds
            client.api_url = server.url

        monkeypatch.setattr(clock, "sleep", comes_up)
        assert client.write("PUT", PATH) == {"success": True}
    server.check()


def test_throttled_write_that_is_then_lost_is_not_sent_a_third_time(server, client):
    server.expect("PUT", PATH, BUSY).expect("PUT", PATH, hangs_up)
    with pytest.raises(OutcomeUnknown):
        client.write("PUT", PATH)


def test_write_on_a_connection_that_the_server_closed_meanwhile_takes_effect_once(server, client):
    server.expect("GET", PATH, says({}, headers={"Connection": "close"})).expect("PUT", PATH, FINE)
    client.read("GET", PATH)
    assert client.write("PUT", PATH) == {"success": True}


# -- throttling


@pytest.mark.parametrize(
    ("play", "seconds"),
    [
        (says_text("API requests too frequent", 429), 0.0),
        (says_text("API requests too frequent: endpoint threshold=4.5", 429), 4.5),
        (says({"detail": "API requests too frequent endpoint threshold=4.5"}, 429), 4.5),
        (
            says(
                {
                    "success": False,
                    "error": "rate_limit_exceeded",
                    "msg": "API requests too frequent endpoint threshold=3.0",
                },
                429,
            ),
            3.0,
        ),
        (says({"success": False, "retry_after": 7}, 429), 7.0),
        (says({"success": False, "retry_after": "2.5"}, 429), 2.5),
        (says_text("slow down", 429, {"Retry-After": "6"}), 6.0),
        (says({"retry_after": 7}, 429, {"Retry-After": "6"}), 6.0),
        (says({"retry_after": 7}, 429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), 7.0),
        (says({"success": False, "error": "rate_limit_exceeded", "msg": "threshold=2.0"}, 200), 2.0),
        (says_text("<html>429</html>", 429), 0.0),
        (says_text("", 429), 0.0),
        (says([1], 429), 0.0),
    ],
)
@pytest.mark.parametrize("kind", ["read", "write"])
def test_every_kind_of_429_is_waited_for(server, client, clock, kind, play, seconds):
    method = "GET" if kind == "read" else "PUT"
    server.expect(method, PATH, play).expect(method, PATH, FINE)
    assert getattr(client, kind)(method, PATH) == {"success": True}
    assert clock.pauses == [seconds + 0.5]


def test_wait_longer_than_the_deadline_is_not_begun(server, client, clock):
    server.expect("GET", PATH, says({"retry_after": 3600}, 429))
    with pytest.raises(Throttled) as caught:
        client.read("GET", PATH)
    assert caught.value.retry_after == 3600.0
    assert clock.pauses == []


def test_daily_quota_is_never_retried_and_says_when_it_ends(server, client, clock):
    server.expect(
        "POST",
        PATH,
        says({"error": "search_quota_exceeded", "msg": "Enough"}, 429, {"X-RateLimit-Reset": "1767225600"}),
    )
    with pytest.raises(QuotaExceeded, match="used up until 2026-01-01 00:00 UTC"):
        client.read("POST", PATH, body={})
    assert clock.pauses == []


# -- no connection


@pytest.mark.parametrize(("kind", "method"), [("read", "GET"), ("write", "PUT")])
def test_refused_connection_is_tried_until_the_deadline_and_nothing_was_sent(clock, kind, method):
    client = VastClient(KEY, refused_url(), "x", retry_timeout=5.0)
    with pytest.raises(Unreachable, match=r"Connection refused\. Nothing was sent"):
        getattr(client, kind)(method, PATH)
    assert clock.pauses == [0.5, 1.0, 2.0]


def test_unknown_host_is_unreachable(clock, monkeypatch):
    def knows_nobody(host, *_args):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", knows_nobody)
    with pytest.raises(Unreachable, match=r"nowhere\.invalid: Name or service not known"):
        VastClient(KEY, "http://nowhere.invalid", "x", retry_timeout=0.0).write("PUT", PATH)


def test_refused_proxy_is_unreachable(clock, monkeypatch):
    monkeypatch.setenv("http_proxy", refused_url())
    with pytest.raises(Unreachable):
        VastClient(KEY, "http://api.example", "x", retry_timeout=0.0).write("PUT", PATH)


def test_write_that_a_proxy_lost_is_not_sent_again(server, clock, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    server.expect("PUT", PATH, resets)
    with pytest.raises(OutcomeUnknown):
        VastClient(KEY, "http://api.example", "x").write("PUT", PATH)


def test_proxy_that_refuses_the_tunnel_means_that_nothing_was_sent(clock, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{listener.getsockname()[1]}")

        def forbid() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=forbid)
        thread.start()
        with pytest.raises(Unreachable, match="403 Forbidden"):
            VastClient(KEY, "https://api.example", "x", retry_timeout=0.0).write("PUT", PATH)
        thread.join()


def test_server_that_speaks_no_tls_is_a_sentence(server, clock):
    with pytest.raises(VastError) as caught:
        VastClient(KEY, server.url.replace("http:", "https:"), "x", retry_timeout=0.0).read("GET", PATH)
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)


def test_address_that_no_request_can_have_is_a_bad_request(clock):
    with pytest.raises(BadRequest, match="can't be sent"):
        VastClient(KEY, "http://*.example", "x").read("GET", PATH)


# -- redirects


def test_read_follows_a_redirect_on_the_same_host_with_the_key(server, client):
    server.expect("GET", "/api/v0/things", redirects(PATH)).expect("GET", PATH, FINE)
    assert client.read("GET", "/api/v0/things") == {"success": True}
    assert server.requests[1].headers["authorization"] == f"Bearer {KEY}"


def test_redirect_to_another_host_drops_the_key(server, client):
    server.expect("GET", PATH, redirects(f"http://localhost:{server.port}/elsewhere"))
    server.expect("GET", "/elsewhere", FINE)
    client.read("GET", PATH)
    assert "authorization" not in server.requests[1].headers


def test_redirect_to_another_port_drops_the_key(server, client):
    with ScriptedServer() as other:
        server.expect("GET", PATH, redirects(f"{other.url}/elsewhere"))
        other.expect("GET", "/elsewhere", FINE)
        client.read("GET", PATH)
    other.check()
    assert "authorization" not in other.requests[0].headers


def test_netrc_entry_of_the_redirect_target_is_not_sent(server, client, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.expect("GET", PATH, redirects(f"http://localhost:{server.port}/elsewhere"))
    server.expect("GET", "/elsewhere", FINE)
    client.read("GET", PATH)
    assert "authorization" not in server.requests[1].headers


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirected_write_is_not_followed(server, client, status):
    server.expect("PUT", PATH, redirects("/elsewhere/", status))
    with pytest.raises(ApiError, match=f"HTTP {status}.*Check api_url"):
        client.write("PUT", PATH, body={"a": 1})


def test_redirected_search_is_not_followed(server, client):
    server.expect("POST", PATH, redirects("/elsewhere/", 307))
    with pytest.raises(ApiError, match="Check api_url"):
        client.read("POST", PATH, body={"a": 1})


def test_circle_of_redirects_is_a_sentence(server, client):
    server.expect("GET", PATH, redirects(PATH), times=31)
    with pytest.raises(VastError, match="redirects"):
        client.read("GET", PATH)


# -- the key stays secret


def test_netrc_entry_for_the_host_does_not_replace_the_key(server, client, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.expect("GET", PATH, FINE)
    client.read("GET", PATH)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500])
def test_key_that_the_api_echoes_is_in_no_sentence(server, clock, status):
    server.expect("PUT", PATH, lambda handler: echoes(handler, status))
    with pytest.raises(VastError) as caught:
        VastClient(KEY, server.url, "x", retry_timeout=0.0).write("PUT", PATH)
    assert KEY not in str(caught.value)
    assert KEY not in str(vars(caught.value))


def test_key_that_the_api_echoes_in_plain_text_is_in_no_sentence(server, client):
    server.expect("PUT", PATH, says_text(f"bad header: Bearer {KEY}", 400))
    with pytest.raises(ApiError, match=re.escape("Bearer ********")):
        client.write("PUT", PATH)


def test_key_that_the_api_echoes_in_escapes_is_in_no_sentence(server, client):
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    server.expect("PUT", PATH, says_text(f'{{"success": false, "msg": "you sent {escaped}"}}', 400))
    with pytest.raises(ApiError) as caught:
        client.write("PUT", PATH)
    assert KEY not in str(caught.value)


def test_key_that_is_a_word_of_the_data_leaves_the_data_alone(server, clock):
    """Or an instance would not be found by its name, and be rented again."""
    server.expect("GET", PATH, says({"label": "demo-trainer"}))
    assert VastClient("demo", server.url, "x").read("GET", PATH) == {"label": "demo-trainer"}


# -- opening


def test_options_set_key_address_and_times(server, clock):
    server.expect("GET", PATH, hangs_up)
    client = open_client(
        {"api_key": KEY, "api_url": server.url + "/", "api_timeout": 3, "api_retry_timeout": 0}, "inventory vast"
    )
    with pytest.raises(OutcomeUnknown):
        client.read("GET", PATH)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_options_that_are_not_set_have_defaults():
    client = open_client({"api_key": KEY}, "lookup vast_cost")
    assert (client.api_url, client._timeout, client._retry_timeout) == ("https://console.vast.ai", 30.0, 60.0)


def test_query_parameters_of_any_json_survive_the_way():
    @given(st.dictionaries(st.text(min_size=1), st.integers() | st.lists(st.booleans() | st.text())))
    def survive(values):
        sent = _client._query_parameters(values)
        assert {name: json.loads(text) for name, text in sent.items()} == values

    survive()


@pytest.mark.parametrize("kind", ["read", "write"])
def test_no_error_is_its_own_cause(clock, kind):
    """Ansible follows the chain of causes to its end."""
    client = VastClient(KEY, refused_url(), "x", retry_timeout=0.0)
    with pytest.raises(Unreachable) as caught:
        getattr(client, kind)("GET", PATH)
    assert caught.value.__cause__ is not caught.value
