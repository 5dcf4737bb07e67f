"""What BIM_d takes in Python on the MNIST CNN, for comparison with `a2d cost` and `a2d detect`.

    pip install torch safetensors numpy foolbox==1.8.0
    python benches/python_baselines.py images.npy --foolbox 16 --threads 2

`images.npy` comes from `a2d data export`. Two ways are timed, with the parameters of Env1:

* Foolbox 1.8, on which the paper's implementation builds: one image at a time, on the first images only;
* a plain PyTorch loop over batches, one pass forward and back an iteration; images whose label has flipped leave.
"""

import argparse
import builtins
import collections
import collections.abc
import time

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import cross_entropy

EPSILON, STEP, ITERATIONS = 0.3, 0.0006, 500
WEIGHTS = "data/models/mnist-cnn.safetensors"


def network():
    layers = collections.OrderedDict(
        conv1=nn.Conv2d(1, 64, 3), relu1=nn.ReLU(), conv2=nn.Conv2d(64, 64, 3), relu2=nn.ReLU(),
        pool=nn.MaxPool2d(2), flatten=nn.Flatten(),
        fc1=nn.Linear(64 * 12 * 12, 128), relu3=nn.ReLU(), fc2=nn.Linear(128, 10),
    )
    model = nn.Sequential(layers)
    model.load_state_dict(load_file(WEIGHTS))
    return model.eval().requires_grad_(False)


def batched(model, images):
    """Iterations of BIM_d on each image of a batch."""
    origins, labels = images, model(images).argmax(1)
    costs = torch.full((len(images),), ITERATIONS)
    places = torch.arange(len(images))
    for iteration in range(ITERATIONS + 1):
        leaf = images.detach().requires_grad_(True)
        logits = model(leaf)
        stay = logits.argmax(1) == labels
        costs[places[~stay]] = iteration
        if iteration == ITERATIONS or not stay.any():
            break
        loss = cross_entropy(logits, labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, leaf)
        origins, labels, places = origins[stay], labels[stay], places[stay]
        moved = leaf.detach()[stay] + STEP * gradient[stay].sign()
        images = (origins + (moved - origins).clamp(-EPSILON, EPSILON)).clamp(0, 1)
    return costs


def foolbox_attack():
    """BIM of Foolbox 1.8, which expects names that NumPy and Python have given up since."""
    for name in ("Iterable", "Mapping", "Sequence"):
        setattr(collections, name, getattr(collections.abc, name))
    for name in ("bool", "float", "int", "object"):
        if name not in vars(np):
            setattr(np, name, getattr(builtins, name))
    if not hasattr(np, "product"):
        np.product = np.prod
    import foolbox

    return foolbox


def one_by_one(foolbox, model, image):
    """Iterations of BIM_d on an image."""
    wrapped = foolbox.models.PyTorchModel(model, (0, 1), 10, channel_axis=1, device="cpu")
    label = int(np.argmax(wrapped.predictions(image)))
    criterion = foolbox.criteria.Misclassification()
    adversarial = foolbox.adversarial.Adversarial(wrapped, criterion, image, label)
    attack = foolbox.attacks.LinfinityBasicIterativeAttack()
    attack(adversarial, binary_search=False, epsilon=EPSILON, stepsize=STEP, iterations=ITERATIONS,
           random_start=False, return_early=True, unpack=False)
    return adversarial._total_gradient_calls


def report(name, seconds, costs):
    mean = float(np.mean(costs))
    per_image = 1000 * seconds / len(costs)
    print(f"{name:<24} {len(costs):>5} images  {mean:7.1f} iterations  "
          f"{per_image:8.1f} ms an image  {per_image / mean:6.3f} ms an iteration")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("images")
    arguments.add_argument("--foolbox", type=int, default=16, help="images for Foolbox, 0 for none")
    arguments.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments.add_argument("--window", type=int, default=64)
    arguments = arguments.parse_args()
    torch.set_num_threads(arguments.threads)
    model, images = network(), np.load(arguments.images)

    start = time.perf_counter()
    costs = torch.cat([batched(model, batch) for batch in torch.from_numpy(images).split(arguments.window)])
    report("PyTorch, batched", time.perf_counter() - start, costs.numpy())
    if arguments.foolbox:
        foolbox = foolbox_attack()
        start = time.perf_counter()
        costs = [one_by_one(foolbox, model, image) for image in images[: arguments.foolbox]]
        report("Foolbox 1.8, one by one", time.perf_counter() - start, costs)


if __name__ == "__main__":
    main()
