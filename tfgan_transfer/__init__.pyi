"""The public names for type checkers; `__init__.py` finds them when used."""

from tfgan_transfer import metrics as metrics
from tfgan_transfer import networks as networks
from tfgan_transfer.errors import UserError as UserError
from tfgan_transfer.library.adaptation import adapt as adapt
from tfgan_transfer.library.adaptation import build as build
from tfgan_transfer.library.drawing import generate as generate
from tfgan_transfer.library.drawing import translate as translate
from tfgan_transfer.library.measuring import evaluate as evaluate
from tfgan_transfer.library.models import ACGAN as ACGAN
from tfgan_transfer.library.models import WGANGP as WGANGP
from tfgan_transfer.library.models import CycleGAN as CycleGAN
from tfgan_transfer.library.models import StackGAN as StackGAN
from tfgan_transfer.library.photos import load_domains as load_domains
from tfgan_transfer.library.photos import load_images as load_images
from tfgan_transfer.library.presets import from_preset as from_preset
from tfgan_transfer.library.presets import presets as presets
from tfgan_transfer.library.presets import save_to_preset as save_to_preset
from tfgan_transfer.library.publishing import export as export
from tfgan_transfer.library.sample_grid import SampleGrid as SampleGrid

__version__: str
