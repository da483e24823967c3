/* SPDX-License-Identifier: MIT */
/* The terminal: size, locale, signals that end a wait, texts that fit. */
#include "tool/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "util/buf.h"
#include "util/clock.h"
#include "util/utf8.h"

void tool_terminal_look(struct tool_terminal *terminal, int fd)
{
    struct winsize size = {0};
    const char *plain = getenv("NO_COLOR");

    setlocale(LC_CTYPE, "");
    *terminal = (struct tool_terminal){.rows = 24, .columns = 80};
    terminal->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    terminal->colour = !plain || !*plain;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col) {
        terminal->rows = size.ws_row;
        terminal->columns = size.ws_col;
    }
}

/* ---- signals ------------------------------------------------------------------------------ */

static int wake[2] = {-1, -1};
static volatile sig_atomic_t resized, stopping;

static void on_signal(int number)
{
    int saved_errno = errno;
    ssize_t written;

    if (number == SIGWINCH)
        resized = 1;
    else if (number == SIGTSTP)
        stopping = 1;
    else
        tool_stopped = number;
    written = write(wake[1], "", 1);
    (void)written; /* full means that it wakes already */
    errno = saved_errno;
}

void tool_terminal_begin(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    if (wake[0] >= 0)
        return;
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
        wake[0] = wake[1] = -1; /* then a signal waits for the next value */
    for (size_t i = 0; i < OSM_ARRAY_SIZE(numbers); i++)
        sigaction(numbers[i], &action, NULL);
}

/* A shell without job control has it ignored: it stays so. */
static void take_stops(bool takes)
{
    const struct sigaction action = {.sa_handler = takes ? on_signal : SIG_DFL,
                                     .sa_flags = SA_RESTART};
    struct sigaction before;

    if (sigaction(SIGTSTP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGTSTP, &action, NULL);
}

void tool_terminal_hide_cursor(void)
{
    take_stops(true);
    fputs("\033[?25l", stdout);
}

void tool_terminal_show_cursor(void)
{
    fputs("\033[?25h", stdout);
    fflush(stdout);
    take_stops(false);
}

bool tool_terminal_stopped(void)
{
    if (!stopping)
        return false;
    stopping = 0;
    tool_terminal_show_cursor();
    raise(SIGTSTP); /* goes on here */
    tool_terminal_hide_cursor();
    return true;
}

bool tool_terminal_resized(void)
{
    bool was = resized;

    resized = 0;
    return was;
}

bool tool_terminal_is_resized(void)
{
    return resized;
}

int64_t tool_terminal_now(void)
{
    return (int64_t)osm_clock_now(osm_clock_system());
}

bool tool_terminal_wait(struct opcua_client *client, bool keys, int timeout,
                        struct opcua_error *error)
{
    struct pollfd ready[] = {{client ? opcua_fd(client) : -1, 0, 0},
                             {wake[0], POLLIN, 0},
                             {keys ? STDIN_FILENO : -1, POLLIN, 0}};
    int due = client ? opcua_timeout(client) : -1;
    char bytes[64];

    if (client)
        ready[0].events = opcua_events(client);
    if (due >= 0 && (timeout < 0 || due < timeout))
        timeout = due;
    if (!tool_stopped && !resized && !stopping)
        poll(ready, 3, timeout); /* lint: allow poll – nothing else to do */
    while (read(wake[0], bytes, sizeof(bytes)) > 0)
        ;
    return !client || opcua_process(client, error) == 0;
}

/* ---- texts -------------------------------------------------------------------------------- */

static const char ellipsis[] = "\xe2\x80\xa6", line_end[] = "\xc2\xb7";

/* The next character as it is shown: its bytes, how many of them, how many columns; returns how
 * many bytes of the text it stands for. */
static size_t next_shown(const char *text, bool utf8, const char **shown, size_t *length,
                         size_t *width)
{
    size_t bytes = osm_utf8_sequence(text, strnlen(text, 4));
    wchar_t wide = L'?';
    int columns;

    *shown = text;
    *length = 1;
    *width = 1;
    if (bytes == 1 && *text >= ' ' && *text != 0x7f)
        return 1;
    if (bytes > 1 && utf8 && mbrtowc(&wide, text, bytes, &(mbstate_t){0}) == bytes) {
        columns = wcwidth(wide);
        *length = bytes;
        *width = columns > 0 ? (size_t)columns : 0;
        if (columns >= 0)
            return bytes;
    }
    *shown = *text == '\n' && utf8 ? line_end : "?";
    *length = *shown == line_end ? sizeof(line_end) - 1 : 1;
    *width = 1;
    return bytes ? bytes : 1;
}

size_t tool_text_columns(const char *text, bool utf8)
{
    size_t columns = 0, length, width;
    const char *shown;

    while (*text) {
        text += next_shown(text, utf8, &shown, &length, &width);
        columns += width;
    }
    return columns;
}

void tool_text_fit(struct osm_buf *out, const char *text, size_t columns, bool pad, bool utf8)
{
    bool cut = tool_text_columns(text, utf8) > columns;
    size_t left = columns, length, width;
    const char *shown;

    if (cut && left)
        left--;
    while (*text) {
        size_t bytes = next_shown(text, utf8, &shown, &length, &width);

        if (width > left)
            break;
        osm_buf_add(out, shown, length);
        left -= width;
        text += bytes;
    }
    if (cut && columns)
        osm_buf_add_text(out, utf8 ? ellipsis : "~");
    for (; pad && left; left--)
        osm_buf_add_byte(out, ' ');
}

size_t tool_text_cut(const char *text, size_t columns, bool utf8)
{
    const char *from = text, *shown;
    size_t length, width;

    while (*text) {
        size_t bytes = next_shown(text, utf8, &shown, &length, &width);

        if (width > columns && text != from)
            break;
        columns -= OSM_MIN(width, columns);
        text += bytes;
    }
    return (size_t)(text - from);
}
