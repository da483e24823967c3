# SPDX-License-Identifier: MIT
"""uactl where it draws: explore, watch and history in a real terminal, in tmux.

The screens in docs/tool-screens.md are taken here: OSM_WRITE_SCREENS=1 writes them anew.
"""
import os
import re
import signal
import subprocess

import pytest

from osm.paths import ROOT, program
from osm.servers import AlarmServer, DemoServer
from osm.terminal import Terminal
from osm.wait import wait_until

PAGE = ROOT / "docs" / "tool-screens.md"
SIZES = [(80, 24), (200, 50)]
SPARK, BRAILLE = "[▁-█]", "[⠁-⣿]"


@pytest.fixture
def environment(daemon, demo_server):
    return {"OPCUA_SOCKET": str(daemon.socket_path), "OPCUA_URL": demo_server.url}


@pytest.fixture
def open_terminal(environment):
    """uactl in a terminal; all are closed with the test."""
    opened = []

    def start(*arguments, size=(80, 24), **env):
        opened.append(Terminal([program("uactl"), *arguments], *size, env={**environment, **env}))
        return opened[-1]
    yield start
    for one in opened:
        one.__exit__()


def uactl(environment, *arguments):
    return subprocess.run([program("uactl"), *arguments], env={**os.environ, **environment}, capture_output=True,
                          text=True, timeout=120, check=True).stdout


def go(terminal, node):
    terminal.keys("o")
    terminal.wait("Node id or path")
    terminal.type(node)
    terminal.keys("Enter")
    # As the head of the pane: the line above the keys names it before it is there.
    return terminal.wait(r"[│|] " + re.escape(node) + r" *\n", without="Node id or path")


@pytest.fixture(params=SIZES, ids=["80x24", "200x50"])
def explore(request, open_terminal):
    terminal = open_terminal("explore", size=request.param)
    terminal.wait("Plant")
    return terminal


def test_the_tree_opens_and_closes(explore):
    go(explore, "ns=2;s=Plant")
    assert "Tank1" not in explore.screen()
    explore.keys("Enter")
    explore.wait("▸ Tank1")
    explore.keys("Down")
    explore.wait(rf"(?s)Level +\d.* %.*Temperature.* °C .*Setpoint.*{SPARK}")
    explore.keys("Right")
    explore.wait("Temperature +│")
    explore.keys("Left", "Left", "Left")
    explore.wait("▸ Plant", without="▸ Tank1")


def test_directly(open_terminal):
    terminal = open_terminal("--direct", "explore")
    terminal.wait("(?s)connected, direct.*Plant")
    go(terminal, "ns=2;s=Dynamic/Sine")
    terminal.wait(rf"(?s)Type +Double.*{BRAILLE}")
    terminal.keys("q")
    assert terminal.ended() == 0


def test_a_variable_and_all_that_is_known(explore):
    go(explore, "ns=2;s=Dynamic/Sine")
    explore.wait(rf"(?s)Value +-?0\.\d+.*Type +Double.*Status +Good.*{BRAILLE}")
    explore.keys("2")
    explore.wait(r"(?s)BrowseName +.*Sine.*DataType +Double \(i=11\).*AccessLevel +read")
    explore.keys("3")
    explore.wait(r"← HasComponent +Dynamic")
    explore.keys("Tab", "Enter")
    explore.wait(r"[│|] ns=2;s=Dynamic *\n")


def test_writing(explore, environment):
    go(explore, "ns=2;s=Plant/Tank2/Setpoint")
    explore.wait(r"Value +\d")
    explore.keys("w")
    explore.wait("Write Setpoint")
    explore.keys("C-u")
    explore.type("4x")
    explore.keys("Enter")
    explore.wait("4x is no Double")
    explore.keys("BSpace")
    explore.type("2.5")
    explore.keys("Enter")
    explore.wait(r"(?s)Value +42\.5.*Written to", without="Write Setpoint")
    assert uactl(environment, "-q", "read", "ns=2;s=Plant/Tank2/Setpoint") == "42.5\n"
    go(explore, "ns=2;s=Access/ReadOnly")
    explore.wait(r"Status +Good")
    explore.keys("w", "Enter")
    explore.wait("The server answers Bad")
    explore.keys("Escape")
    explore.wait("w:Write", without="The server answers")


