"""A language model with random weights, small enough to make in a second: it proves the protocol of a server, never the quality of a text.

``python -m tests.real.tiny_model FILE`` writes it in llama.cpp's format. Needs gguf and numpy.
"""

from __future__ import annotations

import sys
from typing import Any

import gguf
import numpy as np

WIDTH, LAYERS, HEADS, INNER, CONTEXT = 64, 2, 4, 128, 2048
LETTERS = "▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?-()\"'{}[]/\\_<>|=+*&%$#@\nąćęłńóśźżĄĆĘŁŃÓŚŹŻčėįšųūžČĖĮŠŲŪŽ"
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "


def write(path: str) -> None:
    """Write the model: a llama of two layers whose tokens are bytes and single letters."""
    kind = gguf.TokenType
    special = [(b"<unk>", kind.UNKNOWN, 0.0), (b"<s>", kind.CONTROL, 0.0), (b"</s>", kind.CONTROL, 0.0)]
    every_byte = [(f"<0x{number:02X}>".encode(), kind.BYTE, -1000.0) for number in range(256)]
    letters = [(letter.encode(), kind.NORMAL, -float(number)) for number, letter in enumerate(LETTERS)]
    tokens, kinds, scores = zip(*special, *every_byte, *letters, strict=True)

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny-random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_chat_template(TEMPLATE)

    random = np.random.default_rng(0)

    def weights(*shape: int) -> Any:
        return (random.standard_normal(shape) * 0.3).astype(np.float32)

    ones = np.ones(WIDTH, np.float32)
    tensors: dict[str, Any] = {
        "token_embd.weight": weights(len(tokens), WIDTH),
        "output_norm.weight": ones,
        "output.weight": weights(len(tokens), WIDTH),
    }
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        tensors |= {f"{block}{norm}.weight": ones for norm in ("attn_norm", "ffn_norm")}
        tensors |= {f"{block}attn_{part}.weight": weights(WIDTH, WIDTH) for part in ("q", "k", "v", "output")}
        tensors |= {f"{block}ffn_{part}.weight": weights(INNER, WIDTH) for part in ("gate", "up")}
        tensors[f"{block}ffn_down.weight"] = weights(WIDTH, INNER)
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(sys.argv[1])
