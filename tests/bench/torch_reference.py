"""torch_reference.py: PyTorch's rates for the cases of `genhep bench`, on CPU.

Reads a case a line from standard input and answers with one line: rates per second in the ways that PyTorch offers,
`eager=R optimised=R` for draw-* (optimised: torch.jit.freeze and optimize_for_inference), `eager=R` for step-*,
`step=R step-cpu=S` for gan-N1-* (S: processor seconds a step).
The first line it writes names the version and the BLAS. Everything else goes to standard error.
Sampling: normal latents, forward, times scale plus shift per column, result in the caller's numpy buffer.
Step: encoder and decoder, squared error plus KL, Adam, batch 1024.
GAN: a full step of gan_step.c, the penalty by torch.autograd.grad(create_graph=True).
"""
import ctypes
import sys
import time

import numpy
import torch
from torch import nn

NETWORKS = {"N1": (18, 10, 512, 18), "N3": (20, 7, 256, 26)}
LEAST_SECONDS = 0.15
BATCH = 1024


def blas():
    """The OpenBLAS that this process uses, or None."""
    try:
        return ctypes.CDLL("libopenblas.so.0")
    except OSError:
        return None


def blas_name():
    library = blas()
    if library is None:
        return "BLAS unknown"
    library.openblas_get_config.restype = ctypes.c_char_p
    kind = {0: "serial", 1: "pthread", 2: "openmp"}[library.openblas_get_parallel()]
    return library.openblas_get_config().decode().strip() + " " + kind


def set_threads(threads):
    torch.set_num_threads(threads)
    library = blas()
    if library is not None:
        library.openblas_set_num_threads(threads)


def chain(inputs, layers, units, outputs, slope=0.2):
    widths = [inputs] + [units] * layers + [outputs]
    modules = []
    for i, (a, b) in enumerate(zip(widths[:-1], widths[1:])):
        linear = nn.Linear(a, b)
        nn.init.kaiming_normal_(linear.weight, slope)
        modules.append(linear)
        if i < layers:
            modules.append(nn.LeakyReLU(slope))
    return nn.Sequential(*modules)


def timed(call, items):
    """Items per second: one call to warm up, then calls for LEAST_SECONDS, at least two."""
    call()
    start, calls, seconds = time.perf_counter(), 0, 0.0
    while seconds < LEAST_SECONDS or calls < 2:
        call()
        calls += 1
        seconds = time.perf_counter() - start
    return calls * items / seconds


class Sampling:
    def __init__(self, name):
        self.latents = NETWORKS[name][0]
        columns = NETWORKS[name][3]
        self.eager = chain(*NETWORKS[name]).eval()
        column = torch.arange(columns, dtype=torch.float32)
        self.scale, self.shift = 1 + column, 10 * column
        self.optimised = {}

    def optimise(self, batch):
        """Traced kernels depend on the shape, so there is one for each batch."""
        if batch not in self.optimised:
            frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.script(self.eager)))
            for _ in range(3):
                frozen(torch.randn(batch, self.latents))
            self.optimised[batch] = frozen
        return self.optimised[batch]

    def rate(self, network, batch):
        buffer = numpy.empty((batch, len(self.scale)), dtype=numpy.float32)
        target = torch.from_numpy(buffer)

        def call():
            torch.addcmul(self.shift, network(torch.randn(batch, self.latents)), self.scale, out=target)

        with torch.inference_mode():
            return timed(call, batch)


