# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pytest plugin, in test suites of their own that know nothing of this checkout."""

from __future__ import annotations

import json
import os
import re

import pytest

from vast_emulator.process import Emulator

pytest_plugins = ["pytester"]

RENT = """
    import json
    import pytest

    def rent(emulator, label="trainer", **more):
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": 123456}})["offers"][0]["id"]
        body = {"image": "pytorch/pytorch", "disk": 50, "label": label, "runtype": "ssh_direct", **more}
        return emulator.api("PUT", f"/api/v0/asks/{offer}/", body)["new_contract"]
"""


class Suite:
    """A test suite of somebody else."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def run(self, source: str, *arguments: str) -> pytest.RunResult:
        self.pytester.makepyfile(RENT + source)
        return self.pytester.runpytest("-p", "no:cacheprovider", *arguments)

    def passes(self, source: str, *arguments: str, count: int = 1) -> pytest.RunResult:
        result = self.run(source, "--strict-markers", *arguments)
        result.assert_outcomes(passed=count)
        return result


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Suite:
    return Suite(pytester)


def test_each_test_finds_the_marketplace_at_its_start(suite: Suite) -> None:
    suite.passes(
        """
    @pytest.mark.parametrize("turn", [1, 2])
    def test_rents(vast_emulator, turn):
        assert vast_emulator.ledger()["contracts"] == []
        assert vast_emulator.count() == 0
        rent(vast_emulator)

    def test_process(vast_emulator, vast_emulator_process):
        assert vast_emulator is vast_emulator_process
    """,
        count=3,
    )


def test_programs_find_it_by_their_environment(suite: Suite) -> None:
    suite.passes("""
    import os, subprocess, sys

    def test_environment(vast_environment, vast_emulator):
        program = "import os; print(os.environ['VAST_URL'], os.environ['VAST_API_KEY'])"
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout
        assert said.split() == [vast_emulator.url, vast_emulator.api_key] == list(vast_environment.values())

    @pytest.fixture(scope="module", autouse=True)
    def environment_is_as_before():
        before = os.environ.get("VAST_URL")
        yield
        assert os.environ.get("VAST_URL") == before
    """)


@pytest.mark.parametrize("way", ["flags", "ini", "marker"])
def test_options(suite: Suite, way: str, running_emulator: Emulator) -> None:
    arguments = ["--vast-emulator-seed=3", "--vast-emulator-speed=0"] if way == "flags" else []
    if way == "ini":
        suite.pytester.makeini("[pytest]\nvast_emulator_seed = 3\nvast_emulator_speed = 0\n")
    mark = "@pytest.mark.vast_emulator(seed=3, speed=0)" if way == "marker" else ""
    suite.passes(
        f"""
    import pathlib

    {mark}
    def test_another_market(vast_emulator):
        assert vast_emulator.clock()["speed"] == 0
        pathlib.Path("market.json").write_text(json.dumps(vast_emulator.market()))
    """,
        *arguments,
    )
    market = json.loads((suite.pytester.path / "market.json").read_text())
    ours = running_emulator.market()
    assert market.keys() == ours.keys()
    assert market != ours


def test_by_default_time_passes(suite: Suite) -> None:
    suite.passes("""
    def test_speed(vast_emulator):
        assert vast_emulator.clock()["speed"] == 60
    """)


def test_markers_of_a_class_and_a_test_add_up(suite: Suite) -> None:
    suite.passes("""
    @pytest.mark.vast_emulator(speed=0, machines=70)
    class TestMarket:
        @pytest.mark.vast_emulator(speed=600)
        def test_speed(self, vast_emulator):
            assert vast_emulator.clock()["speed"] == 600
            assert vast_emulator.options["machines"] == 70
    """)


def test_an_option_that_does_not_exist(suite: Suite) -> None:
    result = suite.run("""
    @pytest.mark.vast_emulator(sped=0)
    def test_speed(vast_emulator):
        pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("*vast_emulator marker: no such option: sped; there are seed, speed, *")


