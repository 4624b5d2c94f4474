"""Prints what the reader of TensorBoard 2.21.0 finds in the folders of runs
that `train.loggers.tensorboard` wrote: `tensorboard_reads.py FOLDER…`, after
`pip install tensorboard==2.21.0`."""
import sys
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)

for folder in sys.argv[1:]:
    run = EventAccumulator(
        folder, size_guidance={"scalars": 0, "histograms": 0, "images": 0}
    )
    run.Reload()
    tags = run.Tags()
    for tag in tags["scalars"]:
        print(tag, [(e.step, e.value) for e in run.Scalars(tag)])
    for tag in tags["histograms"]:
        for e in run.Histograms(tag):
            h = e.histogram_value
            print(tag, e.step, h.min, h.max, h.num, h.sum)
    for tag in tags["images"]:
        for e in run.Images(tag):
            print(tag, e.step, e.width, e.height, e.encoded_image_string[:8])
    if tags["graph"]:
        print([(n.name, n.op, list(n.input)) for n in run.Graph().node])
