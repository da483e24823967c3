# SPDX-License-Identifier: MIT
"""The page in a browser, with servers behind it: every view, and what it must bear."""
import json

import pytest

from core.asking import ask
from osm.browser import Browser
from osm.servers import AlarmServer, DemoServer
from osm.wait import wait_until

from .contrast import SCRIPT
from .site import PLANT, TOKENS, Site, log_in, plant, show

VIEWS = ["Servers", "Items", "Alarms", "Address space", "Event log", "Certificates", "Sinks"]


@pytest.fixture(scope="module")
def server():
    with DemoServer(options=["--alarm-period", "2000"]) as running:
        yield running


@pytest.fixture(scope="module")
def alarms():
    with AlarmServer(options=["--nameless"]) as running:
        yield running


@pytest.fixture(scope="module")
def site(server, alarms):
    connections = {"plant": plant(server.url), "gone": {"endpoint": "opc.tcp://127.0.0.1:1"},
                   "tank": plant(alarms.url, [])}
    with Site(connections) as running:
        running.wait_for_sessions(2)
        yield running


@pytest.fixture(scope="module")
def chromium():
    with Browser() as running:
        yield running


@pytest.fixture
def browser(chromium, site):
    """A tab of its own; what the page complains about, or asks of others, fails the test."""
    chromium.log()
    first = chromium.window()
    chromium.new_window()
    yield chromium
    for entry in chromium.log():
        # 401: a wrong token. Refused connections: the daemon is away.
        assert entry["level"] != "SEVERE" or "401" in entry["message"] or "ERR_" in entry["message"], entry
    chromium.ask("DELETE", "/window")
    chromium.use(first)


def session_of(site, url):
    return next(s["id"] for s in site.client.data({"command": "list"})["sessions"] if s["endpointUrl"] == url)


def choose(browser, server):
    browser.until("""const select = document.querySelector('#view select');
        const option = [...select.options].find((one) => one.text.startsWith(arguments[0]));
        if (!option) return false;
        select.value = option.value;
        select.dispatchEvent(new Event('change'));
        return true;""", "the session can be chosen", server.url)


def row(text):
    return f"//tbody/tr[contains(., '{text}')]"


def number_in(browser, xpath):
    text = browser.run("const e = document.evaluate(arguments[0], document, null, 9).singleNodeValue; return e ? e.innerText : ''", xpath)
    return float(text.replace(",", "") or 0)


def test_nothing_without_a_token(browser, site):
    browser.go(site.url)
    assert browser.run("return document.activeElement.id") == "token"
    assert "Servers" not in browser.text("body")
    browser.type("//input[@id='token']", "wrong-token-0123456789")
    browser.click("//button[text()='Log in']")
    browser.see("does not know this token", "#login-error")
    assert "Servers" not in browser.text("body")
    assert browser.run("return sessionStorage.length") == 0


def test_servers_and_why(browser, site, server):
    log_in(browser, site)
    browser.see(r"2\s+active", "#view .facts")
    browser.see("Connection refused", "#view table")
    # Between two attempts; for a moment it is connecting.
    browser.until("return document.querySelector('#view tbody tr').innerText.includes('waiting')",
                  "what needs somebody comes first")
    browser.click(row(server.url) + "//button[starts-with(., 'Items')]")
    browser.see("^Items", "#view h1")
    assert browser.run("return document.activeElement.tagName") == "H1"
    browser.see("Dynamic/Sine", "#view")


def test_what_will_fail_is_told(browser, site):
    """Object, cause and next step, for as long as it stands."""
    tokens = site.folder / "tokens"
    tokens.chmod(0o644)
    try:
        log_in(browser, site, "admin")
        told = f"//section[@aria-label='Notices']//li[contains(., '{tokens}')]"
        browser.find(told + "[contains(., 'accessible by group or others') and contains(., 'Next: chmod 600')]")
        check_contrast(browser)
    finally:
        tokens.chmod(0o600)
    browser.until("return !document.querySelector('#view .notices').textContent.includes('chmod 600')", "it is over")