def test_calling(explore):
    go(explore, "ns=2;s=Methods/Add")
    explore.keys("c")
    explore.wait(r"(?s)a: Double.*b: Double.*Enter in the last field")
    explore.type("1.5")
    explore.keys("Enter")
    explore.type("two")
    explore.keys("Enter")
    explore.wait("two is no Double")
    explore.keys("C-u")
    explore.type("2")
    explore.keys("Enter")
    explore.wait(r"(?s)It returned:.*3\.5")
    explore.keys("Escape")
    go(explore, "ns=2;s=Methods/Nothing")
    explore.keys("c")
    explore.wait("takes nothing")
    explore.keys("Enter")
    explore.wait("It returned nothing")


def test_alarms(explore, environment):
    uactl(environment, "write", "ns=2;s=Alarms/Pressure", "3")
    uactl(environment, "write", "ns=2;s=Alarms/Pressure", "9")
    explore.keys("5")
    explore.wait(r"900 PressureAlarm: active, not acknowledged")
    explore.keys("a")
    explore.wait("Acknowledge PressureAlarm")
    explore.type("seen")
    explore.keys("Enter")
    explore.wait(r"900 PressureAlarm: active, not confirmed", without="Comment")
    explore.keys("C", "Enter")
    explore.wait(r"900 PressureAlarm: active *\n", without="Comment")
    uactl(environment, "write", "ns=2;s=Alarms/Pressure", "3")
    explore.wait(r"(?s).", without="PressureAlarm: active")
    uactl(environment, "write", "ns=2;s=Alarms/PumpFault", "false")


def test_shelving(explore, environment):
    uactl(environment, "write", "ns=2;s=Alarms/Pressure", "3")
    uactl(environment, "write", "ns=2;s=Alarms/Pressure", "9")
    explore.keys("5")
    explore.wait(r"s:Shelve  u:Unshelve")
    explore.wait(r"900 PressureAlarm: active, not")
    explore.keys("s")
    explore.wait("(?s)Shelve PressureAlarm.*Seconds")
    explore.type("ever")
    explore.keys("Enter")
    explore.wait('A number of seconds, more than 0, not "ever"')
    explore.keys("C-u")
    explore.type("60")
    explore.keys("Enter")
    explore.wait("PressureAlarm: active, shelved", without="Seconds")
    explore.keys("u")
    explore.wait("Unshelve PressureAlarm")
    explore.keys("Enter")
    explore.wait(r"(?s)PressureAlarm: active, not.*Unshelve PressureAlarm: done")
    explore.keys("s", "Enter")
    explore.wait("PressureAlarm: active, shelved", without="Seconds")
    explore.keys("u", "Enter")
    explore.wait(r"(?s)PressureAlarm: active, not.*Unshelve PressureAlarm: done")
    explore.keys("u", "Enter")
    explore.wait("The server answers BadConditionNotShelved")


def test_shelving_by_a_state_machine_of_its_own(environment, open_terminal):
    with AlarmServer() as server:
        environment["OPCUA_URL"] = server.url
        terminal = open_terminal("explore")
        terminal.wait("▸ Tank")
        uactl(environment, "write", "ns=1;s=Tank/Level", "97")
        terminal.keys("5")
        terminal.wait("LevelAlarm: active")
        terminal.keys("s")
        terminal.wait("Seconds")
        terminal.keys("Enter")
        terminal.wait("Shelve LevelAlarm: done", without="Seconds")
        state = lambda: uactl(environment, "--jsonl", "alarms")
        assert '"shelved":true' in state()
        terminal.keys("u", "Enter")
        terminal.wait("Unshelve LevelAlarm: done")
        assert '"shelved":true' not in state()


