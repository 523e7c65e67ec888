// SPDX-License-Identifier: GPL-2.0-or-later
/* VFs as the host's kernel has them. */

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "vf.h"

#define SYSFS_NET "/sys/class/net"
/* Longer than any path here, bytes */
#define PATH_BYTES 512

static int read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	int number = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

static bool is_name(const char *name)
{
	return *name && strlen(name) < IFNAMSIZ && !strchr(name, '/') &&
	       strcmp(name, ".") && strcmp(name, "..");
}

static bool exists(const char *name, const char *what)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), SYSFS_NET "/%s/%s", name, what);
	return is_name(name) && !access(path, F_OK);
}

static bool has_entry(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool found = false;

	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.';
	closedir(dir);
	return found;
}

/* A VF that has a driver of networks, and no netdev that is seen from here */
static bool netdev_is_elsewhere(const char *pf, int number)
{
	char driver[PATH_BYTES];
	char path[PATH_BYTES];
	const char *name;
	ssize_t length;

	snprintf(path, sizeof(path), SYSFS_NET "/%s/device/virtfn%d/driver",
		 pf, number);
	length = readlink(path, driver, sizeof(driver) - 1);
	if (length < 0)
		return false;
	driver[length] = '\0';
	name = strrchr(driver, '/');
	if (name && strstr(name, "vfio"))
		return false;
	snprintf(path, sizeof(path), SYSFS_NET "/%s/device/virtfn%d/net",
		 pf, number);
	return !has_entry(path);
}

/**
 * vf_check_pf - can a netdev's VFs be a pool?
 * @pf: its name
 *
 * Context: any.
 * Return: 0, or -1 and a line that says why not.
 */
int vf_check_pf(const char *pf)
{
	char path[PATH_BYTES];
	int total;
	int count;
	int i;

	if (!exists(pf, ""))
		return log_error("no netdev %s", pf);
	snprintf(path, sizeof(path), SYSFS_NET "/%s/device/sriov_totalvfs", pf);
	total = read_number(path);
	if (total <= 0)
		return log_error("%s is no physical function of SR-IOV", pf);
	snprintf(path, sizeof(path), SYSFS_NET "/%s/device/sriov_numvfs", pf);
	count = read_number(path);
	if (count <= 0)
		return log_error("%s has no VFs; echo 1 to %d > %s", pf, total,
				 path);
	for (i = 0; i < count; i++)
		if (netdev_is_elsewhere(pf, i))
			return log_error("the netdev of %s's VF %d is in another network namespace, where libvirt does not find it",
					 pf, i);
	return 0;
}

/**
 * vf_check_bridge - can standby be plugged into a netdev?
 * @bridge: its name
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int vf_check_bridge(const char *bridge)
{
	if (!exists(bridge, ""))
		return log_error("no netdev %s", bridge);
	if (!exists(bridge, "bridge"))
		return log_error("%s is no bridge", bridge);
	return 0;
}
