"""Event records as the writer of TensorBoard 2.21.0 makes them, for
`train/loggers/events_test.ts`: `pip install tensorboard==2.21.0`."""
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, HistogramProto
from tensorboard.summary.writer.record_writer import RecordWriter
import io, json
def rec(e):
    f=io.BytesIO(); RecordWriter(f).write(e.SerializeToString()); return f.getvalue().hex()
out={}
e=Event(wall_time=1.5,step=0,file_version="brain.Event:2"); out['version']=rec(e)
e=Event(wall_time=1.5,step=7,summary=Summary(value=[Summary.Value(tag="loss/train",simple_value=0.25),Summary.Value(tag="x",simple_value=float("nan"))])); out['scalars']=rec(e)
h=HistogramProto(min=-1,max=3,num=4,sum=5,sum_squares=11.5,bucket_limit=[1,3],bucket=[1,3])
e=Event(wall_time=1.5,step=2**33,summary=Summary(value=[Summary.Value(tag="h",histo=h)])); out['histogram']=rec(e)
from tensorboard.compat.proto.graph_pb2 import GraphDef
i=Summary.Image(height=2,width=3,colorspace=1,encoded_image_string=b"png")
e=Event(wall_time=1.5,step=5,summary=Summary(value=[Summary.Value(tag="i",image=i)])); out['image']=rec(e)
g=GraphDef(); n=g.node.add(name="input",op="Placeholder"); n=g.node.add(name="a/0",op="Linear",input=["input"]); n.attr["options"].s=b"1 to 2"
e=Event(wall_time=1.5,step=0,graph_def=g.SerializeToString()); out['graph']=rec(e)
print(json.dumps(out,indent=1))
