# SPDX-License-Identifier: Apache-2.0
"""Row 5: the scripts that people use today, beside the daemon."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import measure
from measure import Line, NotMeasured, Pairs, median, seconds
from sending import converge
from servers import nginx
from world import NAME, TOKEN, World, clean_environment, tool

# curl's own way of sending many requests at once: a configuration with a block for each.
PARALLEL = r"""set -euo pipefail
yq -r --arg url "$URL" --arg token "$TOKEN" '.keys[] | "next
url = \"\($url)/api-key?id=\(.id)\"
request = PUT
header = \"Authorization: Bearer \($token)\"
header = \"Content-Type: application/json\"
data = \({input: {id, name, enabled}} | tojson | tojson)
output = /dev/null
write-out = \"%{http_code}\\n\"
"' "$KEYS" | sed 1d | curl --silent --parallel --parallel-max 16 --config -
"""

LOOP = r"""set -euo pipefail
yq -r '.keys[] | [.id, .name, .enabled] | @tsv' "$KEYS" | while IFS=$'\t' read -r id name enabled; do
  curl --silent --request PUT --header "Authorization: Bearer $TOKEN" --header 'Content-Type: application/json' \
    --data "{\"input\":{\"id\":\"$id\",\"name\":\"$name\",\"enabled\":$enabled}}" \
    --output /dev/null --write-out '%{http_code}\n' "$URL/api-key?id=$id"
done
"""

PLAYBOOK = """- hosts: localhost
  connection: local
  gather_facts: false
  vars_files: ["{{ keys_file }}"]
  tasks:
    - ansible.builtin.uri:
        url: "{{ url }}/api-key?id={{ item.id }}"
        method: PUT
        headers: {Authorization: "Bearer {{ token }}"}
        body_format: json
        body: {input: {id: "{{ item.id }}", name: "{{ item.name }}", enabled: "{{ item.enabled }}"}}
      loop: "{{ keys }}"
"""


def shell(world: World, script: str, keys: Path, url: str, count: int) -> float:
    """Seconds of the whole script."""
    for name in ("yq", "curl"):
        tool(name)
    used = measure.run([tool("bash"), "-c", script],
                       env=clean_environment(URL=url, TOKEN=TOKEN, KEYS=str(keys)))
    if used.stdout.split() != ["200"] * count:
        raise RuntimeError(f"not {count} answers: {used.stdout[-500:]}")
    return used.seconds


def ansible(world: World, url: str, count: int) -> float:
    playbook = world.out / "playbook.yaml"
    playbook.write_text(PLAYBOOK)
    used = measure.run([tool("ansible-playbook"), "-i", "localhost,", "-e", json.dumps(
        {"keys_file": str(world.keys(count, name=NAME)), "url": url, "token": TOKEN}), playbook],
                       env=clean_environment(HOME=str(world.out), ANSIBLE_NOCOLOR="1"))
    if "ok=1" not in used.stdout:
        raise RuntimeError(used.stdout[-1000:])
    return used.seconds


def lines(world: World) -> list[Line]:
    sizes = world.sizes
    count = sizes.puts
    few, several = sizes.ansible

    def a_key_by_ansible(url: str) -> float:
        """Without what it takes to start."""
        return (ansible(world, url, several) - ansible(world, url, few)) / (several - few)

    def against(line: Line, url: str, theirs: Callable[[], float]) -> Line:
        """Both a key; of ours and the shell's, everything from start to exit."""
        pairs = Pairs()
        try:
            for _ in range(sizes.pairs):
                pairs.add(converge(world, url, count).whole / count, theirs())
        except NotMeasured as why:
            return line.noted(f"not measured here: {why}")
        return line.figure(median(pairs.inverse().ratios), pairs.inverse().ratios,
                           f"{seconds(median(pairs.ours))} a key", f"{seconds(median(pairs.limit))} a key")

    with nginx(world) as url:
        return [
            against(Line("5a", "the same, start to exit, beside yq → curl --parallel 16", "≥ 4 × faster", 4, False),
                    url, lambda: shell(world, PARALLEL, world.keys(count, name=NAME), url, count) / count),
            against(Line("5b", "beside a bash loop of yq and curl", "≥ 300 × a key", 300, False), url,
                    lambda: shell(world, LOOP, world.keys(sizes.loop_puts, name=NAME), url, sizes.loop_puts)
                    / sizes.loop_puts),
            against(Line("5c", "beside Ansible's uri", "≥ 5,000 × a key", 5000, False), url,
                    lambda: a_key_by_ansible(url)),
        ]
