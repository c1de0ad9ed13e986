"""tests.fork_servers: who is forked may multiply, with whatever was loaded before."""

import faiss
import numpy as np
import torch

from tests.fork_servers import fork_server


def multiply(told):
    index = faiss.IndexFlatIP(64)
    index.add(np.ones((3_000, 64), np.float32))
    index.search(np.ones((1, 64), np.float32), 9)
    told.send(float(torch.ones(500_000).sum()))


def test_who_is_forked_does_not_wait_for_threads_that_are_gone():
    processes = fork_server()
    heard, told = processes.Pipe(duplex=False)
    process = processes.Process(target=multiply, args=(told,))
    process.start()
    told.close()
    is_done = heard.poll(60)
    process.kill()
    process.join()
    assert is_done
