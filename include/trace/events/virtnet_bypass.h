/* SPDX-License-Identifier: GPL-2.0-or-later */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM virtnet_bypass

#if !defined(_TRACE_VIRTNET_BYPASS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_VIRTNET_BYPASS_H

#include <linux/netdevice.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <net/virtnet_bypass_reason.h>

#define VIRTNET_BYPASS_REASON(name, symbol, text) \
	TRACE_DEFINE_ENUM(VIRTNET_BYPASS_##name);
VIRTNET_BYPASS_REASONS(VIRTNET_BYPASS_REASON, VIRTNET_BYPASS_REASON)
#undef VIRTNET_BYPASS_REASON

#define VIRTNET_BYPASS_SYMBOL(name, symbol, text) \
	{ VIRTNET_BYPASS_##name, symbol },
#define VIRTNET_BYPASS_LAST_SYMBOL(name, symbol, text) \
	{ VIRTNET_BYPASS_##name, symbol }
#define show_virtnet_bypass_reason(reason)				\
	__print_symbolic(reason,					\
			 VIRTNET_BYPASS_REASONS(VIRTNET_BYPASS_SYMBOL,	\
						VIRTNET_BYPASS_LAST_SYMBOL))

TRACE_EVENT(virtnet_bypass_join,

	TP_PROTO(const struct net_device *dev, const struct net_device *vf,
		 int err),

	TP_ARGS(dev, vf, err),

	TP_STRUCT__entry(
		__array(char, dev, IFNAMSIZ)
		__array(char, vf, IFNAMSIZ)
		__field(int, err)
	),

	TP_fast_assign(
		strscpy(__entry->dev, dev->name, IFNAMSIZ);
		strscpy(__entry->vf, vf->name, IFNAMSIZ);
		__entry->err = err;
	),

	TP_printk("dev=%s vf=%s err=%d", __entry->dev, __entry->vf,
		  __entry->err)
);

DECLARE_EVENT_CLASS(virtnet_bypass_reason,

	TP_PROTO(const struct net_device *dev, const struct net_device *vf,
		 enum virtnet_bypass_reason reason),

	TP_ARGS(dev, vf, reason),

	TP_STRUCT__entry(
		__array(char, dev, IFNAMSIZ)
		__array(char, vf, IFNAMSIZ)
		__field(enum virtnet_bypass_reason, reason)
	),

	TP_fast_assign(
		strscpy(__entry->dev, dev->name, IFNAMSIZ);
		strscpy(__entry->vf, vf ? vf->name : "standby", IFNAMSIZ);
		__entry->reason = reason;
	),

	TP_printk("dev=%s path=%s reason=%s", __entry->dev, __entry->vf,
		  show_virtnet_bypass_reason(__entry->reason))
);

DEFINE_EVENT(virtnet_bypass_reason, virtnet_bypass_leave,
	TP_PROTO(const struct net_device *dev, const struct net_device *vf,
		 enum virtnet_bypass_reason reason),
	TP_ARGS(dev, vf, reason)
);

DEFINE_EVENT(virtnet_bypass_reason, virtnet_bypass_switch,
	TP_PROTO(const struct net_device *dev, const struct net_device *vf,
		 enum virtnet_bypass_reason reason),
	TP_ARGS(dev, vf, reason)
);

TRACE_EVENT(virtnet_bypass_drain,

	TP_PROTO(const struct net_device *dev, const struct net_device *vf,
		 s64 stop_usecs, s64 usecs, bool left),

	TP_ARGS(dev, vf, stop_usecs, usecs, left),

	TP_STRUCT__entry(
		__array(char, dev, IFNAMSIZ)
		__array(char, vf, IFNAMSIZ)
		__field(s64, stop_usecs)
		__field(s64, usecs)
		__field(bool, left)
	),

	TP_fast_assign(
		strscpy(__entry->dev, dev->name, IFNAMSIZ);
		strscpy(__entry->vf, vf ? vf->name : "standby", IFNAMSIZ);
		__entry->stop_usecs = stop_usecs;
		__entry->usecs = usecs;
		__entry->left = left;
	),

	/* From the request on: until the path was fed no more, and was done */
	TP_printk("dev=%s path=%s stop_usecs=%lld usecs=%lld left=%d",
		  __entry->dev, __entry->vf, __entry->stop_usecs,
		  __entry->usecs, __entry->left)
);

#endif /* _TRACE_VIRTNET_BYPASS_H */

#include <trace/define_trace.h>
