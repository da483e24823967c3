/* SPDX-License-Identifier: MIT */
/* The daemon's entry: surroundings, options, log; the rest is daemon.c. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "app/conf/arguments.h"
#include "app/daemon/check.h"
#include "app/daemon/daemon.h"
#include "app/process/privileges.h"
#include "app/process/process.h"
#include "app/process/service_manager.h"
#include "app/process/signals.h"
#include "rim/io/journal.h"
#include "rim/pki/crypto_memory.h"
#include "util/alloc.h"

/* Reads options and forgets the secrets in argv and environment, which others may see. */
static int read_options(struct osm_options *options, int argc, char **argv)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0}, err = {0};
    int r = osm_arguments_parse(options, argc, argv, getenv, &out, &err);

    osm_arguments_hide_secrets(argc, argv);
    for (size_t i = 0; i < osm_option_count; i++) {
        if (osm_option_table[i].environment)
            osm_process_forget_environment(osm_option_table[i].environment);
    }
    osm_process_print(STDERR_FILENO, &err);
    osm_process_print(STDOUT_FILENO, &out);
    return r;
}

static int open_log(const struct osm_options *options)
{
    _cleanup_(osm_freep) char *message = NULL;

    if (osm_log_open(options->log_file, (enum osm_log_level)options->log_level) == 0) {
        osm_log_set_format((enum osm_log_format)options->log_format);
        if (!options->log_file && options->log_format == OSM_LOG_PLAIN)
            (void)osm_journal_open(getenv("JOURNAL_STREAM"), OSM_JOURNAL_SOCKET);
        return 0;
    }
    message = osm_printf("Cannot open log file: %s", options->log_file);
    osm_process_complain(message);
    return -1;
}

static int drop_privileges(const struct osm_options *options)
{
    _cleanup_(osm_freep) char *message = NULL;
    int r = osm_privileges_drop(options->user, options->group, &message);

    if (r < 0)
        osm_process_complain(message);
    return r;
}

static int serve(struct osm_options *options, int argc, char **argv)
{
    static const struct osm_daemon_host host = {.owns_process = true, .stop_fd = -1};
    _cleanup_(osm_freep) char *error = NULL;

    if (osm_daemon_serve(options, argc, argv, &host, &error) == 0)
        return 0;
    osm_process_complain(error);
    return 1;
}

static int check(const struct osm_options *options)
{
    _cleanup_(osm_buf_deinit) struct osm_buf err = {0};
    int r = osm_check_options(options, &err);

    osm_process_print(STDERR_FILENO, &err);
    return r < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
    _cleanup_(osm_options_deinit) struct osm_options options;
    int r, status = 1;

    osm_signals_hold_back();
    osm_process_init();
    osm_service_manager_init();
    if (!osm_crypto_memory_init())
        osm_process_complain("Copies of keys that libcrypto frees are not wiped: it refuses the "
                             "memory functions for it");
    r = read_options(&options, argc, argv);
    if (r == OSM_OPTIONS_ANSWERED)
        return 0;
    if (r == OSM_OPTIONS_RUN && options.check)
        status = check(&options);
    else if (r == OSM_OPTIONS_RUN && drop_privileges(&options) == 0 && open_log(&options) == 0)
        status = serve(&options, argc, argv);
    osm_service_manager_deinit();
    osm_journal_close();
    osm_log_close();
    uv_library_shutdown();
    return status;
}
