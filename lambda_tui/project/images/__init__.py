"""Functions in container images: what a Dockerfile says of the code, read without building it."""

from __future__ import annotations

from lambda_tui.project.images.image import ImageConfig, ImageSource, ReadImage, read_image
from lambda_tui.project.images.stages import Remark

__all__ = ["ImageConfig", "ImageSource", "ReadImage", "Remark", "read_image"]
