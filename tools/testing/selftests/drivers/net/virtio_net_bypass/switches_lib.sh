# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What each switch took, from the tracepoints; sourced after lib.sh. Needs
# nothing of the tests, so an operator may source it on a busy guest, too.

readonly TRACE=/sys/kernel/tracing

# trace_switches MASTER: what is sent by it, and when it changes its path
trace_switches()
{
	echo 0 > $TRACE/tracing_on
	echo > $TRACE/trace
	echo "name == \"$1\"" > $TRACE/events/net/net_dev_xmit/filter
	echo 1 > $TRACE/events/net/net_dev_xmit/enable
	echo 1 > $TRACE/events/virtnet_bypass/enable
	echo 1 > $TRACE/tracing_on
}

# switch_report: a line per switch since then, in microseconds of the guest's
# clock from the request on: when the old path was fed no more, when it had sent
# what it had, and when the first packet left by the new one. The gap is the time
# between the last packet that the old path took and that one.
switch_report()
{
	echo 0 > $TRACE/tracing_on
	awk '
	function usecs(text) { sub(":", "", text); return text * 1e6 }
	function value(name,    i) {
		for (i = 1; i <= NF; i++)
			if (index($i, name "=") == 1)
				return substr($i, length(name) + 2)
	}
	function stamp(    i) {
		for (i = 1; i <= NF; i++)
			if ($i ~ /^[0-9]+\.[0-9]+:$/)
				return usecs($i)
	}
	/ virtnet_bypass_drain: / {
		request = stamp() - value("usecs")
		stop = value("stop_usecs")
		drained = value("usecs")
	}
	/ virtnet_bypass_switch: / {
		path = value("path"); reason = value("reason")
		if (!drained) { request = stamp(); stop = 0 }
		before = last
		pending = 1
	}
	/ net_dev_xmit: .* rc=0/ {
		last = stamp()
		if (!pending)
			next
		printf "path=%s reason=%s stop=%d drained=%d carrying=%d gap=%d\n",
		       path, reason, stop, drained, last - request, last - before
		pending = drained = 0
	}' $TRACE/trace
	echo > $TRACE/trace
	echo 1 > $TRACE/tracing_on
}
