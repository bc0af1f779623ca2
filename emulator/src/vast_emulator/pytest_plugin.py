# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin: the emulator as a fixture, for tests of programs that rent on Vast.ai.

pytest finds it by itself wherever the package is installed. It does nothing until a test asks for one of its fixtures.
The only module of the package that needs pytest.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from vast_emulator.process import Emulator, EmulatorError


@dataclass(frozen=True)
class Option:
    """An option that tests may choose: on the command line, in the ini file or by a marker."""

    name: str
    help: str

    @property
    def ini(self) -> str:
        """Its name in the ini file."""
        return f"vast_emulator_{self.name}"

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return "--" + self.ini.replace("_", "-")


# Without a choice, the defaults of ``vast-emulator serve`` hold. So time passes, 60 times as fast as outside, and a
# program that waits for its instance gets one. With speed 0 it would wait until it gave up: only the test could help.
OPTIONS = (
    Option("seed", "seed of the marketplace: same seed, same machines, offers and prices (7)"),
    Option("speed", "emulated seconds per second (60); 0: the clock moves only by vast_emulator.advance()"),
    Option("machines", "how many machines the marketplace has (90)"),
    Option("rate_limits", "off or documented (off)"),
    Option("ssh", "what answers at SSH ports of instances (banner)"),
    Option("scenario", "what goes wrong in all tests: the name of a scenario, or a YAML file (none)"),
)
NOTHING_BILLS = Option("nothing_bills", "let each test fail that leaves something behind that costs money")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The same options for the command line and the ini file."""
    group = parser.getgroup("vast-emulator", "a Vast.ai marketplace on localhost")
    for option in OPTIONS:
        group.addoption(option.flag, dest=option.ini, help=option.help)
        parser.addini(option.ini, option.help)
    group.addoption(
        NOTHING_BILLS.flag, dest=NOTHING_BILLS.ini, action="store_true", default=None, help=NOTHING_BILLS.help
    )
    parser.addini(NOTHING_BILLS.ini, NOTHING_BILLS.help, type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Markers have to be known with --strict-markers."""
    names = ", ".join(option.name for option in OPTIONS)
    for line in (
        f"vast_emulator(**options): the marketplace that this test wants ({names})",
        "vast_scenario(*names, **scenario): what goes wrong in this test: scenarios that ship, or one of one's own",
        "vast_nothing_bills(wanted=True): fail when the test leaves something behind that costs money",
    ):
        config.addinivalue_line("markers", line)


class Emulators:
    """One process for each set of options that tests ask for; they live until the session ends."""

    def __init__(self, **defaults: Any) -> None:
        self._defaults = defaults
        self._processes: dict[tuple[tuple[str, str], ...], Emulator] = {}

    def get(self, **options: Any) -> Emulator:
        """The process with these options on top of the session's. One that a test ended is started again."""
        wanted = {**self._defaults, **options}
        key = tuple(sorted((name, str(value)) for name, value in wanted.items()))
        if key not in self._processes:
            self._processes[key] = Emulator(**wanted)
        emulator = self._processes[key]
        if not emulator.running:
            emulator.stop()
            emulator.start()
        return emulator

    def reset(self, **options: Any) -> Emulator:
        """The process with these options, at its start. One that a test told to refuse connections is started again."""
        emulator = self.get(**options)
        try:
            emulator.reset()
        except ConnectionError:
            emulator.restart()
        return emulator

    def stop(self) -> None:
        """End them all."""
        for emulator in self._processes.values():
            emulator.stop()


def _chosen(config: pytest.Config, option: Option) -> Any:
    """What the command line says, or else the ini file."""
    given = config.getoption(option.ini)
    return config.getini(option.ini) if given is None else given


@pytest.fixture(scope="session")
def _vast_emulators(pytestconfig: pytest.Config) -> Iterator[Emulators]:
    chosen = {option.name: _chosen(pytestconfig, option) for option in OPTIONS}
    emulators = Emulators(**{name: value for name, value in chosen.items() if value not in (None, "")})
    yield emulators
    emulators.stop()


@pytest.fixture(scope="session")
def vast_emulator_process(_vast_emulators: Emulators) -> Emulator:
    """The emulator of the session, as it is: for fixtures of a wider scope. Each pytest-xdist worker has its own."""
    return _vast_emulators.get()


@pytest.fixture
def vast_emulator(request: pytest.FixtureRequest, _vast_emulators: Emulators) -> Iterator[Emulator]:
    """A :class:`vast_emulator.process.Emulator` at its seed's start: nothing rented, no faults planned.

    ``@pytest.mark.vast_emulator(speed=0, seed=3)`` gives this test another one.
    ``@pytest.mark.vast_scenario("lost_answer")`` begins scenarios in it.
    """
    emulator = _vast_emulators.reset(**_marked_options(request.node))
    for scenario in _scenarios(request.node):
        emulator.control("POST", "scenario", scenario)
    yield emulator
    # After the fixtures that were built upon this one: what they destroy in their teardown does not count.
    if _nothing_may_bill(request.node) and emulator.running:
        try:
            emulator.assert_nothing_bills()
        except AssertionError as error:
            pytest.fail(f"vast-emulator: {error}", pytrace=False)
        except ConnectionError as error:
            pytest.fail(f"vast-emulator: nobody can tell whether anything bills: {error}", pytrace=False)


@pytest.fixture
def vast_environment(vast_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """``VAST_URL`` and ``VAST_API_KEY``, set for the test and for the programs that it starts."""
    environment = {"VAST_URL": vast_emulator.url, "VAST_API_KEY": vast_emulator.api_key}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


def _marked_options(node: pytest.Item) -> dict[str, Any]:
    """Options from ``vast_emulator`` markers; the nearest to the test wins."""
    options: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("vast_emulator"))):
        options.update(marker.kwargs)
    known = [option.name for option in OPTIONS]
    unknown = sorted(options.keys() - set(known))
    if unknown:
        pytest.fail(f"vast_emulator marker: no such option: {', '.join(unknown)}; there are {', '.join(known)}", False)
    return options


def _scenarios(node: pytest.Item) -> Iterator[dict[str, Any]]:
    """Scenarios from ``vast_scenario`` markers, those of the module and class first."""
    for marker in reversed(list(node.iter_markers("vast_scenario"))):
        yield from ({"name": name} for name in marker.args)
        if marker.kwargs:
            yield dict(marker.kwargs)


def _nothing_may_bill(node: pytest.Item) -> bool:
    marker = node.get_closest_marker("vast_nothing_bills")
    if marker is None:
        return bool(_chosen(node.config, NOTHING_BILLS))
    return bool(marker.args[0] if marker.args else marker.kwargs.get("wanted", True))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed shows what the emulator was asked."""
    report = yield
    emulator = getattr(item, "funcargs", {}).get("vast_emulator")
    if report.when == "call" and report.failed and isinstance(emulator, Emulator) and emulator.running:
        report.sections.append(("vast-emulator: requests", _requests(emulator)))
    return report


def _requests(emulator: Emulator) -> str:
    """A line for each kind of request."""
    try:
        rows = emulator.requests()["requests"]
    except (OSError, EmulatorError) as error:
        return f"the emulator does not answer: {error}"
    return "\n".join(f"{row['count']:>5} × {row['method']} {row['path']} {row['status']}" for row in rows) or "none"
