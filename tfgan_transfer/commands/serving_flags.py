"""Flags of the commands that serve a model."""

from absl import flags

from tfgan_transfer.commands.optional_flags import OptionalString


def define_serve() -> None:
    """Which model is served, and where it listens."""
    flags.DEFINE_string(
        "model_base", None, "Directory with the versions 1, 2, ... of a model."
    )
    flags.DEFINE_string(
        "model_name", None, "Its name (the last part of --model_base)."
    )
    flags.DEFINE_integer(
        "rest_port", None, "For HTTP (8501); 0 for any free one.", 0, 65535
    )
    flags.DEFINE_integer(
        "grpc_port", None, "For gRPC (8500); 0 for any free one.", 0, 65535
    )
    flags.DEFINE_string(
        "host",
        None,
        "Address to listen at (127.0.0.1: nobody but this machine).",
    )


def define_export() -> None:
    """Which generator is exported, and where to."""
    flags.DEFINE_string("checkpoint", None, "One checkpoint, or zoo:NAME.")
    flags.DEFINE_string(
        "model_base", None, "Directory of the model's versions 1, 2, ..."
    )
    flags.DEFINE_bool("ema", None, "The averaged generator (default) or not.")
    flags.DEFINE_flag(
        OptionalString(
            "check",
            "With --model_base: judge the version before it gets its number. "
            "--check=DIR: judge a version, whoever wrote it.",
        )
    )
    flags.DEFINE_bool("json", None, "Print the report of --check as JSON.")
