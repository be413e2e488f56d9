"""Letters routed with tritonclient: in JSON and with bytes, each request another letter. A refused one is left."""

from __future__ import annotations

import os
import sys

import numpy as np
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput

client = InferenceServerClient(os.environ["GOVAI_BASE_URL"].removeprefix("http://"))
model = "sprawy"
assert client.is_server_live()
assert client.is_model_ready(model)
assert client.get_model_metadata(model)["inputs"][0]["name"] == "text"
binary = sys.argv[1] == "bytes"
for number in range(10):
    letters = np.array([[f"Nie świeci latarnia {number}."], ["Proszę o nowy paszport."]], dtype=object)
    text = InferInput("text", [2, 1], "BYTES")
    text.set_data_from_numpy(letters, binary_data=binary)
    try:
        result = client.infer(model, [text], outputs=[InferRequestedOutput("label", binary_data=binary)], request_id=f"byla-{number}")
    except Exception as error:
        sys.stdout.write(f"{type(error).__name__}\n")
    else:
        sys.stdout.write(f"{result.as_numpy('label').tolist()}\n")
