/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_DOMAIN_H
#define VIRTNET_HYBRID_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "mac.h"
#include "nic.h"
#include "wish.h"

/**
 * struct port - a PCIe root port of the guest
 * @bus: which is behind it
 * @alias: libvirt's name for it, or NULL
 * @is_taken: whether something is plugged in
 */
struct port {
	int bus;
	char *alias;
	bool is_taken;
};

/**
 * struct domain - what concerns this program of a domain's XML
 * @name: for people
 * @machine: of QEMU
 * @nics: its network devices
 * @nics_count: how many
 * @ports: its root ports, that with the lowest bus first
 * @ports_count: how many
 * @last_bus: the highest index of any PCI controller
 * @wishes: what is declared of hybrid interfaces
 * @boot_is_old: whether the metadata says something of others
 */
struct domain {
	char *name;
	char *machine;
	struct nic *nics;
	size_t nics_count;
	struct port *ports;
	size_t ports_count;
	int last_bus;
	struct wishes wishes;
	bool boot_is_old;
};

int domain_read(struct domain *domain, const char *xml);
int domain_read_devices(struct domain *domain, const char *xml);
void domain_free(struct domain *domain);
bool domain_has_pcie(const struct domain *domain);
const struct nic *domain_standby(const struct domain *domain,
				 const struct ether_addr *mac);
const struct nic *domain_vf(const struct domain *domain,
			    const struct ether_addr *mac);
const struct nic *domain_by_alias(const struct domain *domain,
				  const char *alias);
const struct port *domain_port(const struct domain *domain, int bus);
const struct port *domain_port_by_alias(const struct domain *domain,
					const char *alias);
const struct port *domain_free_port(const struct domain *domain, int bus);
size_t domain_free_ports(const struct domain *domain);

#endif
