<?php
/* SPDX-License-Identifier: MIT
 *
 * A worker for --event-command: events of OPC UA servers come in on standard input, one line of
 * JSON each, and go to listeners, as in Laravel. Only what the listeners have done is acknowledged;
 * if one fails, the worker ends, is started again by the daemon and gets the event once more.
 *
 *   opcua-session-manager --event-command 'php /path/to/worker.php' --event-command-ack
 */
declare(strict_types=1);

require __DIR__ . '/Event.php';
require __DIR__ . '/Dispatcher.php';
require __DIR__ . '/listeners/StoreValue.php';
require __DIR__ . '/listeners/ReportAlarm.php';
require __DIR__ . '/listeners/ReportGap.php';

$file = $argv[1] ?? 'php://stderr';

$dispatcher = new Dispatcher();
$dispatcher->listen('DataChangeReceived', new StoreValue($file));
$dispatcher->listen('AlarmActivated', new ReportAlarm($file));
$dispatcher->listen('AlarmDeactivated', new ReportAlarm($file));
$dispatcher->listen('EventsLost', new ReportGap($file));

while (($line = fgets(STDIN)) !== false) {
    $event = Event::fromLine($line);
    try {
        $dispatcher->dispatch($event);
    } catch (Throwable $error) {
        fwrite(STDERR, "cannot handle $event->name at $event->cursor: {$error->getMessage()}\n");
        exit(1);
    }
    echo "ack $event->cursor\n"; // standard output is not buffered by php-cli
}
