// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: its tracepoints.
 */
#define CREATE_TRACE_POINTS
#include <trace/events/virtnet_bypass.h>
