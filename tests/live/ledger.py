# SPDX-License-Identifier: MIT
"""Who received which value: every one once and in order, or a word about what is missing.

The sources count up by one, so a ledger needs to know nothing but what a witness was told. A jump is
declared if the witness heard of a loss between the two values, or if QueueOverflow names the source
before its next value; without that it is a silent loss, and the proof has failed.
"""
import dataclasses

# events that say: here something is missing, or may be
GAPS = {"NotificationsLost", "SubscriptionRecreated", "StreamGap", "EventsLost"}
# a watch that begins anew, as after a restart of the daemon: what was before it is not told
BEGINNINGS = {"MonitoredItemCreated"}


@dataclasses.dataclass
class Account:
    """What a witness was told of one source."""

    first: int = None
    last: int = None
    received: int = 0
    declared: int = 0
    heard: int = 0  # words of loss, when the last value came
    open: int = 0  # missing before the last value, and not a word yet


class Ledger:
    """The books of one witness. `again_allowed`: values may come more than once (QoS 0 and 1)."""

    def __init__(self, name):
        self.name = name
        self.accounts = {}
        self.words = 0
        self.counts = {}
        self.overdue = []
        self.again = []
        self.backwards = []
        self.cursor = 0

    def feed(self, event):
        """Takes an event as it stands in a line of a stream, a file or a message."""
        name = event["event"]
        self.counts[name] = self.counts.get(name, 0) + 1
        if name in GAPS or name in BEGINNINGS:
            self.words += 1
        if "cursor" in event and name != "StreamGap":
            if event["cursor"] <= self.cursor:
                self.backwards.append((self.cursor, event["cursor"]))
            self.cursor = max(self.cursor, event["cursor"])
        if name == "QueueOverflow":
            self._overflow(event["clientHandle"])
        if name == "DataChangeReceived":
            self._value(event["clientHandle"], event["dataValue"]["value"])
        if name == "AlarmEventReceived":
            self._value(event["clientHandle"], int(event["message"]))

    def _overflow(self, source):
        """The value that came before this was the first behind the gap."""
        account = self.accounts.get(source)
        if account:
            account.declared += account.open
            account.open = 0

    def _value(self, source, value):
        account = self.accounts.setdefault(source, Account())
        if account.first is None:
            account.first = value
        elif value <= account.last:
            self.again.append((source, value))
            return
        else:
            if account.open:
                self.overdue.append((source, account.open, account.last))
            account.open = 0
            if value > account.last + 1:
                self._jump(account, value - account.last - 1)
        account.last = value
        account.received += 1
        account.heard = self.words

    def _jump(self, account, missing):
        if account.heard < self.words:
            account.declared += missing
        else:
            account.open = missing

    @property
    def silent(self):
        """(source, how many, before which value) that nobody said a word about."""
        return self.overdue + [(s, a.open, a.last) for s, a in self.accounts.items() if a.open]

    def reached(self, sources, value):
        """Whether the last value of every source is here."""
        return all(s in self.accounts and self.accounts[s].last == value for s in sources)

    def passed(self, sources, value):
        """Whether a later value of every source is here."""
        return all(s in self.accounts and self.accounts[s].last > value for s in sources)

    def settle(self, sources, sent, again=False):
        """Fails unless received and declared make up what was sent, up to the value `sent`."""
        assert not self.silent, f"{self.name}: lost without a word: {self.silent[:10]} of {len(self.silent)}"
        assert again or not self.again, f"{self.name}: came twice: {self.again[:10]} of {len(self.again)}"
        assert again or not self.backwards, f"{self.name}: out of order: {self.backwards[:10]}"
        for source in sources:
            account = self.accounts[source]
            assert account.last == sent, f"{self.name}: source {source} ends at {account.last}, not {sent}"
            total = account.last - account.first + 1
            assert account.received + account.declared == total, f"{self.name}: source {source}: {account}, {total} sent"

    @property
    def received(self):
        return sum(a.received for a in self.accounts.values())

    @property
    def declared(self):
        return sum(a.declared for a in self.accounts.values())

    def __str__(self):
        return (f"{self.name}: {self.received} received, {self.declared} declared lost, {len(self.again)} twice, "
                f"{len(self.silent)} lost silently; last {({s: a.last for s, a in self.accounts.items()})}; {self.counts}")