def test_alarms_of_a_server_that_names_conditions(environment, open_terminal):
    with AlarmServer() as server:
        environment["OPCUA_URL"] = server.url
        terminal = open_terminal("explore")
        terminal.wait("▸ Tank")
        uactl(environment, "write", "ns=1;s=Tank/PumpFault", "true")
        terminal.keys("5")
        terminal.wait("PumpAlarm: active, not acknowledged")
        terminal.keys("a")
        terminal.wait("Comment")
        terminal.type("on my way")
        terminal.keys("Enter")
        terminal.wait("PumpAlarm: active(?!, not ack)", without="Comment")


def test_history(explore):
    go(explore, "ns=2;s=History/Sine")
    explore.keys("4")
    explore.wait("an hour")
    for name in ("a day", "a week", "30 days", "a year", "all there is"):
        explore.keys("+")
        explore.wait(rf"Until now: {name} ", without="Asking")
    explore.wait(rf"(?s)1000 values.*{BRAILLE}.*2024-01-01")
    go(explore, "ns=2;s=Dynamic/Sine")
    explore.wait("No values in that time")


def test_searching(explore):
    explore.keys("/")
    explore.wait("Part of a name")
    explore.type("tank3")
    explore.keys("Enter")
    explore.wait("(?s)1 found among .*that is all.*Plant/Tank3  ns=2;s=Plant/Tank3")
    explore.keys("Down", "Enter")
    explore.wait(r"[│|] ns=2;s=Plant/Tank3 *\n", without="Part of a name")


def test_what_is_not_there(explore):
    explore.keys("o")
    explore.type("ns=2;s=Nothing")
    explore.keys("Enter")
    explore.wait("ns=2;s=Nothing: .*Bad")
    explore.keys("o")
    explore.type("/Objects/2:Nowhere")
    explore.keys("Enter")
    explore.wait("Node id or path(?s:.)*(Bad|Nowhere.*no)")
    explore.keys("Escape")


def test_the_mouse(explore):
    lines = explore.wait("(?s)2 Attrs.*▸ Plant").splitlines()
    row = next(i for i, line in enumerate(lines) if "▸ Plant" in line)
    explore.click(6, row)
    explore.wait(r"ns=2;s=Plant *\n")
    explore.click(6, row)
    explore.wait("▾ Plant")
    explore.click(lines[1].index("2 Attrs"), 1)
    explore.wait("NodeClass +Object")
    explore.click(6, row, button=65)
    explore.wait(r"ns=2;s=Plant/Tank3 *\n")


def test_resizing(open_terminal):
    terminal = open_terminal("explore")
    terminal.wait("Plant")
    go(terminal, "ns=2;s=Dynamic/Sine")
    for columns, rows in ((200, 50), (60, 14), (45, 11)):
        terminal.resize(columns, rows)
        terminal.wait(rf"\A(?=(?s:.*)Value)([^\n]*\n){{{rows - 1}}}[^\n]*q:Quit[^\n]*\n\Z")
    terminal.resize(30, 8)
    terminal.wait("too small")
    terminal.resize(80, 24)
    terminal.wait("Type +Double")


def test_help_names_every_key(open_terminal):
    terminal = open_terminal("explore", size=(80, 50))
    terminal.wait("Plant")
    terminal.keys("?")
    screen = terminal.wait("Mouse")
    for key, does in re.findall(r"^\| (.*?) \| (.*) \|$", (ROOT / "docs/explore.md").read_text(), re.M)[2:]:
        assert f"{key} " in screen and does in screen
    terminal.keys("Escape")
    terminal.wait("Plant", without="Mouse")


# ---- bad weather --------------------------------------------------------------------------------


@pytest.fixture
def own_server(environment):
    with DemoServer() as server:
        environment["OPCUA_URL"] = server.url
        yield server


