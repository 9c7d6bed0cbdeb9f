"""Kinds of flags that absl lacks."""

from absl import flags


class OptionalEnum(flags.EnumFlag):
    """An enum whose bare form, `--name`, means its first value."""

    def __init__(self, name: str, values: tuple[str, ...], help: str):
        super().__init__(name, None, help, enum_values=list(values))
        self.boolean = True

    def _parse(self, argument: str) -> str:
        bare = {"true": self.parser.enum_values[0]}
        return super()._parse(bare.get(argument, argument))


class OptionalString(flags.Flag):
    """A text whose bare form, `--name`, means the empty one."""

    def __init__(self, name: str, help: str):
        parser, serializer = flags.ArgumentParser(), flags.ArgumentSerializer()
        super().__init__(parser, serializer, name, None, help)
        self.boolean = True

    def _parse(self, argument: str) -> str | None:
        bare = {"true": "", "false": None}
        return super()._parse(bare.get(argument, argument))
