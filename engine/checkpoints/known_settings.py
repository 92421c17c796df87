"""The settings of published checkpoints that genchat understands; whatever else a file says is refused by name.

Each set holds what is read or expected to have one value, and what changes no number: who made the file, how training
went, what a program may ask of the model beside its logits, defaults for sampling.
"""

# Of any config.json.
_HARMLESS = frozenset(
    (
        "_name_or_path", "_commit_hash", "_attn_implementation", "_attn_implementation_autoset", "_from_model_config",
        "architectures", "model_type", "transformers_version", "torch_dtype", "dtype", "torchscript", "auto_map",
        "transformers.js_config", "vocab_size", "use_cache", "initializer_range", "output_attentions",
        "output_hidden_states", "return_dict", "return_dict_in_generate", "chunk_size_feed_forward",
        "is_encoder_decoder", "is_decoder", "id2label", "label2id", "num_labels", "problem_type", "tokenizer_class",
        "prefix", "finetuning_task", "task_specific_params", "bos_token_id", "eos_token_id", "pad_token_id",
        "unk_token_id", "sep_token_id", "decoder_start_token_id", "use_bfloat16", "gradient_checkpointing",
        "tie_word_embeddings", "attention_dropout", "max_length", "min_length", "do_sample", "temperature", "top_k",
        "top_p", "typical_p", "repetition_penalty", "length_penalty", "num_beams", "num_return_sequences",
        "no_repeat_ngram_size", "early_stopping", "pruned_heads", "tf_legacy_loss", "unsloth_version",
        "unsloth_fixed",
    )
)  # fmt: skip
LLAMA = _HARMLESS | frozenset(
    (
        "hidden_act", "attention_bias", "mlp_bias", "use_sliding_window", "sliding_window", "layer_types",
        "max_window_layers", "num_attention_heads", "hidden_size", "head_dim", "max_position_embeddings",
        "num_hidden_layers", "num_key_value_heads", "intermediate_size", "rms_norm_eps", "rope_theta",
        "rope_parameters", "rope_scaling", "rope_interleaved", "partial_rotary_factor", "is_llama_config",
        "pretraining_tp",
    )
)  # fmt: skip
GPT2 = _HARMLESS | frozenset(
    (
        "activation_function", "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "add_cross_attention",
        "scale_attn_weights", "n_head", "n_embd", "n_positions", "n_layer", "n_inner", "n_ctx", "layer_norm_epsilon",
        "attn_pdrop", "embd_pdrop", "resid_pdrop", "summary_activation", "summary_first_dropout",
        "summary_proj_to_labels", "summary_type", "summary_use_proj",
    )
)  # fmt: skip
# Of tokenizer.json, and of its model.
TOKENIZER = frozenset(
    (
        "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder",
        "model",
    )
)  # fmt: skip
TOKENIZER_MODEL = frozenset(
    (
        "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
        "byte_fallback", "ignore_merges", "vocab", "merges",
    )
)  # fmt: skip
# Of GGUF files: the spaces of keys that tell whence a file comes, and the keys of a family and of the tokenizer.
GGUF_HARMLESS_SPACES = ("general.", "quantize.", "split.")
GGUF_FAMILY = frozenset(
    (
        "block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count",
        "attention.head_count_kv", "attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon",
        "attention.key_length", "attention.value_length", "rope.freq_base", "rope.dimension_count",
        "rope.scaling.type", "rope.scaling.factor", "rope.scaling.original_context_length", "rope.scaling.finetuned",
        "rope.scale_linear", "vocab_size", "expert_count", "expert_used_count",
    )
)  # fmt: skip
GGUF_TOKENIZER = frozenset(
    (
        "ggml.model", "ggml.pre", "ggml.tokens", "ggml.token_type", "ggml.scores", "ggml.merges", "ggml.bos_token_id",
        "ggml.eos_token_id", "ggml.eot_token_id", "ggml.eom_token_id", "ggml.unknown_token_id",
        "ggml.padding_token_id", "ggml.seperator_token_id", "ggml.separator_token_id", "ggml.mask_token_id",
        "ggml.cls_token_id", "ggml.fim_pre_token_id", "ggml.fim_suf_token_id", "ggml.fim_mid_token_id",
        "ggml.fim_pad_token_id", "ggml.fim_rep_token_id", "ggml.fim_sep_token_id", "ggml.prefix_token_id",
        "ggml.suffix_token_id", "ggml.middle_token_id", "ggml.add_bos_token", "ggml.add_eos_token",
        "ggml.add_sep_token", "ggml.add_space_prefix", "ggml.remove_extra_whitespaces", "chat_template",
        "chat_templates", "huggingface.json",
    )
)  # fmt: skip
