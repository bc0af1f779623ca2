# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second door: a module's logic inside the controller's own worker, about ten times faster than through a module.

It is taken when the task would run on the controller, by the same user, with the same Python, anyway. In every other
case the ordinary module runs. Both doors give the same results.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from ansible import constants as C
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase

from ansible_collections.cloudctl.vastai.plugins.module_utils._module import Context, ModuleSpec, run_logic
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._plain import plain

_LOCAL = ("local", "ansible.builtin.local")


class InProcessAction(ActionBase):
    """Base of the action plugins. A subclass names its module: a Python module with ``SPEC`` and ``run``."""

    _supports_check_mode = True
    _supports_async = True

    module: ModuleType

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        if self._belongs_here(task_vars):
            result.update(self._run_in_process())
            if not self._shows_invocation(task_vars):
                del result["invocation"]
        else:
            result.update(self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
        return result

    def _belongs_here(self, task_vars: Mapping[str, Any]) -> bool:
        """Whether the module would run on this machine, as this user, with this Python and this environment."""
        return (
            self._connection.transport in _LOCAL
            and not self._play_context.become
            and not self._task.async_val
            and not any(self._task.environment or ())
            and self._interpreter_is_ours(task_vars)
        )

    def _interpreter_is_ours(self, task_vars: Mapping[str, Any]) -> bool:
        """A Python that was named must be ours; one that Ansible would go and discover is nobody's choice."""
        if self._task.delegate_to:
            task_vars = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, {})
        named = C.config.get_config_value("INTERPRETER_PYTHON", variables=dict(task_vars))
        named = str(self._templar.template(named) or "auto")
        return named.startswith("auto") or named == sys.executable

    def _shows_invocation(self, task_vars: Mapping[str, Any]) -> bool:
        """Whether modules return their parameters: a setting since ansible-core 2.21, always before."""
        if not hasattr(C, "INJECT_INVOCATION"):
            return True
        return bool(C.config.get_config_value("INJECT_INVOCATION", variables=dict(task_vars)))

    def _run_in_process(self) -> dict[str, Any]:
        spec: ModuleSpec = self.module.SPEC
        name = self._task.action.rpartition(".")[2]
        validation = ArgumentSpecValidator(dict(spec.argument_spec), **spec.rules()).validate(plain(self._task.args))
        warnings = [warning["warning"] for warning in validation._warnings]
        if validation.errors.errors:
            result: dict[str, Any] = {"failed": True, "msg": self._complaint(validation.errors[0])}
        else:
            params = validation.validated_parameters
            context = Context(name, params, self._task.check_mode, warnings.append)
            result = run_logic(self.module.run, context)
        result.setdefault("changed", False)
        result["invocation"] = spec.invocation(validation.validated_parameters)
        if warnings:
            result["warnings"] = warnings
        if not self._task.diff:
            result.pop("diff", None)
        return remove_values(result, validation._no_log_values)

    def _complaint(self, error: Exception) -> str:
        """The message of an ``AnsibleModule`` for the same mistake."""
        text = str(error)
        if isinstance(error, UnsupportedError):
            return f"Unsupported parameters for ({self._task.action}) module: {text}"
        return text