class Training:
    def __init__(self, name):
        latents, layers, units, columns = NETWORKS[name]
        self.encoder, self.decoder = chain(columns, layers, units, 2 * latents), chain(latents, layers, units, columns)
        self.adam = torch.optim.Adam([*self.encoder.parameters(), *self.decoder.parameters()], 1e-3)
        self.rows = torch.randn(16384, columns)

    def step(self):
        x = self.rows[torch.randint(0, len(self.rows), (BATCH,))]
        mu, log_variance = self.encoder(x).chunk(2, 1)
        z = mu + torch.exp(0.5 * log_variance) * torch.randn_like(mu)
        divergence = 0.5 * (mu.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()
        loss = 0.999 * nn.functional.mse_loss(self.decoder(z), x) + 0.001 * divergence
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()
        return loss.item()


class Gan:
    """Truth and generated events go through the discriminator as one batch, which is faster than one after the other."""

    WEIGHT, UNIT = 5e-4, 450
    RESONANCES = (([1, 2], 2.05), ([4, 5], 2.05), ([0, 1, 2], 1.49), ([3, 4, 5], 1.49))

    def __init__(self):
        self.generator, self.discriminator = chain(18, 10, 512, 18, 0.3), chain(24, 10, 512, 1, 0.3)
        self.adam = {n: torch.optim.Adam(n.parameters(), 1e-6, (0.5, 0.9)) for n in (self.generator, self.discriminator)}
        self.mass = (torch.tensor([4.7, 0, 0, 4.7, 0, 0]) / self.UNIT).view(1, 6, 1)
        self.truth = self.with_energies(torch.randn(16384, 18))

    def with_energies(self, momenta):
        p = momenta.view(-1, 6, 3)
        energies = (self.mass.square() + p.square().sum(2, keepdim=True) + 1e-12).sqrt()
        return torch.cat([energies, p], 2).view(-1, 24)

    def update(self, network, loss):
        self.adam[network].zero_grad(set_to_none=True)
        loss.backward()
        self.adam[network].step()
        return loss.item()

    def discriminator_step(self, truth):
        with torch.no_grad():
            generated = self.with_energies(self.generator(torch.randn(BATCH, 18)))
        x = torch.cat([truth, generated]).requires_grad_()
        phi = self.discriminator(x)
        (gradient,) = torch.autograd.grad(phi.sum(), x, create_graph=True)
        wrong = torch.cat([-phi[:BATCH], phi[BATCH:]])
        penalty = torch.sigmoid(wrong).square() * gradient.square().sum(1, keepdim=True)
        return self.update(self.discriminator, (nn.functional.softplus(wrong) + self.WEIGHT * penalty).sum() / BATCH)

    def masses(self, events, particles):
        p = events.view(-1, 6, 4)[:, particles].sum(1)
        square = p[:, 0].square() - p[:, 1:].square().sum(1)
        return self.UNIT * square.clamp_min(1e-8).sqrt()

    @staticmethod
    def kernel_mean(x, y, width):
        return (1 / (1 + 4 * (x[:, None] - y[None, :]).square() / width**2)).mean()

    def discrepancy(self, truth, generated):
        total = 0
        for particles, width in self.RESONANCES:
            x, y = self.masses(truth, particles), self.masses(generated, particles)
            total = total + self.kernel_mean(y, y, width) - 2 * self.kernel_mean(x, y, width) + self.kernel_mean(x, x, width)
        return total

    def generator_step(self, truth):
        self.discriminator.requires_grad_(False)
        generated = self.with_energies(self.generator(torch.randn(BATCH, 18)))
        loss = nn.functional.softplus(-self.discriminator(generated)).mean() + self.discrepancy(truth, generated)
        value = self.update(self.generator, loss)
        self.discriminator.requires_grad_(True)
        return value

    def step(self):
        truth = self.truth[torch.randint(0, len(self.truth), (BATCH,))]
        return self.discriminator_step(truth), self.generator_step(truth)

    def rates(self, least=0.5):
        self.step()
        start, busy, calls, seconds = time.perf_counter(), time.process_time(), 0, 0.0
        while seconds < least or calls < 2:
            self.step()
            calls += 1
            seconds = time.perf_counter() - start
        return f"step={calls / seconds:.6g} step-cpu={(time.process_time() - busy) / calls:.4g}"


def answer(case, sampling, training):
    parts = case.split("-")
    kind, name, threads = parts[0], parts[1], int(parts[-1][1:])
    set_threads(threads)
    if kind == "gan":
        if kind not in training:
            training[kind] = Gan()
        return training[kind].rates()
    if kind == "step":
        if name not in training:
            training[name] = Training(name)
        return f"eager={timed(training[name].step, 1):.6g}"
    batch = int(parts[2])
    with torch.inference_mode():
        model = sampling.setdefault(name, None) or Sampling(name)
        sampling[name] = model
        optimised = model.optimise(batch)
    return f"eager={model.rate(model.eager, batch):.6g} optimised={model.rate(optimised, batch):.6g}"


def main():
    torch.manual_seed(1)
    print(f"PyTorch {torch.__version__}, {blas_name()}", flush=True)
    sampling, training = {}, {}
    for line in sys.stdin:
        print(answer(line.strip(), sampling, training), flush=True)


main()
