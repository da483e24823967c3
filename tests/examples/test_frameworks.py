# SPDX-License-Identifier: MIT
"""examples/laravel and examples/symfony: the daemon's events reach the listeners of an application, and its configuration
becomes one of ours. The frameworks are Debian's, reduced to their console and dispatcher (app/)."""
import os
import pathlib
import re
import signal
import subprocess

import pytest

from osm.paths import ROOT, build_dir
from osm.servers import AlarmServer
from osm.wait import wait_until

APP = pathlib.Path(__file__).with_name("app")
EXAMPLES = ROOT / "examples"
FRAMEWORKS = {"artisan": "Illuminate/Console", "console": "Symfony/Component/Console"}
CONVERT = EXAMPLES / "laravel" / "convert.php"


def installed(folder):
    return (pathlib.Path("/usr/share/php") / folder / "autoload.php").exists()


@pytest.fixture(params=FRAMEWORKS)
def application(request, make_daemon, tmp_path):
    if not installed(FRAMEWORKS[request.param]):
        pytest.skip(f"Debian's package of {FRAMEWORKS[request.param]} is not installed")
    out = tmp_path / "told"
    daemon = make_daemon("--event-command", f"php '{APP / request.param}' opcua:listen", "--event-command-ack",
                         env={"OSM_TEST_OUT": str(out)})
    return daemon, lambda: out.read_text().splitlines() if out.exists() else []


def subscribe(daemon, url, node):
    client = daemon.client
    session = client.open(url)
    subscription = client.query(session, "createSubscription", 100.0)["data"]["subscriptionId"]
    client.query(session, "createMonitoredItems", subscription, [{"nodeId": node, "clientHandle": 5, "samplingInterval": 0.0}])
    return session, subscription


def values(lines):
    return [int(line.split()[2]) for line in lines if line.startswith("value 5 ")]


def test_listeners_get_the_classes_of_upstream(application, make_server):
    daemon, told = application
    server = make_server(AlarmServer)
    session, subscription = subscribe(daemon, server.url, "i=2259")
    wait_until(lambda: values(told()), 30, "the value reaches the listener")
    assert any(line.endswith("PhpOpcua\\SessionManager\\Client\\ManagedClient /the/socket") for line in told()
               if line.startswith("item ns=0 ")), told()
    assert values(told())[0] == 0  # the server is running
    made = daemon.client.query(session, "createEventMonitoredItem", subscription, "i=2253",
                               ["EventId", "EventType", "SourceName", "Time", "Message", "Severity"], 6)
    assert made["success"], made
    assert daemon.client.query(session, "write", "ns=1;s=Tank/PumpFault", True, 1)["data"] == 0
    wait_until(lambda: [line for line in told() if re.fullmatch(r"alarm \S+ \d+ 20\d\d 15", line)], 30, "the alarm")
    os.kill(int(daemon.log().rpartition("started, pid ")[2].split()[0]), signal.SIGKILL)
    session, subscription = subscribe(daemon, server.url, "i=2267")
    wait_until(lambda: 255 in values(told()), 30, "the next worker goes on")


@pytest.fixture
def laravel(tmp_path):
    """An application's folder with config/opcua.php and .env."""
    (tmp_path / "config").mkdir()
    path = tmp_path / "config" / "opcua.php"
    path.write_text("""<?php return ['default' => 'plant',
        'session_manager' => ['socket_path' => env('OPCUA_SOCKET_PATH', storage_path('app/osm.sock')), 'timeout' => '300',
            'auth_token' => env('OPCUA_AUTH_TOKEN'), 'socket_mode' => 0660, 'allowed_cert_dirs' => ['/etc/opcua'], 'auto_publish' => true,
            'log_channel' => 'stack'],
        'connections' => [
            'plant' => ['endpoint' => env('URL'), 'timeout' => '7.5', 'username' => 'op "1"', 'password' => env('PW'),
                'security_policy' => 'Aes256Sha256RsaPss', 'security_mode' => 'SignAndEncrypt', 'auto_detect_write_type' => false,
                'client_certificate' => null, 'batch_size' => null, 'color' => 'red', 'auto_connect' => true,
                'subscriptions' => [['publishing_interval' => 500.0, 'monitored_items' => [
                    ['node_id' => 'ns=2;s=Temp: 1', 'client_handle' => 1], ['node_id' => 'i=2258', 'client_handle' => 2]]]]],
            'seldom used' => ['endpoint' => 'opc.tcp://127.0.0.1:2']]];
        """)
    (tmp_path / ".env").write_text("# all of it\nURL=opc.tcp://127.0.0.1:1 # the plant\nPW=\"ge\\\"h # eim\"\nOPCUA_AUTH_TOKEN='t'\n")
    return path


