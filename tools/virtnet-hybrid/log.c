// SPDX-License-Identifier: GPL-2.0-or-later
/* One line each, for a person at a terminal or for the journal. */

#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>

#include "log.h"

/* A line with a libvirt message in it, which quotes what QEMU has said */
#define LINE_MAX_BYTES 1024

static const char *name = "virtnet-hybrid";
static log_sink *listener;
static int with_priority;
static __thread char reason[LINE_MAX_BYTES / 2];

/* Not virGetLastErrorMessage(): the next call forgets it, even one that does no
 * more than return a domain's name for the line
 */
static void keep_reason(void *opaque, virErrorPtr error)
{
	snprintf(reason, sizeof(reason), "%s",
		 error->message ? error->message : "no reason was given");
}

/**
 * log_open - say who is speaking
 * @program: what each line begins with at a terminal
 *
 * libvirt does not print its errors from here on: whoever calls it says what
 * failed, and why, in one line.
 *
 * Context: once, before anything else.
 */
void log_open(const char *program)
{
	name = program;
	/* systemd sets it for what it connects to the journal */
	with_priority = !!getenv("JOURNAL_STREAM");
	virSetErrorFunc(NULL, keep_reason);
}

/**
 * log_to - have somebody else get the lines
 * @sink: or NULL for stderr
 *
 * Context: any.
 */
void log_to(log_sink *sink)
{
	listener = sink;
}

/**
 * log_reason - why libvirt's last call that failed did
 *
 * Context: any; of this thread.
 * Return: libvirt's words, until the next call that fails.
 */
const char *log_reason(void)
{
	return reason;
}

/* What libvirt says may have several lines; a log line has one. */
static void join_lines(char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			*text = ' ';
}

static __printf(2, 0)
void emit(int priority, const char *format, va_list arguments)
{
	char line[LINE_MAX_BYTES];

	vsnprintf(line, sizeof(line), format, arguments);
	join_lines(line);
	if (listener)
		listener(priority, line);
	else if (with_priority)
		fprintf(stderr, "<%d>%s\n", priority, line);
	else
		fprintf(stderr, "%s: %s\n", name, line);
}

/**
 * log_line - say something
 * @priority: as of syslog.h
 * @format: as printf()'s, without a newline
 *
 * Context: any.
 */
void log_line(int priority, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	emit(priority, format, arguments);
	va_end(arguments);
}

/**
 * log_error - say what failed
 * @format: as printf()'s, without a newline
 *
 * Context: any.
 * Return: -1, so that a function can end with it.
 */
int log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	emit(LOG_ERR, format, arguments);
	va_end(arguments);
	return -1;
}

/**
 * log_libvirt - say what failed, and libvirt's reason
 * @format: as printf()'s, without a newline
 *
 * Context: right after a call of libvirt's that failed.
 * Return: -1, so that a function can end with it.
 */
int log_libvirt(const char *format, ...)
{
	char line[LINE_MAX_BYTES / 2];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	return log_error("%s: %s", line, reason);
}
