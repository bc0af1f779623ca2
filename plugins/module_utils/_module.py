# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first door: a module's logic behind an ordinary ``AnsibleModule``.

The logic itself is a function from :class:`Context` to a result and knows nothing of doors; the second door, which runs
it inside the controller, is ``plugin_utils/_action.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import (
    DEFAULT_RETRY_TIMEOUT,
    DEFAULT_TIMEOUT,
    VastClient,
    open_client,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import Failure, MissingLibrary, VastError

# Defaults that depend on the environment or the keyring are resolved in _credentials, for plugins and modules alike.
API_ARGUMENTS: dict[str, Any] = {
    "api_key": {"type": "str", "no_log": True},
    "api_url": {"type": "str"},
    "api_timeout": {"type": "float", "default": DEFAULT_TIMEOUT},
    "api_retry_timeout": {"type": "float", "default": DEFAULT_RETRY_TIMEOUT},
}

_HIDDEN = "VALUE_HIDDEN_BY_CLOUDCTL_VASTAI"


@dataclass(frozen=True)
class ModuleSpec:
    """What a module accepts, in the terms of ``AnsibleModule``.

    ``private``: options whose values are kept out of ``invocation`` and of the target's log. Unlike with ``no_log``
    their values are not blanked out wherever else they appear: an environment variable may well be ``1``.
    """

    argument_spec: Mapping[str, Any]
    mutually_exclusive: tuple[tuple[str, ...], ...] = ()
    required_together: tuple[tuple[str, ...], ...] = ()
    required_one_of: tuple[tuple[str, ...], ...] = ()
    required_if: tuple[tuple[Any, ...], ...] = ()
    required_by: Mapping[str, Any] | None = None
    private: tuple[str, ...] = ()

    def rules(self) -> dict[str, Any]:
        """The conditions between options, as the keyword arguments of both validators."""
        return {
            "mutually_exclusive": self.mutually_exclusive,
            "required_together": self.required_together,
            "required_one_of": self.required_one_of,
            "required_if": self.required_if,
            "required_by": self.required_by or {},
        }

    def invocation(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """What ``-vvv`` may show of the parameters; a name that is none may be a misspelt private one."""
        shown = {name: value if name in self._public else _hidden(value) for name, value in params.items()}
        return {"module_args": shown}

    @cached_property
    def _public(self) -> frozenset[str]:
        options = {name: option for name, option in self.argument_spec.items() if name not in self.private}
        return frozenset(options).union(*(option.get("aliases", ()) for option in options.values()))


class Context:
    """What a module's logic gets to see of the task that runs it."""

    def __init__(self, name: str, params: Mapping[str, Any], check_mode: bool, warn: Callable[[str], None]) -> None:
        """``name``: the module's short name; ``params``: validated, plain Python values; ``warn``: shows a sentence."""
        self.name = name
        self.params = params
        self.check_mode = check_mode
        self.warn = warn

    @cached_property
    def client(self) -> VastClient:
        """Opened when it is first asked for, so that usage errors do not depend on a key."""
        return open_client(self.params, f"module {self.name}")


Logic = Callable[[Context], dict[str, Any]]


def run_logic(logic: Logic, context: Context) -> dict[str, Any]:
    """The result of the logic; of a failure, its sentence and what it left behind."""
    try:
        return logic(context)
    except MissingLibrary as error:
        return {"failed": True, "msg": str(error), "exception": error.import_error}
    except Failure as error:
        return {"failed": True, "msg": str(error), **error.result}
    except VastError as error:
        return {"failed": True, "msg": str(error)}


class _DiscreetModule(AnsibleModule):
    """An ``AnsibleModule`` that copies no private parameter into its result or the target's system log."""

    def __init__(self, spec: ModuleSpec) -> None:
        self._spec = spec  # at once, because a wrong parameter makes the base class end the module
        super().__init__(argument_spec=dict(spec.argument_spec), supports_check_mode=True, **spec.rules())

    def _log_invocation(self) -> None:
        pass

    def exit_json(self, **result: Any) -> None:
        super().exit_json(**result, invocation=self._spec.invocation(self.params))

    def fail_json(self, msg: str, **result: Any) -> None:
        super().fail_json(msg, **result, invocation=self._spec.invocation(self.params))


def run_as_module(spec: ModuleSpec, logic: Logic) -> None:
    """``main()`` of every module."""
    module = _DiscreetModule(spec)
    context = Context(module._name.rpartition(".")[2], module.params, module.check_mode, module.warn)
    result = run_logic(logic, context)
    if not module._diff:
        result.pop("diff", None)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


def _hidden(value: Any) -> Any:
    """Names stay, values go."""
    if isinstance(value, Mapping):
        return {name: _hidden(inner) for name, inner in value.items()}
    return value if value is None else _HIDDEN
