"""Keys and shapes of xvat_torch_models.npz."""

from xvat_tf.parity.golden.schema import expand

_ARRAYS = {
    "mlp_x": "m h w 1",
    "mlp_y": "m",
    "mlp_d": "m h w 1",
    "cnn_x": "n H W 3",
    "cnn_xu": "u H W 3",
    "cnn_y": "n",
    "cnn_u": "u H W 1",
    "cnn_gen_W": "3 3 3 1",
    "cnn_gen_b": "1",
    "syn_x": "s f",
    "syn_log_alpha": "s f",
    "syn_u": "s f",
    "vat_xi": "xi",
    "vat_k": "k",
    "syn_l1_W": "f hidden",
    "syn_l1_b": "hidden",
    "syn_l2_W": "hidden 2",
    "syn_l2_b": "2",
    "cnn_grad_names": "text g",
    "at_d_l2_f64": "m h w 1",
    "l2_normalize_f64": "r h w 1",
    "cnn_masked_f64": "u H W 3",
    "cnn_grad_fc_W_f64": "128 10",
    "syn_mask_f64": "s f",
}
SCHEMA = (
    _ARRAYS
    | expand(
        {"{k}": ""},
        k=(
            "mlp_seed",
            "cnn_seed",
            "cnn_lamb",
            "cnn_lamb2",
            "cnn_beta",
            "vat_eps",
            "at_eps",
            "syn_eps",
            "syn_lamb",
        ),
    )
    | expand(
        {
            "mlp_{size}_logits_{mode}_{T}": "m 10",
            "vat_lds_kl{K}_{T}": "xi k",
            "vat_r_kl{K}_f64": "m h w 1",
            "at_loss_{norm}_{T}": "",
            "cnn_logits_{mode}_{T}": "n 10",
            "cnn_{loss}_{T}": "",
            "cnn_grad_gen_W_{T}": "3 3 3 1",
            "cnn_grad_gen_b_{T}": "1",
            "cnn_grad_norms_{T}": "g",
            "cnn_conv_bias_grad_norms_{T}": "9",
            "cnn_{b}_{s}_{T}": "128",
            "syn_logits_{T}": "s 2",
            "syn_loss_kl{K}_{T}": "",
            "syn_grad_log_alpha_kl{K}_f64": "s f",
            "syn_grad_l1_W_kl{K}_f64": "f hidden",
        },
        size=("semi", "sup"),
        mode=("train", "eval", "eval_after"),
        norm=("l2", "sign"),
        loss=("ce", "ul"),
        b=("b1", "b9"),
        s=("mean", "var"),
        K=(0, 1),
    )
)
