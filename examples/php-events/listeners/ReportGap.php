<?php
/* SPDX-License-Identifier: MIT */
declare(strict_types=1);

/** Something is missing: whoever stores values should fetch them with historyReadRaw. */
final class ReportGap implements Listener
{
    public function __construct(private readonly string $file)
    {
    }

    public function handle(Event $event): void
    {
        $count = $event->fields['dropped'] ?? 'an unknown number of';
        file_put_contents($this->file, "$event->cursor lost $count events\n", FILE_APPEND);
    }
}