def test_live_values_and_a_plot(browser, site, server):
    log_in(browser, site)
    show(browser, "Items")
    choose(browser, server)
    browser.see("as the server publishes", "#view")
    received = row("Dynamic/Counter") + "/td[4]"
    browser.until("const e = document.evaluate(arguments[0], document, null, 9).singleNodeValue; return e && Number(e.innerText) > 5",
                  "values come", received)
    assert number_in(browser, row("Dynamic/Counter") + "/td[1]") > 0
    setpoint = ask(site.client, session_of(site, server.url), "read", "ns=2;s=Plant/Tank1/Setpoint")["value"]
    browser.find(row("Plant/Tank1/Setpoint") + f"/td[1][. = '{setpoint:g}']")  # never changes: it was read
    for name in ("Dynamic/Counter", "Dynamic/Sine"):
        browser.click(row(name) + "//button[starts-with(., 'Plot')]")
    browser.until("return document.querySelectorAll('#view canvas').length === 1 && document.querySelectorAll('.plot .cards tbody tr').length === 2", "the plot")
    browser.until("const cells = document.querySelectorAll('.plot .cards tbody tr td:nth-of-type(4)'); return [...cells].every((cell) => Number(cell.innerText) > 5)", "values in it")
    drawn = browser.run("""const canvas = document.querySelector('#view canvas');
        const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        const colors = new Set();
        for (let at = 0; at < pixels.length; at += 4) if (pixels[at + 3] === 255) colors.add(`${pixels[at]},${pixels[at + 1]},${pixels[at + 2]}`);
        return [...colors];""")
    assert {"11,90,143", "160,64,0"} <= set(drawn), "both lines are drawn"
    browser.type("//label[contains(., 'Search')]/input", "tank1\n")
    browser.until("const text = document.querySelector('#view > div > table').innerText;"
                  "return text.includes('Tank1/Level') && !text.includes('Dynamic')", "only what was searched for")


def test_an_alarm_is_answered(browser, site, alarms):
    session = session_of(site, alarms.url)
    log_in(browser, site, "write")
    show(browser, "Alarms")
    assert ask(site.client, session, "write", "ns=1;s=Tank/Level", 97.0, 11) == 0
    alarm = row("Tank/LevelAlarm")  # the other server has a LevelAlarm, too
    browser.find(alarm + "[contains(., 'active') and not(contains(., 'acknowledged'))]")
    browser.type("//label[contains(., 'Comment')]/input", "seen on the page")
    browser.click(alarm + "//button[starts-with(., 'Acknowledge')]")
    browser.see("Acknowledge .*: done", "#view")
    browser.find(alarm + "[contains(., 'acknowledged')]")
    browser.click(alarm + "//button[starts-with(., 'Confirm')]")
    browser.find(alarm + "[contains(., 'confirmed')]")
    assert ask(site.client, session, "write", "ns=1;s=Tank/Level", 50.0, 11) == 0
    browser.until("return !document.querySelector('#view table').innerText.includes('Tank/LevelAlarm')", "it is over")


def test_alarms_without_condition(browser, site, alarms):
    """Two of one source are two rows; they leave by themselves and say why nobody can answer them here."""
    session = session_of(site, alarms.url)
    log_in(browser, site, "write")
    show(browser, "Alarms")
    assert ask(site.client, session, "write", "ns=1;s=Old/Fault", 3, 6) == 0
    one, other = row("DiscreteAlarmType is there"), row("OffNormalAlarmType is there")
    for alarm in (one, other):
        browser.find(alarm + "[contains(., 'Old') and contains(., 'active') and contains(., 'sends no ConditionId')"
                     " and contains(., 'may be several')]")
    assert ask(site.client, session, "write", "ns=1;s=Old/Fault", 1, 6) == 0
    browser.until("return !document.querySelector('#view table').innerText.includes('OffNormalAlarmType')", "one is over")
    browser.find(one)
    assert ask(site.client, session, "write", "ns=1;s=Old/Fault", 0, 6) == 0
    browser.until("return !document.querySelector('#view table').innerText.includes('DiscreteAlarmType')", "so is the other")


