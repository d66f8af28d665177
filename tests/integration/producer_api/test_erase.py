"""A user is erased: from MongoDB whole, and on the log behind what came before, whatever breaks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import orjson
import pytest
import pytest_asyncio
