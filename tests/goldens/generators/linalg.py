"""The functions of @tenfold/core/linalg."""

import torch

from record import Const, Group, randn

L = torch.linalg


class Linalg(Group):
    def fn(self, name, args, fn, **rest):
        self.op(name, args, fn, via="linalg", **rest)


def well(*shape):
    """Matrices far from singular ones."""
    x = randn(*shape) * 0.4
    k = min(shape[-2:])
    x.diagonal(dim1=-2, dim2=-1).add_(torch.arange(k) + 1.5)
    return x


def definite(*shape):
    x = randn(*shape) * 0.5
    eye = torch.eye(shape[-1])
    spread = torch.arange(shape[-1]) * 1.5 + 1
    return x @ x.mT * 0.3 + eye * spread


def turns(rows):
    """1 or -1 for each row, so that its largest element is positive."""
    at = rows.abs().argmax(-1, keepdim=True)
    return rows.gather(-1, at).sign().detach()


def eigh(a, uplo="L"):
    w, v = L.eigh(a, UPLO=uplo)
    return {"eigenvalues": w, "eigenvectors": v * turns(v.mT).mT}


def svd(a, full):
    u, s, vh = L.svd(a, full_matrices=full)
    k = s.shape[-1]
    signs = turns(vh[..., :k, :])
    if full and u.shape[-1] != vh.shape[-1]:
        return {"s": s}
    return {"u": u * signs.mT, "s": s, "vh": vh * signs}


def qr(a, mode="reduced"):
    q, r = L.qr(a, mode)
    return {"q": q, "r": r}


def slogdet(a):
    sign, log = L.slogdet(a)
    return {"sign": sign.detach(), "logabsdet": log}


def both(x):
    """In both precisions."""
    return [x, x.double()]


def lstsq(a, b):
    # That of L.lstsq, whose driver for rank-deficient ones has no gradient.
    x = torch.linalg.pinv(a) @ (b if b.ndim == a.ndim else b.unsqueeze(-1))
    left = (a @ x - (b if b.ndim == a.ndim else b.unsqueeze(-1))).square()
    left = left.sum(-2)
    rank = L.matrix_rank(a).to(torch.int32)
    values = L.svdvals(a).detach()
    if b.ndim != a.ndim:
        x, left = x.squeeze(-1), left.squeeze(-1)
    return {"solution": x, "residuals": left, "rank": rank,
            "singularValues": values}


def generate():
    g = Linalg("linalg", "torch.linalg", 41)
    for a in [*both(well(3, 3)), well(2, 4, 4), well(2, 2, 2, 2), well(1, 1)]:
        n = a.shape[-1]
        b = randn(*a.shape[:-1], 2).to(a.dtype)
        g.fn("solve", [a, b], L.solve)
        # Backward of PyTorch 1.13 refuses a 1x1 system with a vector.
        if n > 1:
            g.fn("solve", [a, b[..., 0].contiguous()], L.solve)
        g.fn("solve", [a, b.mT.contiguous(), {"left": False}],
             lambda a, b: L.solve(a, b, left=False))
        g.fn("inv", [a], L.inv)
        g.fn("det", [a], L.det)
        g.fn("slogdet", [a], slogdet)
        for upper in (True, False):
            for unit in (True, False):
                options = {"upper": upper, "unitriangular": unit}
                g.fn("solveTriangular", [a, b, options],
                     lambda a, b, upper=upper, unit=unit: L.solve_triangular(
                         a, b, upper=upper, unitriangular=unit))
            g.fn("solveTriangular",
                 [a, b.mT.contiguous(), {"upper": upper, "left": False}],
                 lambda a, b, upper=upper: L.solve_triangular(
                     a, b, upper=upper, left=False))
    # Leading dims broadcast.
    g.fn("solve", [well(3, 3), randn(4, 3, 2)], L.solve)
    g.fn("solve", [well(4, 3, 3), randn(1, 3, 2)], L.solve)
    g.fn("solveTriangular", [well(3, 3), randn(4, 3, 2), {"upper": True}],
         lambda a, b: L.solve_triangular(a, b, upper=True))
    for a in both(definite(4, 4)) + [definite(2, 3, 3), definite(1, 1)]:
        g.fn("cholesky", [a], L.cholesky)
        g.fn("cholesky", [a, {"upper": True}],
             lambda a: L.cholesky(a, upper=True))
        g.fn("eigh", [a], eigh)
        g.fn("eigh", [a, {"uplo": "U"}], lambda a: eigh(a, "U"))
        g.fn("eigvalsh", [a], L.eigvalsh)
    for shape in ((4, 3), (3, 4), (3, 3), (2, 4, 2), (2, 3, 5)):
        for a in both(well(*shape)):
            g.fn("qr", [a], qr)
            g.fn("qr", [a, {"mode": "complete"}],
                 lambda a: qr(a, "complete"), grad=shape[-2] <= shape[-1])
            g.fn("svd", [a, {"fullMatrices": False}],
                 lambda a: svd(a, False))
            if shape[-1] == shape[-2]:
                g.fn("svd", [a], lambda a: svd(a, True))
            g.fn("svdvals", [a], L.svdvals)
            g.fn("pinv", [a], L.pinv)
            g.fn("matrixRank", [a], lambda a: L.matrix_rank(a).int(),
                 grad=False)
            b = randn(*shape[:-1], 2).to(a.dtype)
            g.fn("lstsq", [a, b], lstsq)
            g.fn("lstsq", [a, b[..., 0].contiguous()], lstsq)
            for order in ("fro", "nuc", 1, -1, 2, -2):
                g.fn("matrixNorm", [a, {"ord": order}],
                     lambda a, order=order: L.matrix_norm(a, order))
            inf = float("inf")
            for order in (inf, -inf):
                g.fn("matrixNorm", [a, {"ord": order}],
                     lambda a, order=order: L.matrix_norm(a, order))
    g.fn("matrixNorm", [well(3, 2, 4), {"dim": [2, 0], "ord": 1}],
         lambda a: L.matrix_norm(a, 1, dim=(2, 0)))
    g.fn("matrixNorm", [well(3, 2, 4), {"dim": [0, 2], "keepDim": True,
                                        "ord": "nuc"}],
         lambda a: L.matrix_norm(a, "nuc", dim=(0, 2), keepdim=True))
    # Where rank is lacking, and where there is nothing.
    low = randn(4, 2) @ randn(2, 3)
    g.fn("matrixRank", [low], lambda a: L.matrix_rank(a).int(), grad=False)
    g.fn("matrixRank", [low, {"atol": 100.0}],
         lambda a: L.matrix_rank(a, atol=100.0).int(), grad=False)
    g.fn("pinv", [low.double(), {"rtol": 1e-6}],
         lambda a: L.pinv(a, rtol=1e-6), second=False)
    # PyTorch 1.13 gives a gradient of 0 where the cofactors are 1 and -1.
    g.fn("det", [torch.ones(2, 2).double()], L.det, grad=False)
    g.fn("det", [torch.zeros(0, 0)], L.det, grad=False)
    g.fn("inv", [torch.zeros(2, 0, 0)], L.inv, grad=False)
    g.fn("slogdet", [torch.ones(2, 2)], slogdet, grad=False)
    g.fn("solve", [torch.zeros(0, 2, 2), torch.zeros(0, 2, 1)], L.solve,
         grad=False)
    return [g]