@pytest.mark.parametrize("mode", [[], ["--direct"]], ids=["managed", "direct"])
def test_a_slow_server_holds_up_nothing(own_server, open_terminal, mode):
    terminal = open_terminal(*mode, "-t", "60", "explore")
    terminal.wait("▸ Many")
    own_server.freeze()
    try:
        terminal.keys("G", "k", "k")
        terminal.keys("?")
        terminal.wait("write a value")
        terminal.keys("Escape")
        terminal.wait("▾ Objects", without="write a value")
        terminal.keys("g", "2", "Down", "Down", "Down", "Right")
        terminal.wait("… ")
    finally:
        own_server.thaw()
    terminal.wait(r"(?s)connected.*BrowseName", without="…")
    terminal.keys("q")
    assert terminal.ended() == 0


@pytest.mark.parametrize("mode", [[], ["--direct"]], ids=["managed", "direct"])
def test_a_lost_server_comes_back(own_server, open_terminal, mode):
    terminal = open_terminal(*mode, "explore")
    terminal.wait("▸ Dynamic")
    go(terminal, "ns=2;s=Dynamic/Sine")
    terminal.wait("Type +Double")
    own_server.kill()
    terminal.wait(r"(?s)connection lost.*is lost; it is tried again")
    own_server.start()
    terminal.wait(r"(?s)connected.*Type +Double.*Connected to .* again")
    terminal.keys("q")
    assert terminal.ended() == 0


def test_nobody_there_at_first(environment, open_terminal):
    environment["OPCUA_URL"] = "opc.tcp://127.0.0.1:1"
    terminal = open_terminal("explore")
    terminal.wait(r"(?s)not connected.*opc.tcp://127.0.0.1:1: .*refused.*R:Connect")
    terminal.keys("q")
    assert terminal.ended() == 3


def test_a_server_that_comes_later(own_server, open_terminal):
    own_server.kill()
    terminal = open_terminal("explore")
    terminal.wait(r"not connected")
    own_server.start()
    terminal.keys("R")
    terminal.wait(r"(?s)connected.*Plant.*Connected to")


def test_the_daemon_goes(make_daemon, environment, open_terminal):
    daemon = make_daemon()
    environment["OPCUA_SOCKET"] = str(daemon.socket_path)
    terminal = open_terminal("explore")
    terminal.wait("Plant")
    daemon.stop()
    terminal.wait(r"not connected")
    terminal.keys("R")  # and by itself every few seconds: the daemon may come back
    terminal.wait(r"(?s)not connected.*Cannot reach the daemon")
    terminal.keys("q")
    assert terminal.ended() == 4


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, "C-c", "q", "F10"], ids=str)
def test_the_terminal_is_given_back(open_terminal, how):
    terminal = open_terminal("explore")
    terminal.wait("Plant")
    if isinstance(how, str):
        terminal.keys(how)
    else:
        os.kill(terminal.child(), how)
    assert terminal.ended() == 0
    assert "Plant" not in terminal.screen()


def test_a_password_is_asked_for_before(open_terminal):
    terminal = open_terminal("-u", "operator", "explore")
    terminal.wait("Password of operator:")
    terminal.type("operator")
    terminal.keys("Enter")
    terminal.wait("Plant")
    go(terminal, "ns=2;s=Access/WhoAmI")
    terminal.wait("Value +operator")


def test_without_a_terminal(environment):
    ran = subprocess.run([program("uactl"), "explore"], env={**os.environ, **environment}, capture_output=True, text=True,
                         timeout=120, stdin=subprocess.DEVNULL)
    assert ran.returncode == 2 and "explore needs a terminal" in ran.stderr


def test_in_ascii_and_without_colours(open_terminal):
    terminal = open_terminal("explore", LC_ALL="C", NO_COLOR="1")
    terminal.wait("Plant")
    go(terminal, "ns=2;s=Dynamic/Sine")
    screen = terminal.wait(r"(?s)Type +Double.*\+ Plant.* \|.*\*")
    # Lines of frames are the terminal's own.
    assert re.fullmatch(r"[\x00-\x7f│]*", screen)
    assert not re.search(r"\033\[[0-9;]*3[0-7]m", terminal.colours())


