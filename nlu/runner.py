"""Runs Rasa's graph of components one after another.

Rasa has dask plan and run the graph anew for each message and for each action that is predicted.
The order never changes, so it is worked out once.
"""

from graphlib import TopologicalSorter
from typing import Any, Dict, List, Optional, Text, Tuple

from rasa.engine.runner.dask import DaskGraphRunner


class PlainRunner(DaskGraphRunner):
    """As Rasa's own runner, without dask."""

    def run(
        self, inputs: Optional[Dict[Text, Any]] = None, targets: Optional[List[Text]] = None
    ) -> Dict[Text, Any]:
        """Gives the output of each target. Faults of the components come through."""
        wanted = tuple(targets or self._graph_schema.target_names)
        plans = self.__dict__.setdefault("plans", {})
        if wanted not in plans:
            plans[wanted] = self._plan(wanted)
        done = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in plans[wanted]:
            # What nobody provides goes to the node by its name, as with dask.
            done[name] = self._instantiated_nodes[name](*(done.get(one, one) for one in needs))
        return dict(done[name] for name in wanted)

    def _plan(self, targets: Tuple[Text, ...]) -> List[Tuple[Text, List[Text]]]:
        nodes = self._graph_schema.minimal_graph_schema(list(targets)).nodes
        needs = {name: list(node.needs.values()) for name, node in nodes.items()}
        order = TopologicalSorter(needs).static_order()
        return [(name, needs[name]) for name in order if name in needs]
