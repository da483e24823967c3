/* SPDX-License-Identifier: MIT */
/*
 * Events into a child process; see command.h.
 *
 *   PAUSING ──pause over──▶ STARTING ──▶ RUNNING ──ended, or no progress for long──▶ PAUSING
 *      ▲─────── failed ─────────┘            │ stop: end of input, SIGTERM, SIGKILL
 *                                            ▼
 *                                         ENDING ──ended──▶ stopped
 *
 * A thread starts it, because that waits for disk and processor; it is left behind if it hangs when
 * all ends. A stop meanwhile waits for the start and ends what has come of it.
 */
#include "sink/command.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "core/event/event_bus.h"
#include "rim/io/errand.h"
#include "sink/child.h"
#include "sink/command_line.h"
#include "sink/sink_internal.h"
#include "util/alloc.h"
#include "util/log.h"

/* Lines per system call, and system calls per turn. */
#define BATCH 64
#define BATCHES 32
/* How long a start may take before that is told. */
#define START ((osm_msec)30000)
/* How often to look after the child, and how long it may take over one event. */
#define LOOK ((osm_msec)10000)
#define STALLED ((osm_msec)300000)
/* At the end: from the end of input to SIGTERM, and from there to SIGKILL. */
#define END_STEP (OSM_SINK_STOP_MS * 2 / 5)

struct command_sink {
    struct osm_sink sink;
    char *line; /* --event-command */
    char **argv;
    bool acks;
    uv_loop_t *uv;
    struct osm_timer *timer;     /* pause, look or next step of the end */
    struct osm_errands *errands; /* starts; one at a time */
    struct osm_errand *start;    /* NULL = none is under way */
    struct osm_child *child;     /* NULL while pausing or starting */
    bool full;                   /* the pipe is; it will tell */
    size_t offset;               /* bytes of the next line that are in the pipe */
    bool stalled, terminated;
    osm_msec started;
    osm_msec progress; /* when the child last took something */
};

static struct command_sink *command_of(struct osm_sink *sink)
{
    return osm_container_of(sink, struct command_sink, sink);
}

static osm_msec command_now(const struct command_sink *command)
{
    return osm_clock_now(command->sink.loop->clock);
}

static void timer_start(struct command_sink *command, osm_msec delay)
{
    command->sink.loop->ops->timer_start(command->timer, delay);
}

/* --- writing ------------------------------------------------------------------------------- */

/* Lines on their way into the pipe. */
struct batch {
    struct osm_sink_record *records[BATCH];
    int count;
    struct iovec pieces[BATCH + OSM_ROPE_PARTS(OSM_EVENT_PIECES)];
    int piece_count;
    size_t total; /* bytes */
};

/* Without so many of its first bytes. */
static void add_line(struct batch *batch, struct osm_sink_record *record, size_t skip)
{
    struct osm_rope_part parts[OSM_ROPE_PARTS(OSM_EVENT_PIECES)];
    size_t count = osm_rope_parts(&record->line, parts);

    batch->records[batch->count++] = record;
    for (size_t i = 0; i < count; i++) {
        size_t less = OSM_MIN(skip, parts[i].length);

        skip -= less;
        if (parts[i].length == less)
            continue;
        batch->pieces[batch->piece_count].iov_base = (char *)(uintptr_t)parts[i].data + less;
        batch->pieces[batch->piece_count++].iov_len = parts[i].length - less;
        batch->total += parts[i].length - less;
    }
}

/* The next lines, the first without what the pipe has of it. */
static void take_lines(struct command_sink *command, struct batch *batch)
{
    struct osm_sink_record *record;

    batch->count = batch->piece_count = 0;
    batch->total = 0;
    while (batch->count < BATCH && batch->piece_count < BATCH &&
           (record = osm_sink_next(&command->sink)))
        add_line(batch, record, batch->count ? 0 : command->offset);
}

/* The pipe took so many bytes of these lines: gives back what is not in it completely. */
static void account(struct command_sink *command, const struct batch *batch, size_t taken)
{
    struct osm_sink_record *const *records = batch->records;
    int whole = 0, count = batch->count;
    uint64_t last = 0;

    taken += command->offset; /* of the first one */
    while (whole < count && taken >= records[whole]->length) {
        taken -= records[whole]->length;
        last = records[whole++]->cursor;
    }
    command->offset = 0;
    if (whole < count) {
        command->offset = taken;
        osm_sink_unsend(&command->sink, records[whole]);
    }
    if (whole > 0 && !command->acks)
        osm_sink_confirm_up_to(&command->sink, last);
}

