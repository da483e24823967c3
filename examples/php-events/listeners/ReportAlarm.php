<?php
/* SPDX-License-Identifier: MIT */
declare(strict_types=1);

/** Where a mail or a ticket would be. */
final class ReportAlarm implements Listener
{
    public function __construct(private readonly string $file)
    {
    }

    public function handle(Event $event): void
    {
        $source = $event->fields['sourceName'] ?? 'somebody';
        file_put_contents($this->file, "$event->cursor $event->name $source\n", FILE_APPEND);
    }
}