# ---- watch and history --------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "200x50"])
def test_watching(open_terminal, size):
    terminal = open_terminal("watch", "-i", "50", "ns=2;s=Dynamic/Sine", "ns=2;s=Dynamic/Counter", "ns=2;s=Quality/Bad", size=size)
    screen = terminal.wait(rf"(?=(?s:.*)Quality/Bad +Bad)(?s:.*)Counter +\d+ +.*{SPARK}{{5}}")
    assert all(len(line) < size[0] for line in screen.splitlines())
    terminal.resize(60, 10)
    terminal.wait(rf"(?m)^ns=2;s=Dynamic/Sine .{{0,43}}$")
    terminal.keys("C-c")
    assert terminal.ended() == 0
    assert "Counter" in terminal.screen()  # what was seen stays


def test_watching_a_plot(open_terminal):
    terminal = open_terminal("watch", "--plot", "-i", "50", "ns=2;s=Dynamic/Sine", "ns=2;s=Dynamic/Ramp")
    terminal.wait(rf"(?s)Sine.*┤.*{BRAILLE}.*Ramp.*┤.*{BRAILLE}")
    os.kill(terminal.child(), signal.SIGTERM)
    assert terminal.ended() == 0


def test_watching_in_ascii(open_terminal):
    terminal = open_terminal("watch", "--plot", "-i", "50", "-c", "30", "ns=2;s=Dynamic/Ramp", LC_ALL="C", NO_COLOR="1")
    terminal.wait(r"(?s)\|.*\*\*")
    assert terminal.ended() == 0
    assert re.fullmatch(r"[\x00-\x7f]*", terminal.screen())


def test_watching_a_server_that_goes(own_server, open_terminal):
    terminal = open_terminal("watch", "-i", "50", "ns=2;s=Dynamic/Counter")
    terminal.wait(rf"Counter +\d+ +.*{SPARK}{{3}}")
    own_server.kill()
    terminal.wait("the connection is lost")
    own_server.start()
    terminal.wait("Ctrl-C", without="is lost")
    terminal.keys("C-c")
    assert terminal.ended() == 0


def test_a_plot_of_the_past(open_terminal, environment):
    arguments = ["history", "--plot", "--start", "2024-01-01T00:00:00Z", "--end", "2024-01-01T04:00:00Z", "ns=2;s=History/Gaps"]
    terminal = open_terminal(*arguments)
    assert terminal.ended() == 0
    assert re.search(rf"(?s)Gaps.*100 values.*┤.*{BRAILLE}.*2024-01-01 00:00:00", terminal.screen())
    # Elsewhere than on a terminal it is rows.
    assert uactl(environment, *arguments).splitlines()[0].split() == ["node", "value", "type", "status", "time"]


# ---- the page -----------------------------------------------------------------------------------


def shoot_explore(terminal):
    go(terminal, "ns=2;s=Plant/Tank1")
    terminal.keys("Right")
    terminal.wait(rf"(?s)Level +\d.*{SPARK}{{4}}.*▾ Tank1")
    yield "explore: the values of an object"
    go(terminal, "ns=2;s=Dynamic/Sine")
    terminal.wait(rf"(?s)Changes seen +\d\d.*{BRAILLE}")
    yield "explore: a variable"
    terminal.keys("2")
    terminal.wait("AccessLevel")
    yield "explore: attributes"
    terminal.keys("3")
    terminal.wait("HasTypeDefinition")
    yield "explore: references"
    go(terminal, "ns=2;s=History/Sine")
    terminal.keys("4", "+", "+", "+", "+", "+")
    terminal.wait(r"(?s)all there is .*1000 values.*2024")
    yield "explore: history"
    terminal.keys("1")
    go(terminal, "ns=2;s=Plant/Tank1/Setpoint")
    terminal.wait("Type +Double")
    terminal.keys("w")
    terminal.wait("Write Setpoint")
    yield "explore: write"
    terminal.keys("Escape")
    terminal.wait("w:Write")
    go(terminal, "ns=2;s=Methods/Add")
    terminal.wait("A method")
    terminal.keys("c")
    terminal.wait("b: Double")
    terminal.type("1.5")
    terminal.keys("Enter")
    terminal.type("2")
    terminal.keys("Enter")
    terminal.wait(r"(?s)It returned:.*3\.5")
    yield "explore: call"
    terminal.keys("Escape")
    terminal.wait("c:Call")
    terminal.keys("5")
    terminal.wait("PressureAlarm: active, not acknowledged")
    yield "explore: alarms"
    terminal.keys("a")
    terminal.wait("Acknowledge PressureAlarm")
    yield "explore: acknowledge"
    terminal.keys("Escape")
    terminal.wait("C:Confirm")
    terminal.keys("/")
    terminal.wait("Part of a name")
    terminal.type("tank")
    terminal.keys("Enter")
    terminal.wait("that is all")
    yield "explore: search"
    terminal.keys("Escape")
    terminal.wait("C:Confirm")
    terminal.keys("?")
    terminal.wait("acknowledge the alarm")
    yield "explore: keys"