/* One system call; false when there is nothing to write or the pipe is full. */
static bool write_lines(struct command_sink *command)
{
    struct batch batch;
    ssize_t n;

    take_lines(command, &batch);
    if (!batch.count)
        return false;
    n = osm_child_write(command->child, batch.pieces, batch.piece_count);
    if (n < 0) {
        osm_sink_unsend(&command->sink, batch.records[0]);
        osm_child_kill(command->child, SIGTERM); /* it has closed its input: no use any more */
        command->full = true;
        return false;
    }
    command->full = (size_t)n < batch.total;
    if (n > 0)
        command->progress = command_now(command);
    account(command, &batch, (size_t)n);
    return !command->full;
}

static void pump(struct command_sink *command)
{
    unsigned batches = 0;

    if (!command->child || command->full || command->sink.stopping)
        return;
    if (!command->sink.head)
        command->progress = command_now(command);
    while (batches < BATCHES && write_lines(command))
        batches++;
    if (batches == BATCHES) /* others have a turn first */
        timer_start(command, 0);
}

static void on_child_writable(void *context)
{
    struct command_sink *command = context;

    command->full = false;
    pump(command);
}

/* --- reading ------------------------------------------------------------------------------- */

/* `ack <cursor>` */
static bool parse_ack(const char *text, size_t length, uint64_t *cursor)
{
    static const char word[] = "ack ";
    size_t at = sizeof(word) - 1;

    if (length > 0 && text[length - 1] == '\r')
        length--;
    if (length <= at || memcmp(text, word, at) != 0)
        return false;
    *cursor = 0;
    for (; at < length; at++) {
        if (!isdigit((unsigned char)text[at]) || *cursor > (UINT64_MAX - 9) / 10)
            return false;
        *cursor = *cursor * 10 + (uint64_t)(text[at] - '0');
    }
    return true;
}

static void on_child_line(void *context, int stream, const char *text, size_t length)
{
    struct command_sink *command = context;
    uint64_t cursor;

    if (command->acks && stream == 1 && parse_ack(text, length, &cursor)) {
        command->progress = command_now(command);
        osm_sink_confirm_up_to(&command->sink, cursor);
        pump(command);
    } else if (length > 0) {
        osm_log_info("Event command [%d]: %.*s", osm_child_pid(command->child), (int)length, text);
    }
}

/* --- life of the child --------------------------------------------------------------------- */

static void pause_command(struct command_sink *command, const char *what, long long number)
{
    osm_sink_rewind(&command->sink);
    timer_start(command,
                osm_sink_failed(&command->sink, "%s %s %lld", command->argv[0], what, number));
}

static void on_child_ended(void *context, int64_t status, int signal)
{
    struct command_sink *command = context;

    command->child = NULL;
    command->full = false;
    command->offset = 0;
    if (command->sink.stopping)
        osm_sink_stopped(&command->sink);
    else if (command->stalled)
        pause_command(command, "took nothing and was killed; seconds:", STALLED / 1000);
    else if (signal)
        pause_command(command, "was ended by signal", signal);
    else
        pause_command(command, "ended with status", (long long)status);
}

/* The end of its input first, the rest by the timer. */
static void end_gently(struct command_sink *command)
{
    if (!command->child) {
        osm_sink_stopped(&command->sink);
        return;
    }
    osm_child_finish(command->child);
    timer_start(command, END_STEP);
}

static void take_child(struct command_sink *command, struct osm_program *program)
{
    static const struct osm_child_ops ops = {on_child_writable, on_child_line, on_child_ended};

    command->child = osm_child_new(program, command->uv, &ops, command);
    osm_log_info("Event command %s started, pid %d", command->argv[0],
                 osm_child_pid(command->child));
    command->stalled = false;
    command->started = command->progress = command_now(command);
    timer_start(command, LOOK);
    pump(command);
}

/* --- starts in a thread -------------------------------------------------------------------- */

struct start {
    struct command_sink *command;
    char **argv;
    struct osm_program program;
    int result;
};

static void run_start(void *work)
{
    struct start *start = work;

    start->result = osm_program_start(start->argv, &start->program);
}

static void start_done(void *work, int status)
{
    struct start *start = work;
    struct command_sink *command = start->command;
    int r = status < 0 ? status : start->result;

    command->start = NULL;
    if (r == 0)
        take_child(command, &start->program);
    if (command->sink.stopping)
        end_gently(command);
    else if (r < 0)
        timer_start(command, osm_sink_failed(&command->sink, "cannot start %s: %s",
                                             command->argv[0], uv_strerror(r)));
}

static void start_free(void *work)
{
    struct start *start = work;

    osm_program_end(&start->program); /* in the thread, if at all: the loop takes them */
    free(start->argv);
    free(start);
}

