#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Takes the pictures of docs/web anew: OSM_BUILD_DIR=build PYTHONPATH=tests tests/web/pictures.py"""
import pathlib

from core.asking import ask
from osm.browser import Browser
from osm.servers import AlarmServer, DemoServer
from web.site import Site, log_in, plant, show

OUT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "web"


def choose(browser, text):
    browser.until("""const select = document.querySelector('#view select');
        const option = [...select.options].find((one) => one.text.includes(arguments[0]));
        if (option) { select.value = option.value; select.dispatchEvent(new Event('change')); }
        return Boolean(option);""", "the session can be chosen", text)


def plot(browser, *names):
    for name in names:
        browser.click(f"//tbody/tr[contains(., '{name}')]//button[starts-with(., 'Plot')]")


def wait_for_values(browser, count):
    browser.until("const rows = [...document.querySelectorAll('.plot .cards tbody tr')];"
                  "return rows.length && rows.every((row) => Number(row.cells[4].innerText) > arguments[0])", "values", count)
    browser.run("scrollTo(0, 0)")


def main():
    OUT.mkdir(exist_ok=True)
    with DemoServer(options=["--alarm-period", "20000"]) as demo, AlarmServer() as alarms, Site(
            {"plant": plant(demo.url), "tank": plant(alarms.url, []), "away": {"endpoint": "opc.tcp://127.0.0.1:1"}}) as site, \
            Browser(1200, 900) as browser:
        site.wait_for_sessions(2)
        session = next(s["id"] for s in site.client.data({"command": "list"})["sessions"] if s["endpointUrl"] == alarms.url)
        for name, value in (("Level", 97.0), ("PumpFault", True)):
            ask(site.client, session, "write", f"ns=1;s=Tank/{name}", value, 1 if value is True else 11)
        browser.scheme("light")
        log_in(browser, site, "admin")
        browser.see("refused", "#view")
        browser.picture(OUT / "servers-light.png")
        show(browser, "Items")
        choose(browser, str(demo.port))
        plot(browser, "Dynamic/Sine", "Dynamic/Toggle")
        wait_for_values(browser, 20)
        browser.picture(OUT / "items-light.png")
        show(browser, "Alarms")
        browser.see("LevelAlarm.*PumpAlarm|PumpAlarm.*LevelAlarm", "#view")
        browser.picture(OUT / "alarms-light.png")
        browser.scheme("dark")
        show(browser, "Address space")
        choose(browser, str(demo.port))
        for node in ("Plant", "Tank1", "Level"):
            browser.click(f"//li[@role='treeitem']//span[text()='{node}']")
        browser.see("Data type.*Value", "#view")
        browser.picture(OUT / "space-dark.png")
        browser.size(360, 740, phone=True)
        show(browser, "Alarms")
        browser.see("LevelAlarm", "#view")
        browser.picture(OUT / "alarms-phone-dark.png")
        browser.scheme("light")
        show(browser, "Servers")
        browser.see("active", "#view table")
        browser.picture(OUT / "servers-phone.png")


if __name__ == "__main__":
    main()
