"""Opens the graphics: moderngl over EGL, with a plain word where something is missing."""

from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from pipeline.errors import ConfigError

_REMEDY = "pip install 'descry[street]' and apt install libegl1 libgl1-mesa-dri"


def open_context() -> Any:
    """A context without a screen: on a graphics card where there is one, else in software.

    Raises:
        ConfigError: moderngl is not installed, or EGL does not open.
    """
    try:
        import moderngl  # of the optional group
    except ImportError as error:
        raise ConfigError(f"the street cannot be drawn without moderngl: {_REMEDY}") from error
    _load_triton()
    backend: Any = "egl"  # typed as if it were a mapping
    try:
        return moderngl.create_context(standalone=True, backend=backend, require=330)
    except Exception as error:
        # A missing EGL is a bare Exception, an old OpenGL a ValueError; all else is a bug.
        if type(error) not in (Exception, ValueError, moderngl.Error):
            raise
        raise ConfigError(f"EGL does not open ({error}): {_REMEDY}") from error


def _load_triton() -> None:
    """Load the LLVM of triton, which torch brings, before Mesa loads its own.

    The other way round the process crashes when triton is loaded, however much later that is.
    """
    if find_spec("triton") is not None:
        with suppress(ImportError):  # of a build that keeps its LLVM elsewhere
            import_module("triton._C.libtriton")