def test_alarms_without_condition_but_with_a_name(browser, site, alarms):
    """Two of one source and one type are two rows by their names."""
    session = session_of(site, alarms.url)
    log_in(browser, site, "write")
    show(browser, "Alarms")
    assert ask(site.client, session, "write", "ns=1;s=Old/Fault", 12, 6) == 0
    north, south = row("Old · North"), row("Old · South")
    for alarm in (north, south):
        browser.find(alarm + "[contains(., 'active') and contains(., 'no ConditionId') and not(contains(., 'several'))]")
    assert ask(site.client, session, "write", "ns=1;s=Old/Fault", 4, 6) == 0
    browser.until("return !document.querySelector('#view table').innerText.includes('South')", "one is over")
    browser.find(north + "[contains(., 'active')]")
    assert ask(site.client, session, "write", "ns=1;s=Old/Fault", 0, 6) == 0
    browser.until("return !document.querySelector('#view table').innerText.includes('North')", "so is the other")


def test_readers_only_look(browser, site, alarms, server):
    session = session_of(site, alarms.url)
    assert ask(site.client, session, "write", "ns=1;s=Tank/PumpFault", True, 1) == 0
    log_in(browser, site, "read")
    show(browser, "Alarms")
    browser.find(row("PumpAlarm") + "[contains(., 'takes the role write')]")
    assert not browser.run("return [...document.querySelectorAll('#view button')].some((one) => one.innerText.startsWith('Ackn'))")
    assert ask(site.client, session, "write", "ns=1;s=Tank/PumpFault", False, 1) == 0
    show(browser, "Address space")
    choose(browser, server)
    browser.click("//li[@role='treeitem']//span[text()='Dynamic']")
    browser.click("//li[@role='treeitem']//span[text()='Counter']")
    browser.see(r"Access level\s+read", "#view")
    assert not browser.run("return [...document.querySelectorAll('#view button')].some((one) => one.innerText === 'Write')")


def test_the_address_space(browser, site, server):
    log_in(browser, site, "write")
    show(browser, "Address space")
    choose(browser, server)
    browser.click("//li[@role='treeitem']//span[text()='Plant']")
    browser.click("//li[@role='treeitem']//span[text()='Tank2']")
    browser.click("//li[@role='treeitem']//span[text()='Setpoint']")
    browser.see(r"Node id\s+ns=2;s=Plant/Tank2/Setpoint.*Data type\s+i=11.*Value", "#view")
    browser.type("//label[contains(., 'New value')]/input", "42.5\n")
    browser.see("Written", "#view")
    browser.see("^42.5$", "#value")
    assert ask(site.client, session_of(site, server.url), "read", "ns=2;s=Plant/Tank2/Setpoint")["value"] == 42.5
    browser.type("//label[contains(., 'New value')]/input", "99999\n")
    browser.see("Refused: 0x803C0000", "#view")  # BadOutOfRange
    browser.type("//label[contains(., 'Search names')]/input", "whoami\n")
    browser.click("//ul[@aria-label='Found']//button[contains(., 'Access/WhoAmI')]")
    browser.see(r"WhoAmI.*ns=2;s=Access/WhoAmI", "#view")


def test_by_keyboard_alone(browser, site, server):
    tab, enter, down, right, left = "\ue004", "\ue007", "\ue015", "\ue014", "\ue012"
    log_in(browser, site)
    browser.run("document.body.focus(); document.activeElement.blur()")
    for _ in range(30):
        browser.press(tab)
        if browser.run("return document.activeElement.innerText") == "Address space":
            break
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "where the focus is must be seen"
    browser.press(enter)
    browser.see("^Address space", "#view h1")
    choose(browser, server)
    browser.find("//li[@role='treeitem']//span[text()='Dynamic']")
    browser.run("document.querySelector('[role=treeitem][tabindex=\"0\"]').focus()")
    browser.press(down)
    assert browser.run("return document.activeElement.node.name") == "Objects"
    browser.press(down, right)
    browser.until("return document.activeElement.getAttribute('aria-expanded') !== 'false'", "opened or a leaf")
    browser.press(left, left)
    browser.until("return document.activeElement.node.name === 'Objects'", "back at the parent")
    assert browser.run("return document.querySelectorAll('[role=treeitem][tabindex=\"0\"]').length") == 1


