"""The lifecycle of PreparationFiles."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pulumi_vmimport.guest import answer_iso, cloud_init
from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Created,
    Lifecycle,
    Problem,
    Run,
    is_known,
    is_set,
)
from pulumi_vmimport.local_files import is_local_file, write_private_file
from pulumi_vmimport.resources.guest_installation.answer_content import answer_texts, checker_files, label_of
from pulumi_vmimport.resources.guest_installation.guest_inputs import SECRET_INPUTS
from pulumi_vmimport.resources.guest_installation.installation_rules import default_firmware, input_problems
from pulumi_vmimport.resources.guest_installation.preparation_files import (
    PreparationFilesInputs,
    PreparationFilesState,
)
from pulumi_vmimport.shown_value import shown_value

_SECRET_FILES = (answer_iso.ANSWER_FILE, answer_iso.SECRETS)
_SCRIPT_OF_LINUX = "prepare.sh"


class PreparationFilesLifecycle(Lifecycle[PreparationFilesInputs, PreparationFilesState]):
    inputs_type = PreparationFilesInputs
    state_type = PreparationFilesState
    no_import = (
        "cannot be imported, because the files are what its inputs make of them; declare it, and it writes the files"
    )
    uses_aws = False

    def check(self, inputs: PreparationFilesInputs) -> Iterator[Problem]:
        yield from input_problems(inputs)
        if is_set(inputs.byol_checker) and inputs.iso_path is None:
            yield Problem("byolChecker", "requires isoPath: the files of BYOL Checker are on the ISO image only")
        if is_set(inputs.iso_path):
            yield from _path_problems(inputs.iso_path, inputs.guest_profile)

    def create(self, run: Run, inputs: PreparationFilesInputs) -> Created[PreparationFilesState]:
        return Created(run.identity.key, self._generate(run, PreparationFilesState(**vars(inputs))))

    def read(self, run: Run, id: str, state: PreparationFilesState) -> PreparationFilesState | None:
        del run, id
        return state if _has_iso(state) else replace(state, iso_sha256=None)

    def condition(self, state: PreparationFilesState) -> Condition:
        return Condition.UNFINISHED if state.iso_path is not None and state.iso_sha256 is None else Condition.READY

    def update(
        self, run: Run, id: str, state: PreparationFilesState, inputs: PreparationFilesInputs
    ) -> PreparationFilesState:
        del id
        before, state = state, self.replace_inputs(state, inputs)
        if any(getattr(before, name) != getattr(state, name) for name in SECRET_INPUTS):
            return self._generate(run, state)
        return state if _has_iso(state) else _with_iso(state, checker_files(state.byol_checker))

    def delete(self, run: Run, id: str, state: PreparationFilesState) -> None:
        del run, id
        if state.iso_path is not None and _has_iso(state):  # a file of another program, or of a replacement, remains
            Path(state.iso_path).unlink(missing_ok=True)

    def _generate(self, run: Run, state: PreparationFilesState) -> PreparationFilesState:
        inputs = self.inputs_of(state)
        checker = checker_files(inputs.byol_checker)
        texts = answer_texts(inputs, run.identity.key, default_firmware(inputs), checker)
        if inputs.guest_profile is GuestProfile.EC2_LINUX:
            texts[_SCRIPT_OF_LINUX] = cloud_init.prepare_sh().encode()
        decoded = {path: content.decode() for path, content in texts.items()}
        state = replace(
            state,
            label=label_of(inputs.guest_profile),
            files={path: text for path, text in decoded.items() if path not in _SECRET_FILES},
            secret_files={path: text for path, text in decoded.items() if path in _SECRET_FILES},
        )
        return _with_iso(state, checker)


def _path_problems(path: str, profile: GuestProfile) -> Iterator[Problem]:
    try:
        is_folder, has_parent = Path(path).is_dir(), Path(path).parent.is_dir()
    except OSError:  # too long
        is_folder, has_parent = False, False
    if not path or "\0" in path or is_folder or not has_parent:
        yield Problem("isoPath", f"expected the path of a file in an existing folder, got {shown_value(path)}")
    elif is_known(profile) and is_local_file(path) and not answer_iso.is_answer_iso(Path(path), label_of(profile)):
        yield Problem("isoPath", f"{shown_value(path)} exists and is not an answer ISO; remove it or use another path")


def _has_iso(state: PreparationFilesState) -> bool:
    """Whether the ISO image is as it was written; true without iso_path."""
    if state.iso_path is None:
        return True
    if not is_local_file(state.iso_path):
        return False
    return _sha256(Path(state.iso_path).read_bytes()) == state.iso_sha256


def _with_iso(state: PreparationFilesState, checker: dict[str, bytes]) -> PreparationFilesState:
    """Write the ISO image, if the inputs have a path. Raises: CleanFailureError."""
    if state.iso_path is None:
        return replace(state, iso_sha256=None)
    texts = {**(state.files or {}), **(state.secret_files or {})}
    files = {path: text.encode() for path, text in texts.items() if path != _SCRIPT_OF_LINUX}
    image = answer_iso.iso_image({**files, **checker}, state.label or answer_iso.LABEL)
    try:
        write_private_file(Path(state.iso_path), image)
    except OSError as error:
        raise CleanFailureError(f"iso_path: {state.iso_path} cannot be written: {error}") from error
    return replace(state, iso_sha256=_sha256(image))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
