# SPDX-License-Identifier: MIT
"""What promtool says of samples that were really scraped: as they were before a fault, and during it.

The fault lasts minutes there, as the alerts want it: what was measured once is held. Counters grow when
the fault is there, once; gauges stay. Moments (`…_timestamp_seconds`) keep their distance from the scrape
they were in, and go on with the clock as long as they do so in life."""
import json
import math
import re
import shutil
import subprocess
import time

from osm.paths import ROOT

from . import http

RULES = ROOT / "packaging/prometheus/alerts.yml"
BEFORE = 30  # minutes without the fault
JOB = {"job": "opcua-session-manager", "instance": "a"}
# Of a server that answers these follow the clock.
GO_ON = {"opcua_server_last_publish_timestamp_seconds", "opcua_server_last_heard_timestamp_seconds",
         "opcua_server_channel_expiry_timestamp_seconds"}


def minutes(text):
    return int(text[:-1]) * {"s": 1 / 60, "m": 1, "h": 60}[text[-1]] if text else 0


def rules():
    """{alert: (its severity, how many minutes its cause must last)}."""
    text = RULES.read_text(encoding="utf-8")
    found = re.findall(r"- alert: (\w+)\n\s+expr: .*\n(?:\s+for: (\w+)\n)?\s+labels:\n\s+severity: (\w+)\n", text)
    assert len(found) == text.count("- alert: ")
    return {alert: (severity, minutes(lasts)) for alert, lasts, severity in found}


def _name(key):
    labels = {**dict(key[1:]), **JOB}
    return key[0] + "{" + ",".join(f"{k}={json.dumps(v)}" for k, v in sorted(labels.items())) + "}"


def _is_moment(name):
    return name.endswith("_timestamp_seconds") or name == "process_start_time_seconds"


def _part(value, step, count):
    return f"{value!r}+{step!r}x{count - 1}" if step else f"{value!r}x{count - 1}"


class Scrape:
    """One look, as Prometheus makes it: `up` is its own."""

    def __init__(self, port, *headers):
        self.wall = time.time()
        try:
            self.found = {**http.samples(http.scrape(port, *headers)), ("up",): 1.0}
        except ConnectionRefusedError:
            self.found = {("up",): 0.0}


def _moment(value, wall, minute):
    return value - wall + 60 * minute


def series(before, during, lasts, still=(), grows=False):
    """promtool's input: a value a minute. Of `still` the moments stand; with `grows` what the counters
    counted happens every minute."""
    out = []
    for key in sorted(before.found.keys() | during.found.keys()):
        was, now, text = before.found.get(key), during.found.get(key), []
        if key[0].endswith("_bucket") or any(v is not None and not math.isfinite(v) for v in (was, now)):
            continue
        if was is None:
            text.append(f"_x{BEFORE}")
        elif _is_moment(key[0]):
            text.append(_part(_moment(was, before.wall, 0), 60, BEFORE))
        else:
            text.append(_part(was, 0, BEFORE))
        if now is None:
            text.append("stale")
        elif _is_moment(key[0]):
            goes_on = key[0] in GO_ON and key[0] not in still
            text.append(_part(_moment(now, during.wall, BEFORE), 60 if goes_on else 0, lasts))
        elif grows and key[0].endswith("_total") and was is not None:
            text.append(_part(now, now - was, lasts))
        else:
            text.append(_part(now, 0, lasts))
        out.append({"series": _name(key), "values": " ".join(text)})
    return out


def judge(folder, before, during, alert, labels, also=(), after=4, **how):
    """Fails unless exactly this alert fires, `also` aside, and none did before. How full the disks of this
    machine are is nobody's fault here, nor, unless it is what is asked about, how busy it is."""
    severity, lasts = rules()[alert]
    aside = {*also, "OpcuaLoopSlow"} - {alert}
    end = BEFORE + int(lasts) + after
    query = 'ALERTS{alertstate="firing",alertname!~"%s"} unless ALERTS{kind="disk"}' % "|".join(sorted(aside))
    labels = {"alertname": alert, "alertstate": "firing", "severity": severity, **JOB, **labels}
    sample = {"labels": "ALERTS{" + ",".join(f"{k}={json.dumps(v)}" for k, v in sorted(labels.items())) + "}", "value": 1}
    quiet = 'ALERTS{alertstate="firing"} unless ALERTS{kind="disk"}'
    test = {"interval": "1m", "input_series": series(before, during, end - BEFORE + 1, **how), "promql_expr_test": [
        *({"expr": quiet, "eval_time": f"{minute}m", "exp_samples": []} for minute in (1, BEFORE - 1)),
        {"expr": query, "eval_time": f"{end}m", "exp_samples": [sample]}]}
    shutil.copy(RULES, folder)
    (folder / "alerts.test.json").write_text(json.dumps(
        {"rule_files": [RULES.name], "evaluation_interval": "1m", "tests": [test]}))
    done = subprocess.run([shutil.which("promtool"), "test", "rules", folder / "alerts.test.json"], capture_output=True,
                          text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