def check_names(browser):
    """One heading, and a name for everything that can be used."""
    unnamed = browser.run("""return [...document.querySelectorAll('button, input, select')]
        .filter((one) => one.checkVisibility() && !one.innerText && !one.getAttribute('aria-label') && !one.closest('label')
            && !document.querySelector(`label[for="${one.id}"]`)).map((one) => one.outerHTML)""")
    assert not unnamed
    assert browser.run("return [...document.querySelectorAll('h1')].filter((one) => one.checkVisibility()).length") == 1
    assert browser.run("return [...document.querySelectorAll('table')].every((one) => one.caption)")


def check_contrast(browser):
    """WCAG 2.2, 1.4.3 and 1.4.11: of every text, and of what shows where a control is."""
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        measured = browser.run(SCRIPT)
        assert measured["texts"] > 3
        assert not measured["poor"], f"{scheme}: {json.dumps(measured['poor'][:10], indent=1)}"


def test_every_view(browser, site):
    """URLs stay bare, nothing is asked of anybody else, and everybody can read it."""
    browser.go(site.url)
    check_contrast(browser)
    log_in(browser, site, "admin")
    assert browser.run("return ['header', 'nav', 'main'].every((one) => document.querySelector(one))")
    assert browser.run("return document.documentElement.lang") == "en"
    assert browser.run("return document.querySelector('#link').getAttribute('aria-live')") == "polite"
    for view in VIEWS:
        show(browser, view)
        browser.until("return document.querySelector('#view').innerText.length > 20", "something is shown")
        check_names(browser)
        check_contrast(browser)
        assert browser.run("return location.href") == site.url
    asked = browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert asked and all(name.startswith(site.url) for name in asked), asked
    assert browser.run("return document.cookie") == ""
    browser.run("history.back()")
    browser.see("^Certificates", "#view h1")


def test_on_a_phone(browser, site, server):
    browser.size(360, 740, phone=True)
    log_in(browser, site)
    for view in VIEWS:
        show(browser, view)
        if view == "Items":
            choose(browser, server)
            browser.click(row("Dynamic/Sine") + "//button[starts-with(., 'Plot')]")
            browser.find("//canvas")
        assert browser.run("return document.documentElement.scrollWidth") <= 360, view
        small = browser.run("""return [...document.querySelectorAll('#view button, nav button')]
            .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 24).map((one) => one.outerHTML)""")
        assert not small, "WCAG 2.2, 2.5.8"
        squeezed = browser.run("""return [...document.querySelectorAll('p, caption, h1, h2, th, td, label')]
            .filter((one) => one.checkVisibility() && !one.closest('.hidden, .skip, thead') && one.innerText.trim().length > 8 && !one.querySelector('.hidden')
                && one.getBoundingClientRect().width < 60).map((one) => one.outerHTML)""")
        assert not squeezed


def test_ten_pages_share_one_connection(browser, site, server):
    def connections():
        return site.client.data({"command": "status"})["counters"]["ipc"]["persistent_open"]
    first = browser.window()
    others = []
    try:
        for number in range(10):
            if number:
                others.append(browser.new_window())
            log_in(browser, site)
            show(browser, "Items")
            choose(browser, server)
        for window in [first, *others]:
            browser.use(window)
            received = row("Dynamic/Counter") + "/td[4]"
            browser.until("const e = document.evaluate(arguments[0], document, null, 9).singleNodeValue; return e && Number(e.innerText) > 3",
                          "every page gets values", received)
        wait_until(lambda: connections() <= 2, what="no more than that of this browser, and of the test's")
    finally:
        for window in others:
            browser.use(window)
            browser.ask("DELETE", "/window")
        browser.use(first)