def test_an_emulator_that_does_not_start(suite: Suite) -> None:
    result = suite.run("""
    @pytest.mark.vast_emulator(speed=-1)
    def test_speed(vast_emulator):
        pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("*the emulator ended with exit code 2 before it listened*")


BILLS = """
    @pytest.mark.vast_emulator(speed=0)
    def test_leaves_it(vast_emulator):
        rent(vast_emulator)
        vast_emulator.advance(100)

    @pytest.fixture
    def tidy(vast_emulator):
        yield
        for row in vast_emulator.api("GET", "/api/v1/instances/")["instances"]:
            vast_emulator.api("DELETE", f"/api/v0/instances/{row['id']}/")

    def test_tidies_up(vast_emulator, tidy):
        rent(vast_emulator)

    @pytest.mark.vast_nothing_bills(False)
    def test_may_leave_it(vast_emulator):
        rent(vast_emulator)

    def test_knows_nothing_of_it():
        pass
"""


@pytest.mark.parametrize("way", ["flag", "ini"])
def test_nothing_may_bill(suite: Suite, way: str) -> None:
    if way == "ini":
        suite.pytester.makeini("[pytest]\nvast_emulator_nothing_bills = true\n")
    result = suite.run(BILLS, *(["--vast-emulator-nothing-bills"] if way == "flag" else []))
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines("*ERROR at teardown of test_leaves_it*")
    assert re.search(
        r'vast-emulator: still billing: instance \d+ "trainer" \(disk \$0\.\d{4}/h, gpu \$0\.\d{4}/h\)',
        result.stdout.str(),
    )


def test_things_may_bill_unless_they_must_not(suite: Suite) -> None:
    suite.passes(BILLS, count=4)


def test_one_test_can_say_that_nothing_may_bill(suite: Suite) -> None:
    result = suite.run("""
    @pytest.mark.vast_nothing_bills
    def test_leaves_a_volume(vast_emulator):
        offer = vast_emulator.api("POST", "/api/v0/volumes/search/", {"machine_id": {"eq": 123456}})["offers"][0]
        vast_emulator.api("PUT", "/api/v0/volumes/", {"id": offer["id"], "size": 10, "name": "models"})

    def test_asks_itself(vast_emulator):
        vast_emulator.assert_nothing_bills()
        rent(vast_emulator)
        with pytest.raises(AssertionError, match="trainer"):
            vast_emulator.assert_nothing_bills()
    """)
    result.assert_outcomes(passed=2, errors=1)
    assert re.search(r'still billing: volume \d+ "models" \(volume \$0\.\d{4}/h\)', result.stdout.str())


def test_scenarios(suite: Suite) -> None:
    result = suite.run("""
    CREATE = {"method": "PUT", "path": "/api/v0/asks/{id}/"}

    def create(emulator):
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": 123456}})["offers"][0]["id"]
        return emulator.call("PUT", f"/api/v0/asks/{offer}/", {"image": "pytorch/pytorch", "disk": 50}, "key")[0]

    @pytest.mark.vast_scenario(faults=[{**CREATE, "status": 503}])
    class TestScenarios:
        @pytest.mark.vast_scenario("lost_answer", faults=[{**CREATE, "status": 500}])
        def test_all_of_them_begin(self, vast_emulator):
            assert {create(vast_emulator) for _ in range(3)} == {500, 503, 504}

        def test_each_test_has_its_own(self, vast_emulator):
            assert create(vast_emulator) == 503
            assert create(vast_emulator) not in (500, 503, 504)

    def test_none(vast_emulator):
        assert create(vast_emulator) not in (500, 503, 504)

    @pytest.mark.vast_emulator(scenario="lost_answer")
    @pytest.mark.parametrize("turn", [1, 2])
    def test_a_scenario_of_the_process_begins_with_each_test(vast_emulator, turn):
        assert create(vast_emulator) == 504

    @pytest.mark.vast_scenario("no_such")
    def test_unknown(vast_emulator):
        pass
    """)
    result.assert_outcomes(passed=5, errors=1)
    result.stdout.fnmatch_lines("*EmulatorError: POST scenario: 400 *no_such*")


def test_a_failure_shows_what_was_asked(suite: Suite) -> None:
    result = suite.run("""
    def test_fails(vast_emulator):
        rent(vast_emulator)
        assert False
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*vast-emulator: requests*", "*1 × PUT /api/v0/asks/{id}/ 200"])


def test_a_killed_emulator_is_started_again(suite: Suite) -> None:
    suite.passes(
        """
    def test_kills_it(vast_emulator):
        vast_emulator.kill()

    @pytest.mark.vast_nothing_bills
    def test_uses_it(vast_emulator):
        assert vast_emulator.clock()
    """,
        count=2,
    )


def test_one_that_refuses_connections_is_started_again(suite: Suite) -> None:
    result = suite.run("""
    @pytest.fixture(scope="module")
    def url(vast_emulator_process):
        return vast_emulator_process.url

    @pytest.mark.parametrize("bills", [False, True])
    def test_refuses(vast_emulator, url, bills, request):
        rent(vast_emulator)
        vast_emulator.refuse(3600)
        if bills:
            request.applymarker(pytest.mark.vast_nothing_bills)

    def test_uses_it(vast_emulator, url):
        assert vast_emulator.url == url
        assert vast_emulator.ledger()["contracts"] == []
    """)
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines("*vast-emulator: nobody can tell whether anything bills: *refused*")


def test_every_worker_of_xdist_has_one(suite: Suite) -> None:
    suite.pytester.mkdir("seen")
    suite.passes(
        """
    import os, pathlib, time

    @pytest.mark.parametrize("turn", range(2))
    def test_alone(vast_emulator, turn):
        seen = pathlib.Path("seen")
        (seen / os.environ["PYTEST_XDIST_WORKER"]).write_text(f"{vast_emulator.url} {vast_emulator.pid}")
        rent(vast_emulator)
        # Until the other worker has rented too.
        while len(list(seen.iterdir())) < 2:
            time.sleep(0.01)
        assert len(vast_emulator.ledger()["contracts"]) == 1
    """,
        "-n2",
        count=2,
    )
    places = {path.read_text() for path in (suite.pytester.path / "seen").iterdir()}
    assert len(places) == 2


def test_nothing_is_left_running(suite: Suite) -> None:
    suite.passes("""
    import pathlib

    @pytest.mark.vast_emulator(seed=3)
    def test_uses_two(vast_emulator, vast_emulator_process):
        pathlib.Path("pids").write_text(f"{vast_emulator.pid} {vast_emulator_process.pid}")
    """)
    for pid in (suite.pytester.path / "pids").read_text().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


def test_a_suite_that_does_not_ask_for_it_starts_none(suite: Suite) -> None:
    suite.pytester.makeconftest("""
    import pytest
    from vast_emulator.process import Emulator

    @pytest.fixture(autouse=True)
    def none_starts(monkeypatch):
        monkeypatch.setattr(Emulator, "start", lambda self: pytest.fail("started"))
    """)
    suite.passes(
        """
    def test_alone():
        pass
    """,
        "--vast-emulator-nothing-bills",
    )