def shoot(open_terminal):
    nodes = ["ns=2;s=Dynamic/Sine", "ns=2;s=Dynamic/Counter", "ns=2;s=Dynamic/Toggle"]
    terminal = open_terminal("watch", "-i", "100", *nodes)
    terminal.wait(rf"Counter +\d+ +{SPARK}{{24}}")
    yield "watch", (80, 24), terminal
    terminal.keys("C-c")
    terminal = open_terminal("watch", "--plot", "-i", "100", *nodes[:1])
    terminal.wait(r"(?s)Sine.*┤.*┤.* -(1|0\.[5-9]\d*) ┤")
    yield "watch --plot", (80, 24), terminal
    terminal.keys("C-c")
    terminal = open_terminal("history", "--plot", "--start", "2024-01-01T00:00:00Z", "--end", "2024-01-01T04:00:00Z", "ns=2;s=History/Sine")
    terminal.wait("ended")
    yield "history --plot", (80, 24), terminal
    for size in SIZES:
        terminal = open_terminal("explore", size=size)
        terminal.wait("Plant")
        for title in shoot_explore(terminal):
            if size == SIZES[0] or title in ("explore: a variable", "explore: alarms"):
                yield title, size, terminal


HEAD = "<!-- Taken by tests/tool/test_explore.py: OSM_WRITE_SCREENS=1 takes them anew. -->\n\n# uactl on the screen\n\n" \
       "Taken in tmux, of the [demo server](demo-server.md). What the keys of `explore` do is in [explore.md](explore.md).\n"


def section_of(title, size, terminal):
    lines = "\n".join(line.rstrip() for line in terminal.screen().rstrip().split("\n") if "ended with" not in line)
    lines = re.sub(r"localhost:\d+", "localhost:4840", lines)
    return f"\n## {title}, {size[0]} × {size[1]}\n\n```text\n{lines}\n```\n"


def masked(page):
    """Without what is another thing each time: numbers, pictures of them, spaces."""
    text = re.sub(rf"{SPARK}|{BRAILLE}|[┤│]", " ", page)
    text = re.sub(r"\b(true|false)\b", "", text)
    return re.sub(r"[ -]+", " ", re.sub(r"[-+]?\d[\d.:e+-]*", "0", text))


def test_the_page_of_screens_is_current(own_server, open_terminal, environment):
    uactl(environment, "write", "ns=2;s=Alarms/Pressure", "3")
    uactl(environment, "write", "ns=2;s=Alarms/Pressure", "9")
    if os.environ.get("OSM_WRITE_SCREENS"):
        PAGE.write_text(HEAD + "".join(section_of(*shot) for shot in shoot(open_terminal)))
        return
    head, *sections = re.split(r"(?m)^(?=\n## )", PAGE.read_text())
    assert head == HEAD
    for shot in shoot(open_terminal):
        # What was waited for may be there before the rest of the screen is.
        expected = masked(sections.pop(0))
        wait_until(lambda: masked(section_of(*shot)) == expected, 60,
                   lambda: f"{shot[0]} as on the page:\n{expected}{masked(section_of(*shot))}", poll=0.1)
    assert not sections
