/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_LOG_H
#define VIRTNET_HYBRID_LOG_H

#include <stdarg.h>
#include <syslog.h>

/* The kernel's name for it */
#define __printf(text, first) \
	__attribute__((__format__(printf, text, first)))

/**
 * typedef log_sink - who gets the lines instead of stderr
 * @priority: as of syslog.h, LOG_ERR and so on
 * @line: without a newline
 */
typedef void log_sink(int priority, const char *line);

void log_open(const char *program);
void log_to(log_sink *sink);
const char *log_reason(void);
__printf(2, 3) void log_line(int priority, const char *format, ...);
__printf(1, 2) int log_error(const char *format, ...);
__printf(1, 2) int log_libvirt(const char *format, ...);

#endif
