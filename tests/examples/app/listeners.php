<?php
/* SPDX-License-Identifier: MIT
 * What an application does with events: each listener writes a line to the file OSM_TEST_OUT names. */
declare(strict_types=1);

use PhpOpcua\Client\Event\{AlarmEventReceived, DataChangeReceived, MonitoredItemCreated};

function told(string $text): void
{
    file_put_contents(getenv('OSM_TEST_OUT'), "$text\n", FILE_APPEND) !== false || throw new RuntimeException('cannot write');
}

return [
    DataChangeReceived::class => fn (DataChangeReceived $event) => told("value $event->clientHandle {$event->dataValue->getValue()}"),
    MonitoredItemCreated::class => fn (MonitoredItemCreated $event) => told("item ns={$event->nodeId->namespaceIndex} "
        . get_class($event->client) . " {$event->client->socketPath}"),
    AlarmEventReceived::class => fn (AlarmEventReceived $event) => told("alarm $event->sourceName $event->severity "
        . "{$event->time->format('Y')} {$event->eventFields[0]->type}"),
];