static void begin_start(struct command_sink *command)
{
    struct start *start = osm_alloc(sizeof(*start));
    const char *mistake;
    int r = osm_command_line_split(command->line, &start->argv, &mistake);

    osm_assert(r == 0); /* it was split before */
    start->command = command;
    timer_start(command, START);
    command->start = osm_errand_new(command->errands, start);
}

/* It may hang for ever, and one more would hang beside it. */
static void tell_slow_start(struct command_sink *command)
{
    timer_start(command,
                osm_sink_failed(&command->sink, "%s has not started yet: look what the disk does",
                                command->argv[0]));
}

/* --- looking after it ---------------------------------------------------------------------- */

/* A child that lives for a while is well; one that takes nothing for long is not. */
static void look_after_child(struct command_sink *command)
{
    osm_msec now = command_now(command), idle = now - command->progress;

    timer_start(command, LOOK);
    pump(command);
    if (now - command->started >= LOOK)
        osm_sink_works(&command->sink);
    if (command->sink.head && idle >= STALLED) {
        command->stalled = true;
        osm_child_kill(command->child, SIGKILL);
    }
}

static void end_child(struct command_sink *command)
{
    osm_child_kill(command->child, command->terminated ? SIGKILL : SIGTERM);
    if (!command->terminated)
        timer_start(command, END_STEP);
    command->terminated = true;
}

static void on_timer(void *context)
{
    struct command_sink *command = context;

    if (command->start)
        tell_slow_start(command);
    else if (!command->child)
        begin_start(command);
    else if (command->sink.stopping)
        end_child(command);
    else
        look_after_child(command);
}

/* --- operations ---------------------------------------------------------------------------- */

static void command_wake(struct osm_sink *sink)
{
    pump(command_of(sink));
}

static void command_stop(struct osm_sink *sink)
{
    struct command_sink *command = command_of(sink);

    sink->loop->ops->timer_stop(command->timer);
    if (!command->start)
        end_gently(command);
}

/* Whoever hangs in a start ends what comes of it. */
static bool command_abandon(struct osm_sink *sink)
{
    struct command_sink *command = command_of(sink);

    osm_errand_drop(osm_steal(command->start));
    return !command->child;
}

static void command_free(struct osm_sink *sink)
{
    struct command_sink *command = command_of(sink);

    sink->loop->ops->timer_free(command->timer);
    osm_errands_free(command->errands, NULL, NULL);
    osm_sink_deinit(sink);
    free(command->line);
    free(command->argv);
    free(command);
}

static struct command_sink *command_new(const struct osm_command_sink_config *config, char **argv,
                                        const struct osm_loop *loop, uv_loop_t *uv)
{
    static const struct osm_sink_ops ops = {.wake = command_wake,
                                            .stop = command_stop,
                                            .abandon = command_abandon,
                                            .free = command_free};
    static const struct osm_errand_ops starts = {run_start, start_done, start_free,
                                                 "start of the event command"};
    struct command_sink *command = osm_alloc(sizeof(*command));

    osm_sink_init(&command->sink, &ops, "command", loop);
    command->line = osm_strdup(config->command);
    command->argv = argv;
    command->acks = config->acks;
    command->uv = uv;
    command->timer = osm_loop_timer(loop, on_timer, command);
    command->errands = osm_errands_new(uv, &starts, 1);
    return command;
}

int osm_command_program_start(const char *line, struct osm_program *program, char **error)
{
    _cleanup_(osm_freep) char **argv = NULL;
    const char *mistake = NULL;
    int r = osm_command_line_split(line, &argv, &mistake);

    if (r < 0) {
        *error = osm_printf("Invalid value for option --event-command: %s", mistake);
        return r;
    }
    r = osm_program_start(argv, program);
    if (r < 0)
        *error = osm_printf("Cannot start event command %s: %s", argv[0], uv_strerror(r));
    return r;
}

int osm_command_sink_new(const struct osm_command_sink_config *config, const struct osm_loop *loop,
                         uv_loop_t *uv, struct osm_sink **out, char **error)
{
    struct osm_program program = {0};
    struct command_sink *command;
    const char *mistake;
    char **argv = NULL;
    int r = config->program ? 0 : osm_command_program_start(config->command, &program, error);

    if (r < 0)
        return r;
    r = osm_command_line_split(config->command, &argv, &mistake);
    osm_assert(r == 0); /* it was split before */
    command = command_new(config, argv, loop, uv);
    if (config->program) {
        program = *config->program;
        *config->program = (struct osm_program){0};
    }
    if (program.pid)
        take_child(command, &program);
    else
        begin_start(command);
    *out = &command->sink;
    return 0;
}
