<?php
/* SPDX-License-Identifier: MIT */
declare(strict_types=1);

/** Where a database would be: appends `<cursor> <client handle> <value>`. */
final class StoreValue implements Listener
{
    public function __construct(private readonly string $file)
    {
    }

    public function handle(Event $event): void
    {
        $value = $event->fields['dataValue']['value'];
        $row = "$event->cursor {$event->fields['clientHandle']} " . json_encode($value) . "\n";
        if (file_put_contents($this->file, $row, FILE_APPEND) === false) {
            throw new RuntimeException("cannot write to $this->file");
        }
    }
}
