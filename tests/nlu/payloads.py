"""Run in Rasa's environment: reads payloads as the channel does, and as Rasa's own component does.

.venv-rasa/bin/python -m tests.nlu.payloads PAYLOAD ...

Prints both findings for each, as JSON.
"""

import json
import sys

from nlu import lean

lean.prepare()

from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.nlu.constants import TEXT  # noqa: E402
from rasa.shared.nlu.training_data.message import Message  # noqa: E402

from nlu.components.channel import _payload  # noqa: E402

if __name__ == "__main__":
    domain = Domain.load("domain.yml")
    handler = RegexMessageHandler()
    for payload in sys.argv[1:]:
        [read] = handler.process([Message({TEXT: payload})], domain)
        theirs = read.as_dict(only_output_properties=True)
        print("FOUND", json.dumps([_payload(payload, domain), theirs]))  # noqa: T201