def convert(*arguments):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPCUA_")}
    return subprocess.run(["php", CONVERT, *arguments], env=clean, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("everything", [False, True])
def test_a_configuration_of_laravel(laravel, everything, tmp_path):
    done = convert(*["--all"] * everything, laravel)
    assert done.returncode == 0, done.stderr
    notes = ["session_manager.log_channel: the daemon has --log-file and --cache-driver instead",
             "connections.plant.color: has no place in the daemon, left out"]
    if not everything:
        notes.append("connections.seldom used: not kept up (auto_connect), callers open it; --all keeps it")
    assert done.stderr.splitlines() == [f"convert: {note}" for note in notes]
    folder = laravel.parent.parent
    plant = """\
  plant:
    endpoint: "opc.tcp://127.0.0.1:1"
    config:
      securityPolicy: "http://opcfoundation.org/UA/SecurityPolicy#Aes256_Sha256_RsaPss"
      securityMode: 3
      username: "op \\"1\\""
      password: "ge\\"h # eim"
      opcuaTimeout: 7.5
      autoDetectWriteType: false
    subscriptions:
      - publishing_interval: 500
        monitored_items:
          - node_id: "ns=2;s=Temp: 1"
            client_handle: 1
          - node_id: "i=2258"
            client_handle: 2
"""
    rest = '  "seldom used":\n    endpoint: "opc.tcp://127.0.0.1:2"\n' if everything else ""
    assert done.stdout == f"""\
# made from {laravel}
socket: "{folder}/storage/app/osm.sock"
timeout: 300
auth_token: "t"
socket_mode: "0660"
allowed_cert_dirs:
  - "/etc/opcua"
auto_publish: true
connections:
{plant}{rest}"""
    made = tmp_path / "made.yaml"
    made.write_text(done.stdout)
    made.chmod(0o600)
    checked = subprocess.run([build_dir() / "opcua-session-manager", "--check", "--config", made], capture_output=True, text=True,
                             timeout=120)
    assert "unknown" not in checked.stderr and "warning" not in checked.stderr, checked.stderr


def test_a_configuration_of_symfony(tmp_path):
    if not installed("Symfony/Component/Yaml"):
        pytest.skip("Debian's package php-symfony-yaml is not installed")
    path = tmp_path / "config" / "php_opcua_symfony_opcua.yaml"
    path.parent.mkdir()
    path.write_text("php_opcua_symfony_opcua:\n  session_manager: {socket_path: '%kernel.project_dir%/var/o.sock', socket_mode: 0600}\n"
                    "  connections:\n    default: {endpoint: 'opc.tcp://127.0.0.1:1', security_policy: None}\n")
    done = convert("--all", path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (f'# made from {path}\nsocket: "{tmp_path}/var/o.sock"\nsocket_mode: "0600"\nconnections:\n'
                           '  default:\n    endpoint: "opc.tcp://127.0.0.1:1"\n')


@pytest.mark.parametrize("text, said", [
    (None, "there is no file"), ("<?php return 5;", "holds no configuration"),
    ("<?php return ['connections' => ['a' => []]];", "connections.a has no endpoint")])
def test_what_is_no_configuration(text, said, tmp_path):
    path = tmp_path / "config" / "opcua.php"
    path.parent.mkdir()
    if text:
        path.write_text(text)
    done = convert("--all", path)
    assert done.returncode == 1 and said in done.stderr and done.stdout == ""


def test_they_are_short():
    for path in [EXAMPLES / "laravel/OpcuaListen.php", EXAMPLES / "symfony/OpcuaListenCommand.php"]:
        assert len(path.read_text().splitlines()) <= 100, path