def test_restarts(browser, site, server):
    """First the server, then the daemon: the page says so, and shows values again by itself."""
    log_in(browser, site)
    show(browser, "Items")
    choose(browser, server)
    received = row("Dynamic/Counter") + "/td[4]"
    grown = "const e = document.evaluate(arguments[0], document, null, 9).singleNodeValue; return e && Number(e.innerText.replace(',', '')) > arguments[1]"
    browser.until(grown, "values come", received, 3)
    server.kill()
    show(browser, "Servers")
    browser.find(row(server.url) + "[contains(., 'failed') or contains(., 'recovering')]")
    server.start()
    browser.find(row(server.url) + "[contains(., 'active')]")
    show(browser, "Items")
    before = number_in(browser, received)
    browser.until(grown, "values come again", received, before + 3)
    site.restart(lambda: browser.see("no connection", "header"))
    browser.see("connected, role read", "header")
    browser.until("return document.querySelector('#view select').selectedOptions[0]?.text.startsWith(arguments[0])",
                  "the same server is shown", server.url)
    before = number_in(browser, received)
    browser.until(grown, "values come again", received, before + 3)


def test_a_certificate_is_trusted(chromium, make_server, tmp_path):
    """What waits is shown with its fingerprint; trusting takes two clicks, and the connection comes up."""
    config = {"securityPolicy": "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256", "securityMode": 3,
              "trustStorePath": str(tmp_path / "store"), "trustPolicy": "fingerprint"}
    url = make_server(DemoServer, options=["--security"]).url
    with Site({"sealed": {"endpoint": url, "config": config}}) as site:
        log_in(chromium, site, "read")
        show(chromium, "Certificates")
        chromium.find(row(url) + "[contains(., 'takes the role admin')]")
        chromium.click("//button[text()='Log out']")
        log_in(chromium, site, "admin")
        show(chromium, "Certificates")
        chromium.click(row(url) + "//button[starts-with(., 'Trust')]")
        chromium.click("//button[text()='Yes, trust it']")
        chromium.see("trusted", "#view .note[role=status]")
        chromium.see("No certificate waits", "#view caption")
        site.wait_for_sessions()


def test_logging_out_forgets_the_token(browser, site):
    log_in(browser, site)
    browser.click("//button[text()='Log out']")
    browser.see("Log in", "main")
    assert browser.run("return sessionStorage.length") == 0 and not browser.text("#view")
    browser.run("location.reload()")
    browser.find("//input[@id='token']")
    browser.type("//input[@id='token']", TOKENS["read"])


def test_ten_thousand_items(chromium, make_server):
    """Of these a page shows, and is sent, those in sight."""
    many = [f"Generator/{number:04}" for number in range(9994)]
    with Site({"plant": plant(make_server(DemoServer, options=["--generate", "9994@1"]).url, [*PLANT, *many])}) as site:
        (session,) = site.wait_for_sessions()
        log_in(chromium, site)
        show(chromium, "Items")
        chromium.see("Items 1 to 40 of 10,001", "#view")
        counter = row("Dynamic/Counter") + "/td[4]"
        chromium.until("const e = document.evaluate(arguments[0], document, null, 9).singleNodeValue; return e && Number(e.innerText) > 20",
                       "values come", counter)

        def told():
            """How many values came, and what of them was pushed, once it is enough to compare."""
            status = site.client.data({"command": "status"})
            values = status["sessions"][0]["publishing"]["values"]
            return (values, status["counters"]["ipc"]["pushed"]) if values > 10000 else None
        values, pushed = wait_until(told, what="many values")
        assert pushed < values / 5, (pushed, values)
        chromium.type("//label[contains(., 'Search')]/input", "generator/9000\n")
        chromium.find(row("Generator/9000"))
        assert chromium.run("return document.querySelectorAll('#view tbody tr').length") <= 45
        wait_until(lambda: site.client.data({"command": "list"})["count"] == 1)
        assert session
