/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _NET_VIRTNET_BYPASS_REASON_H
#define _NET_VIRTNET_BYPASS_REASON_H

/* Why the datapath switched or a VF left: the name, as a tracepoint prints it,
 * and as the log says it
 */
#define VIRTNET_BYPASS_REASONS(FN, FNe)					\
	FN(VF_UP, "vf_up", "VF is up")					\
	FN(VF_CARRIER_LOST, "vf_carrier_lost", "VF lost its carrier")	\
	FN(VF_DOWN, "vf_down", "VF is set down")			\
	FN(VF_UNBIND, "vf_unbind", "VF is being unplugged")		\
	FN(VF_UNREGISTER, "vf_unregister", "VF is gone")		\
	FN(VF_DETACHED, "vf_detached", "VF is suspended")		\
	FN(VF_HUNG, "vf_hung", "VF hangs")				\
	FN(VF_ADDRESS, "vf_address", "VF has another MAC address")	\
	FN(MASTER_DOWN, "master_down", "master is set down")		\
	FN(MASTER_UNREGISTER, "master_unregister", "master is gone")	\
	FN(FREEZE, "freeze", "virtio device suspended")			\
	FNe(SETTING, "setting", "setting of the master")

#define VIRTNET_BYPASS_REASON(name, symbol, text) VIRTNET_BYPASS_##name,

enum virtnet_bypass_reason {
	VIRTNET_BYPASS_REASONS(VIRTNET_BYPASS_REASON, VIRTNET_BYPASS_REASON)
};

#undef VIRTNET_BYPASS_REASON

#endif /* _NET_VIRTNET_BYPASS_REASON_H */
