/* SPDX-License-Identifier: GPL-2.0-or-later */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM virtnet_bypass

#if !defined(_TRACE_VIRTNET_BYPASS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_VIRTNET_BYPASS_H

#include <linux/netdevice.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

/* The numbers are those of enum virtnet_bypass_reason */
#define show_virtnet_bypass_reason(reason)		\
	__print_symbolic(reason,			\
			 { 0, "vf_up" },		\
			 { 1, "vf_carrier_lost" },	\
			 { 2, "vf_down" },		\
			 { 3, "vf_unbind" },		\
			 { 4, "vf_unregister" },	\
			 { 5, "master_down" },		\
			 { 6, "master_unregister" },	\
			 { 7, "freeze" },		\
			 { 8, "restore" },		\
			 { 9, "setting" },		\
			 { 10, "vf_detached" },		\
			 { 11, "vf_hung" },		\
			 { 12, "vf_address" })

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
		 int reason),

	TP_ARGS(dev, vf, reason),

	TP_STRUCT__entry(
		__array(char, dev, IFNAMSIZ)
		__array(char, vf, IFNAMSIZ)
		__field(int, reason)
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
		 int reason),
	TP_ARGS(dev, vf, reason)
);

DEFINE_EVENT(virtnet_bypass_reason, virtnet_bypass_switch,
	TP_PROTO(const struct net_device *dev, const struct net_device *vf,
		 int reason),
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
